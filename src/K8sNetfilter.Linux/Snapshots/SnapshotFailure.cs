using System.Globalization;
using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots;

/// <summary>What can be wrong with a snapshot, as errors that say what to do.</summary>
internal static class SnapshotFailure
{
    /// <summary>There is nothing at the path.</summary>
    public static NodeException NotFound(string path) => Make(nameof(Messages.SnapshotNotFound), NodeErrorCategory.NotFound, path);

    /// <summary>It can't be read.</summary>
    public static NodeException Unreadable(string path, Exception why) =>
        Make(nameof(Messages.SnapshotUnreadable), NodeErrorCategory.ResourceUnavailable, path, why.Message);

    /// <summary>It is cut short or changed.</summary>
    public static NodeException Damaged(string path, string why) =>
        Make(nameof(Messages.SnapshotDamaged), NodeErrorCategory.InvalidData, path, why.TrimEnd('.'));

    /// <summary>It is no snapshot.</summary>
    public static NodeException NoSnapshot(string path, string why) =>
        Make(nameof(Messages.SnapshotNone), NodeErrorCategory.InvalidData, path, why);

    /// <summary>It tries to do what no snapshot has to.</summary>
    public static NodeException Hostile(string path, string entry, string why) =>
        Make(nameof(Messages.SnapshotHostile), NodeErrorCategory.SecurityError, path, Printable.Text(entry, 200), why);

    /// <summary>A file is larger than is read.</summary>
    public static NodeException TooLarge(string path, string entry, long limit) =>
        Make(nameof(Messages.SnapshotTooLarge), NodeErrorCategory.InvalidData, path, Printable.Text(entry, 200), (limit >> 20)
            .ToString(CultureInfo.InvariantCulture));

    /// <summary>A file has more of something than is read.</summary>
    public static NodeException TooMany(string path, string entry, long limit, string what) =>
        Make(nameof(Messages.SnapshotTooMany), NodeErrorCategory.InvalidData, path, Printable.Text(entry, 200),
            limit.ToString("N0", CultureInfo.InvariantCulture), what);

    /// <summary>A file of it is not in the form of its tool.</summary>
    public static NodeException FileInvalid(string file, string why) =>
        Make(nameof(Messages.SnapshotFileInvalid), NodeErrorCategory.InvalidData, file, Printable.Text(why, 200));

    private static NodeException Make(string id, NodeErrorCategory category, string path, params object[] rest)
    {
        var failure = NodeException.Create(Messages.ResourceManager, id, category, [Printable.Text(path), .. rest]);
        failure.Subject = path;
        return failure;
    }
}
