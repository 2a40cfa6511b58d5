using System.Text;
using K8sNetfilter.IO;
using K8sNetfilter.Ipset;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>The sets that <c>ipset save</c> printed.</summary>
internal sealed class SnapshotIpsets(SnapshotFiles files) : IIpsetSource
{
    // A comment has at most 255 bytes, and there are at most three addresses and two names beside it.
    private const int LongestLine = 1024;

    /// <inheritdoc/>
    /// <remarks>Without the file the sets are unknown, also if the snapshot is complete: a kernel without ip_set leaves an empty
    /// one.</remarks>
    public IpsetCatalog ReadIpsets(CancellationToken cancellation)
    {
        using var source = files.TryOpen(out string name, SnapshotNames.Ipsets);
        if (source is null)
        {
            return IpsetCatalog.Unknown($"{name}, \"ipset save\"");
        }

        using var text = new StreamReader(source, Encoding.UTF8);
        var lines = new BoundedLines(text, LongestLine);
        var reader = new IpsetTextReader(SnapshotLimits.IpsetElements);
        for (int number = 0; lines.Read() is { } line; number++)
        {
            if ((number & 0xfff) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            reader.Read(line);
        }

        return reader.Catalog;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ReadIpsetNames(CancellationToken cancellation) =>
        files.Exists(SnapshotNames.Ipsets[0]) ? [.. ReadIpsets(cancellation).Sets.Select(s => s.Name)] : [];
}
