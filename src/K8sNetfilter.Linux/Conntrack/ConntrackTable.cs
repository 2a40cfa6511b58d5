using System.Globalization;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Conntrack;

/// <summary>The running kernel's table of tracked connections in one network namespace, through ctnetlink.</summary>
public sealed class ConntrackTable : IConntrackSource
{
    // Below this many entries one walk that gives them all is quicker than several that compare.
    private const int SmallTable = 10_000;

    private const string Module = "/sys/module/nf_conntrack";
    private const string NetlinkModule = "/sys/module/nf_conntrack_netlink";
    private const string ModuleList = "/proc/modules";
    private const string Settings = "/proc/sys/net/netfilter/nf_conntrack_";
    private const string ProcessFile = "/proc/thread-self/net/nf_conntrack";
    private const string StatisticFile = "/proc/thread-self/net/stat/nf_conntrack";
    private const string LabelFile = "/etc/xtables/connlabel.conf";

    // What this kernel does with IPv6 addresses in CTA_FILTER; null while it is not known.
    private static bool? s_comparesIPv6;

    private readonly KernelRoot _root;
    private readonly IConntrackNamespace _ground;

    internal ConntrackTable(KernelRoot root, IConntrackNamespace ground)
    {
        _root = root;
        _ground = ground;
    }

    /// <summary>From how many entries on the kernel is asked to compare; for tests.</summary>
    internal int FilterFrom { get; init; } = SmallTable;

    private static NetlinkOperation ReadOperation => new(ConntrackMessages.ReadingTable, NetlinkMessages.ThisNamespace);

    /// <inheritdoc/>
    /// <exception cref="NodeException">The kernel refuses: <c>NotPermitted</c> without CAP_NET_ADMIN in the namespace.</exception>
    public IEnumerable<ConntrackEntry>? Read(ConntrackFilter filter, Action<string> warn, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentNullException.ThrowIfNull(warn);
        if (!_root.IsLive)
        {
            return null;
        }

        switch (FindAccess())
        {
            case ConntrackAccess.Netlink:
                return ReadNetlink(filter, warn, cancellation);
            case ConntrackAccess.ProcessFile:
                warn(Messages.ConntrackNoNetlink);
                return ReadFile(filter, cancellation);
            default:
                warn(Messages.ConntrackNotTracked);
                return [];
        }
    }

    /// <inheritdoc/>
    /// <exception cref="NodeException">The kernel refuses: <c>NotPermitted</c> without CAP_NET_ADMIN in the namespace.</exception>
    public ConntrackStatistic? ReadStatistic(CancellationToken cancellation)
    {
        if (!_root.IsLive)
        {
            return null;
        }

        long? count = null, maximum = null;
        IReadOnlyList<ConntrackCpuStatistic> cpus = [];
        switch (FindAccess())
        {
            case ConntrackAccess.Netlink:
                using (var connection = _ground.Connect())
                {
                    cpus = ReadCpus(connection, cancellation);
                    ReadUsage(connection, ref count, ref maximum, cancellation);
                }

                break;
            case ConntrackAccess.ProcessFile:
                cpus = ConntrackStatisticText.ParseKernel(ReadText(StatisticFile) ?? "");
                break;
            default:
                throw NodeException.Create(
                    Messages.ResourceManager, nameof(Messages.ConntrackNotTracked), NodeErrorCategory.NotFound);
        }

        return new ConntrackStatistic(cpus, count ?? ReadSetting("count"), maximum ?? ReadSetting("max"), ReadSetting("buckets"));
    }

    /// <summary>Removes one entry: the connection's next packet is judged as the first of a new one.</summary>
    /// <param name="entry">
    /// The entry. It is found by its tuple and, where it has one, its identifier, so that a new connection with the same tuple is left
    /// alone.
    /// </param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>False where it had gone already.</returns>
    /// <exception cref="NodeException">
    /// The kernel refuses: <c>NotPermitted</c> without CAP_NET_ADMIN, <c>ConntrackOffloaded</c> while a flow table forwards the connection.
    /// </exception>
    public bool Remove(ConntrackEntry entry, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var access = FindAccess();
        if (access == ConntrackAccess.ProcessFile)
        {
            throw NodeException.Create(Messages.ResourceManager, nameof(Messages.ConntrackNoNetlink), NodeErrorCategory.NotFound);
        }

        if (access == ConntrackAccess.NotTracked)
        {
            return false;
        }

        using var connection = _ground.Connect();
        var writer = new NetlinkWriter(stackalloc byte[256]);
        try
        {
            ConntrackDelete.Write(ref writer, entry.ToRecord());
            connection.Execute(writer.Written, new NetlinkOperation(ConntrackMessages.RemovingConnection, entry.ToString()), cancellation);
            return true;
        }
        catch (NodeException failure) when (failure.Errno == Errno.ENOENT)
        {
            return false;
        }
        catch (NodeException failure) when (failure.Errno == Errno.EBUSY)
        {
            throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.ConntrackOffloaded), NodeErrorCategory.ResourceBusy, entry.ToString());
        }
        finally
        {
            writer.Dispose();
        }
    }

    private IEnumerable<ConntrackEntry> ReadNetlink(ConntrackFilter filter, Action<string> warn, CancellationToken cancellation)
    {
        using var connection = _ground.Connect();
        long? buckets = ReadSetting("buckets");
        long? count = null, maximum = null;
        ReadUsage(connection, ref count, ref maximum, cancellation);
        bool large = count is null || count >= FilterFrom;
        var queries = large ? Plan(connection, filter, cancellation) : ConntrackQuery.Simple(filter);
        bool interrupted = false;
        IEnumerable<ConntrackEntry> Dump(CancellationToken token)
        {
            using var dump = new ConntrackDump(connection, queries, ReadOperation, token);
            var recent = new RecentEntries();
            IReadOnlyDictionary<int, string>? labels = null;
            while (dump.MoveNext(out var record))
            {
                if (!filter.Matches(record) || !recent.Add(record))
                {
                    continue;
                }

                if (record.LabelBits != Bits128.Zero)
                {
                    labels ??= ConntrackLabels.Parse(ReadText(LabelFile) ?? "");
                }

                yield return new ConntrackEntry(record, labels);
            }

            interrupted = dump.IsInterrupted;
        }

        foreach (var entry in large ? ReadAhead<ConntrackEntry>.Of(Dump, cancellation) : Dump(cancellation))
        {
            yield return entry;
        }

        // A resized table has other buckets: what the kernel's walk had passed may lie ahead of it again, or the reverse.
        if (interrupted || ReadSetting("buckets") != buckets)
        {
            warn(Messages.ConntrackResized);
        }
    }

    private static IReadOnlyList<ConntrackQuery> Plan(NetlinkConnection connection, ConntrackFilter filter, CancellationToken cancellation)
    {
        var queries = ConntrackQuery.For(filter, comparesIPv6: true);
        return queries.Any(q => q.Family == IPFamily.IPv6 && (q.Source ?? q.Destination ?? q.ReplySource) is not null)
            && !ComparesIPv6(connection, cancellation)
            ? ConntrackQuery.For(filter, comparesIPv6: false) : queries;
    }

    /// <summary>
    /// Whether the kernel compares IPv6 addresses rightly. Kernels from 5.8 on took equal for unequal (ctnetlink_filter_match_tuple, the
    /// result of ipv6_addr_cmp negated), which would hide exactly what is asked for. Such a kernel, asked for an address that nobody has,
    /// gives everything: the first message tells.
    /// </summary>
    private static bool ComparesIPv6(NetlinkConnection connection, CancellationToken cancellation)
    {
        if (s_comparesIPv6 is { } known)
        {
            return known;
        }

        // 100::/64 is for discarding (RFC 6666): no connection has it.
        var probe = new ConntrackQuery { Family = IPFamily.IPv6, Source = new Bits128(0x0100_0000_0000_0000, 1) };
        var writer = new NetlinkWriter(stackalloc byte[256]);
        try
        {
            probe.Write(ref writer);
            using var exchange = connection.Start(writer.Written, ReadOperation, cancellation);
            while (exchange.MoveNext())
            {
                if (ConntrackDecoder.TryDecode(exchange.Current, out var record) && !probe.Holds(record))
                {
                    s_comparesIPv6 = false;
                    return false;
                }
            }

            // Nothing came: rightly compared, or no IPv6 entry is there now. Not kept, since the second may change.
            return true;
        }
        catch (NodeException failure) when (failure.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            return false;
        }
        finally
        {
            writer.Dispose();
        }
    }

    private IEnumerable<ConntrackEntry> ReadFile(ConntrackFilter filter, CancellationToken cancellation)
    {
        using var reader = new StreamReader(_ground.OpenFile(ProcessFile), Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            cancellation.ThrowIfCancellationRequested();
            if (ConntrackText.TryParse(line, out var record, out _) && filter.Matches(record))
            {
                yield return new ConntrackEntry(record);
            }
        }
    }

    private static List<ConntrackCpuStatistic> ReadCpus(NetlinkConnection connection, CancellationToken cancellation)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        try
        {
            writer.BeginMessage(Ctnetlink.GetCpuStatistic, NetlinkFlags.Dump);
            writer.Header(new NfGenMessage(0));
            writer.EndMessage();
            return connection.Collect(
                writer.Written, ConntrackDecoder.DecodeCpuStatistic,
                new NetlinkOperation(ConntrackMessages.ReadingCounters, NetlinkMessages.ThisNamespace), cancellation).Items;
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void ReadUsage(NetlinkConnection connection, ref long? count, ref long? maximum, CancellationToken cancellation)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        try
        {
            writer.BeginMessage(Ctnetlink.GetStatistic, 0);
            writer.Header(new NfGenMessage(0));
            writer.EndMessage();
            using var exchange = connection.Start(writer.Written, ReadOperation, cancellation);
            while (exchange.MoveNext())
            {
                ConntrackDecoder.ReadUsage(exchange.Current, ref count, ref maximum);
            }
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>
    /// Finds a way that loads nothing: a netlink request to a subsystem that is not there makes the kernel call modprobe
    /// (nfnetlink_rcv_msg in net/netfilter/nfnetlink.c).
    /// </summary>
    private ConntrackAccess FindAccess()
    {
        // The folder is there also for a built-in nf_conntrack, which has parameters.
        if (!_ground.Exists(Module) && !_ground.Exists(Settings + "max"))
        {
            return ConntrackAccess.NotTracked;
        }

        // A kernel without modules has no /proc/modules, and loads nothing.
        if (_ground.Exists(NetlinkModule) || !_ground.Exists(ModuleList) || IsNetlinkBuiltIn())
        {
            return ConntrackAccess.Netlink;
        }

        return ConntrackAccess.ProcessFile;
    }

    // A built-in module without parameters has no folder in /sys/module.
    private bool IsNetlinkBuiltIn()
    {
        string? release = ReadText("/proc/sys/kernel/osrelease")?.Trim();
        if (ReadLines($"/lib/modules/{release}/modules.builtin") is { } builtIn)
        {
            return builtIn.Any(l => l.EndsWith("/nf_conntrack_netlink.ko", StringComparison.Ordinal));
        }

        // A container without /lib/modules: only where nf_conntrack is built in too is it worth to look through all symbols.
        return !_ground.Exists(Module + "/initstate")
            && ReadLines("/proc/kallsyms")?.Any(l => l.EndsWith(" ctnetlink_dump_table", StringComparison.Ordinal)) == true;
    }

    private long? ReadSetting(string name) =>
        long.TryParse(ReadText(Settings + name), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long value)
            ? value : null;

    private string? ReadText(string path) => ReadLines(path) is { } lines ? string.Join('\n', lines) : null;

    private List<string>? ReadLines(string path)
    {
        try
        {
            var lines = new List<string>();
            using var reader = new StreamReader(_ground.OpenFile(path), Encoding.UTF8);
            while (reader.ReadLine() is { } line)
            {
                lines.Add(line);
            }

            return lines;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
