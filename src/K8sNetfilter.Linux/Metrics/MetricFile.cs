using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Text;

namespace K8sNetfilter.Metrics;

/// <summary>Writes a metrics file whole or not at all: a collector may read it at any moment.</summary>
public static class MetricFile
{
    /// <summary>
    /// Replaces the file atomically; makes it where it is missing, in a folder that is there: no collector looks into another.
    /// </summary>
    /// <exception cref="Errors.NodeException">There is no such folder, or the kernel refused; the old file is still there.</exception>
    public static void Write(string path, byte[] content, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        string folder = Path.GetDirectoryName(path) ?? path;
        if (!Directory.Exists(folder))
        {
            throw NotWritten(path, MetricMessages.NoFolder(folder));
        }

        if (LiveKernel.IsThere)
        {
            new AtomicFile(KernelRoot.Live).Edit(path, _ => content);
        }
        else
        {
            WriteElsewhere(path, content);
        }
    }

    // Another system's metrics, of a snapshot: a new file that takes the old one's place.
    private static void WriteElsewhere(string path, byte[] content)
    {
        string temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception second) when (second is IOException or UnauthorizedAccessException)
            {
                // What can't be written can't be taken away either; the first reason is the one to say.
            }

            throw NotWritten(path, error.Message);
        }
    }

    private static NodeException NotWritten(string path, string reason) => NodeException.Create(
        Messages.ResourceManager, nameof(Messages.MetricFileNotWritten), NodeErrorCategory.ResourceUnavailable, Printable.Text(path),
        Printable.Text(reason));
}
