using System.Buffers;
using K8sNetfilter.IO;
using K8sNetfilter.Interop.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.Snapshots.Writing;

/// <summary>
/// What an export that was killed left behind: the folder or archive that it was making, under its other name. The next one to the same
/// target removes it. Who is still at work holds a lock on his (flock(2)), which ends with the process.
/// </summary>
internal static class LeftExports
{
    private const int RandomDigits = 12;
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789ABCDEF");
    private const string Part = ".part";

    /// <summary>Locks a file or folder for as long as the handle is open; null where that can't be had.</summary>
    public static SafeFileHandle? Hold(string path)
    {
        if (!LiveKernel.IsThere)
        {
            return null;
        }

        var handle = OpenAt.TryOpen(null, path, OpenAt.O_RDONLY | OpenAt.O_NOFOLLOW | OpenAt.O_NONBLOCK | OpenAt.O_NOCTTY, 0, out _);
        if (handle is not null && Flock.TryTake(handle) == 0)
        {
            return handle;
        }

        handle?.Dispose();
        return null;
    }

    /// <summary>Removes what is left of exports to a target that are over. What can't be removed stays.</summary>
    public static void Remove(string target)
    {
        if (!LiveKernel.IsThere)
        {
            return;
        }

        string start = SnapshotTarget.TemporaryStart(target);
        try
        {
            foreach (var info in new DirectoryInfo(Path.GetDirectoryName(target)!).EnumerateFileSystemInfos(".*"))
            {
                if (info.Name.StartsWith(start, StringComparison.Ordinal) && IsRandom(info.Name.AsSpan(start.Length)))
                {
                    RemoveOne(info.FullName, target);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The export itself does not depend on it.
        }
    }

    private static bool IsRandom(ReadOnlySpan<char> rest)
    {
        rest = rest.EndsWith(Part) ? rest[..^Part.Length] : rest;
        return rest.Length == RandomDigits && !rest.ContainsAnyExcept(Digits);
    }

    private static void RemoveOne(string path, string target)
    {
        if (Statx.OfLink(path, out var status) != 0 || status.Uid != Ownership.EffectiveUser || !(status.IsDirectory || status.IsRegular))
        {
            return;
        }

        using var held = Hold(path);
        if (held is null)
        {
            return;
        }

        if (!status.IsDirectory)
        {
            File.Delete(path);
        }
        // Never remove the earlier snapshot: it is all that is left where an export was killed between its two renames.
        else if (Path.Exists(target) || !File.Exists(Path.Combine(path, SnapshotTarget.Mark)))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
