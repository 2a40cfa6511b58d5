using K8sNetfilter.Errors;

namespace K8sNetfilter.IO;

/// <summary>Several files that change one after the other and count as one change. Take <see cref="NodeLock"/> around it.</summary>
internal static class FileEdits
{
    /// <summary>
    /// Makes the changes. Where one fails, the files before it are put back, and one that was not there before is removed: an empty file
    /// would mask the packaged one of its name.
    /// </summary>
    /// <param name="files">Writes the files.</param>
    /// <param name="edits">Each file and what becomes of its content, as <see cref="AtomicFile.Edit"/> takes it.</param>
    /// <returns>Null where all is done; else why not, and whether the files are all as they were.</returns>
    public static (NodeException Why, bool IsUndone)? Apply(AtomicFile files, IEnumerable<(string Path, Func<byte[]?, byte[]?> Edit)> edits)
    {
        var written = new Stack<(string Path, byte[]? Before)>();
        try
        {
            foreach (var (path, edit) in edits)
            {
                byte[]? before = null;
                if (files.Edit(path, old => edit(before = old)))
                {
                    written.Push((path, before));
                }
            }

            return null;
        }
        catch (NodeException why)
        {
            bool isUndone = true;
            foreach (var (path, before) in written)
            {
                isUndone &= PutBack(files, path, before);
            }

            return (why, isUndone);
        }
    }

    private static bool PutBack(AtomicFile files, string path, byte[]? before)
    {
        try
        {
            _ = before is null ? files.Remove(path) : files.Edit(path, _ => before);
            return true;
        }
        catch (NodeException)
        {
            return false;
        }
    }
}
