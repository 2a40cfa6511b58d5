using System.Globalization;
using K8sNetfilter.Hooks;
using K8sNetfilter.Listeners;
using K8sNetfilter.Snapshots.Writing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>The sockets that ss(8) or netstat(8) printed, of the node and, in <c>netns/</c>, of its pods.</summary>
internal sealed class SnapshotListeners(SnapshotFiles files, SnapshotLinks links) : IListenerSource
{
    /// <inheritdoc/>
    public ListenerTable? Read(CancellationToken cancellation)
    {
        bool isNetstat = !SnapshotNames.Sockets.Any(files.Exists) && SnapshotNames.SocketsNetstat.Any(files.Exists);
        return Parse(isNetstat ? SnapshotNames.SocketsNetstat : SnapshotNames.Sockets);
    }

    private ListenerTable? Parse(params string[] names) =>
        Text(out bool isWhole, names) is not { } text || ListenerText.Parse(text) is not { } table ? null
        : isWhole ? table : new ListenerTable(table.Listeners, knowsTcp: false, knowsUdp: false);

    // Where the snapshot says how long a file was, one that is shorter has lost its end.
    private string? Text(out bool isWhole, params string[] names)
    {
        isWhole = false;
        if (files.TryReadListing(out string name, names) is not { } text)
        {
            return null;
        }

        _counted ??= ReadCounts();
        isWhole = !_counted.TryGetValue(name, out string? count) || count == SnapshotNames.CountOf(name, text);
        return text;
    }

    private Dictionary<string, string>? _counted;

    private Dictionary<string, string> ReadCounts()
    {
        var counts = new Dictionary<string, string>(StringComparer.Ordinal);
        string? mark = files.Exists(SnapshotTarget.Mark) && files.TryRead(SnapshotLimits.Mark, out _, SnapshotTarget.Mark) is { } bytes
            ? ByteText.Decode(bytes) : null;
        foreach (var line in (mark ?? "").AsSpan().EnumerateLines())
        {
            if (line.IndexOf(" has ") is > 0 and int end)
            {
                counts.TryAdd(line[..end].ToString(), line.ToString());
            }
        }

        return counts;
    }

    /// <inheritdoc/>
    public PodListeners? ReadPeer(int namespaceId, CancellationToken cancellation)
    {
        string folder = links.FolderOfPeer(namespaceId);
        if (!files.Exists(folder))
        {
            return null;
        }

        string[] names = [folder + "/" + SnapshotNames.Sockets[0], folder + "/" + SnapshotNames.SocketsNetstat[0]];
        var table = names.Any(files.Exists) ? Parse(names) : null;
        if (table?.Listeners.Any(l => l.Device is not null) == true)
        {
            // The node knows the other end of a link by its number.
            var indexes = links.ReadIndexesInside(folder);
            table = new ListenerTable(table.Listeners.Select(l => l.Device is { } device
                ? l with { DeviceIndex = indexes.GetValueOrDefault(device) } : l), table.KnowsTcp, table.KnowsUdp);
        }

        return new PodListeners { Table = table, Addresses = links.ReadInside(folder)?.Select(a => a.IPAddress).ToList(),
            Ways = links.ReadWaysInside(folder),
            FixedNeighbors = links.ReadFixedInside(folder), StrictLinks = FindStrict(folder), HasRules = FindRules(folder),
            AnswersForOthers = FindProxies(folder) };
    }

    // Of the lines that sysctl(8) prints for the pod's namespace; those of IPv4 are always there.
    private bool? FindProxies(string folder)
    {
        string name = $"{folder}/{SnapshotNames.Sysctl[0]}";
        if (!files.Exists(name) || Text(out bool isWhole, name) is not { } text)
        {
            return null;
        }

        string[] values = [.. text.Split('\n')
            .Where(l => l.Contains(".proxy_arp = ", StringComparison.Ordinal) || l.Contains(".proxy_ndp = ", StringComparison.Ordinal))];
        return values.Any(v => !v.TrimEnd().EndsWith(" = 0", StringComparison.Ordinal)) ? true : isWhole && values.Length > 0
            ? false : null;
    }

    private int[]? FindStrict(string folder)
    {
        const string Start = "net.ipv4.conf.", End = ".rp_filter";
        string name = $"{folder}/{SnapshotNames.Sysctl[0]}";
        if (!files.Exists(name) || Text(out bool isWhole, name) is not { } text || !isWhole)
        {
            return null;
        }

        var values = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string[] parts in text.Split('\n').Select(l => l.Split(" = ")))
        {
            if (parts is [var key, var value] && key.StartsWith(Start, StringComparison.Ordinal)
                && key.EndsWith(End, StringComparison.Ordinal)
                && key.Length > Start.Length + End.Length
                && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                // sysctl(8) writes a dot in a name as a slash.
                values[key[Start.Length..^End.Length].Replace('/', '.')] = number;
            }
        }

        return values.TryGetValue("all", out int all)
            ? [.. links.ReadIndexesInside(folder).Where(l => Math.Max(all, values.GetValueOrDefault(l.Key)) == 1).Select(l => l.Value)]
            : null;
    }

    // Known only where both the legacy tables and the chains of nf_tables were captured.
    private bool? FindRules(string folder)
    {
        bool isComplete = true;
        foreach (string name in SnapshotNames.LegacyTables)
        {
            string path = $"{folder}/{name}";
            bool isWhole = false;
            if (files.Exists(path) && Text(out isWhole, path) is { Length: > 0 })
            {
                return true;
            }

            isComplete &= isWhole;
        }

        string chains = $"{folder}/{SnapshotNames.NftChains[0]}";
        if (!files.Exists(chains) || files.TryReadNft(out _, chains) is not { Length: > 0 } json)
        {
            return null;
        }

        return Json.Read(chains, () => NftChainJson.Parse(json)).Any(c => c.RuleCount != 0 || c.Accepts == false) ? true : isComplete
            ? false : null;
    }
}
