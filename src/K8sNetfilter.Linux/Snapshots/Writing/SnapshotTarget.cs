using System.Security.Cryptography;
using K8sNetfilter.Errors;
using K8sNetfilter.Snapshots.Archives;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Writing;

/// <summary>Where a snapshot goes: what the name asks for, and whether it may go there.</summary>
internal static class SnapshotTarget
{
    /// <summary>The file that says that a folder is a snapshot of ours, and may be replaced by one.</summary>
    public const string Mark = "k8snetfilter-snapshot.txt";

    /// <summary>True for a name that asks for an archive.</summary>
    public static bool IsArchive(string path) =>
        path.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);

    /// <summary>A name next to the target that nothing has.</summary>
    public static string TemporaryName(string target) => Path.Combine(
        Path.GetDirectoryName(target)!, $"{TemporaryStart(target)}{Convert.ToHexString(RandomNumberGenerator.GetBytes(6))}");

    /// <summary>What such names begin with.</summary>
    internal static string TemporaryStart(string target) => $".{Path.GetFileName(target)}.k8snf-";

    /// <summary>Opens a writer; fails where something is there already that may not be replaced.</summary>
    public static ISnapshotWriter Open(string target, bool force)
    {
        Check(target, force);
        LeftExports.Remove(target);
        return IsArchive(target) ? new SnapshotArchiveWriter(target) : new SnapshotFolderWriter(target);
    }

    /// <summary>Fails where something is there that may not be replaced.</summary>
    public static void Check(string target, bool force)
    {
        if (Path.GetExtension(target).ToLowerInvariant() is ".tar" or ".zip" or ".xz" or ".zst" or ".bz2" or ".7z" or ".gz"
            && !IsArchive(target))
        {
            throw Refuse(nameof(Messages.SnapshotNoSuchArchive), target);
        }

        if (Directory.Exists(target))
        {
            // -Force never deletes a folder of something else.
            if (IsArchive(target)
                || (Directory.EnumerateFileSystemEntries(target).Any() && !(force && File.Exists(Path.Combine(target, Mark)))))
            {
                throw Refuse(force && !IsArchive(target) ? nameof(Messages.SnapshotNotOurs) : nameof(Messages.SnapshotExists), target);
            }
        }
        else if (File.Exists(target) && !(force && IsArchive(target)))
        {
            throw Refuse(nameof(Messages.SnapshotExists), target);
        }

        string? parent = Path.GetDirectoryName(target);
        if (string.IsNullOrEmpty(parent) || !Directory.Exists(parent))
        {
            throw Refuse(nameof(Messages.SnapshotNoFolder), target);
        }
    }

    private static NodeException Refuse(string id, string target)
    {
        var failure = NodeException.Create(Messages.ResourceManager, id, NodeErrorCategory.InvalidArgument, Printable.Text(target));
        failure.Subject = target;
        return failure;
    }
}
