using K8sNetfilter.Addressing;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// One dump request: the part of a filter that the kernel can decide by itself, so that what does not pass never leaves it. Since Linux 5.8
/// it compares parts of a tuple (CTA_FILTER), since 5.18 the status; marks since 3.11, zones since 6.8; what a kernel does not know it
/// ignores. The answer is always looked through again with <see cref="ConntrackFilter.Matches"/>.
/// </summary>
internal sealed record ConntrackQuery
{
    // Each request walks the whole table inside the kernel, which costs about a fifth of what giving all of it costs: beyond a few, one
    // request that gives too much is cheaper.
    private const int MaximumQueries = 4;

    /// <summary>Everything.</summary>
    internal static ConntrackQuery Everything { get; } = new();

    /// <summary>The family; unspecified for both.</summary>
    internal IPFamily Family { get; init; }

    /// <summary>The protocol of both tuples.</summary>
    internal byte? Protocol { get; init; }

    /// <summary>An address of the original direction.</summary>
    internal Bits128? Source { get; init; }

    /// <inheritdoc cref="Source"/>
    internal Bits128? Destination { get; init; }

    /// <summary>The source address of the reply direction.</summary>
    internal Bits128? ReplySource { get; init; }

    /// <summary>A port of the original direction; only together with TCP or UDP.</summary>
    internal ushort? SourcePort { get; init; }

    /// <inheritdoc cref="SourcePort"/>
    internal ushort? DestinationPort { get; init; }

    /// <summary>The mark under its mask.</summary>
    internal (uint Value, uint Mask)? Mark { get; init; }

    /// <summary>The status bits under their mask.</summary>
    internal (ConntrackStatus Value, ConntrackStatus Mask)? Status { get; init; }

    /// <summary>The zone.</summary>
    internal ushort? Zone { get; init; }

    /// <summary>True where the kernel is asked to compare more than the family, which an old kernel may refuse.</summary>
    internal bool IsFiltered => Mark is not null || Status is not null || Zone is not null || HasTuple;

    private bool HasTuple => Protocol is not null || Source is not null || Destination is not null || ReplySource is not null;

    /// <summary>
    /// The requests whose answers together hold everything that passes a filter, and no entry twice. Several are needed where the
    /// kernel compares with one value (two protocols) or cannot say "or" (translated: source or destination).
    /// </summary>
    /// <param name="filter">The filter.</param>
    /// <param name="comparesIPv6">Whether the kernel compares IPv6 addresses rightly; see <see cref="ConntrackTable"/>.</param>
    internal static IReadOnlyList<ConntrackQuery> For(ConntrackFilter filter, bool comparesIPv6)
    {
        var families = FamiliesOf(filter);
        var status = StatusOf(filter);
        var seed = new ConntrackQuery
        {
            Mark = MarkOf(filter),
            Zone = filter.Zone,
        };
        var protocols = ProtocolsOf(filter);
        bool tuples = protocols.Count > 0 || Single(filter.Sources) || Single(filter.Destinations) || Single(filter.ReplySources);
        // Tuples are compared within one family.
        if (tuples && families is [IPFamily.Unspecified])
        {
            families = [IPFamily.IPv4, IPFamily.IPv6];
        }

        if (families.Count * Math.Max(1, protocols.Count) * status.Count > MaximumQueries)
        {
            protocols = [];
        }

        var queries =
            from family in families
            let addresses = family == IPFamily.IPv4 || (family == IPFamily.IPv6 && comparesIPv6)
            from protocol in protocols.Count == 0 ? [null] : protocols.Select(p => (byte?)p)
            let ports = protocol is IPProtocolName.Tcp or IPProtocolName.Udp
            from bits in status
            select seed with
            {
                Family = family,
                Protocol = protocol,
                Source = addresses && Single(filter.Sources) ? filter.Sources[0].Network : null,
                Destination = addresses && Single(filter.Destinations) ? filter.Destinations[0].Network : null,
                ReplySource = addresses && Single(filter.ReplySources) ? filter.ReplySources[0].Network : null,
                SourcePort = ports && filter.SourcePorts.Count == 1 ? filter.SourcePorts[0] : null,
                DestinationPort = ports && filter.DestinationPorts.Count == 1 ? filter.DestinationPorts[0] : null,
                Status = bits,
            };
        return [.. queries];
    }

    /// <summary>
    /// The request for a small table, of which the kernel gives all in one walk: only what costs no second walk is asked for.
    /// </summary>
    internal static IReadOnlyList<ConntrackQuery> Simple(ConntrackFilter filter) =>
        [.. FamiliesOf(filter).Select(family => new ConntrackQuery { Family = family, Mark = MarkOf(filter) })];

    /// <summary>
    /// Whether an entry is one that this request is for. A kernel that ignores a part of the request gives others too, which another
    /// request of the same answer gives as well.
    /// </summary>
    internal bool Holds(in ConntrackRecord record) =>
        (Family == IPFamily.Unspecified || record.Family == Family)
        && (Protocol is not { } protocol || record.Protocol == protocol)
        && (Status is not { } status || (record.Status & status.Mask) == status.Value)
        && (Source is not { } source || record.Original.Source == source)
        && (Destination is not { } destination || record.Original.Destination == destination)
        && (ReplySource is not { } replySource || record.Reply.Source == replySource);

    /// <summary>Writes the request.</summary>
    internal void Write(ref NetlinkWriter writer)
    {
        writer.BeginMessage(Ctnetlink.Get, NetlinkFlags.Dump);
        writer.Header(new NfGenMessage(FamilyNumber(Family)));
        if (Mark is { } mark)
        {
            writer.PutBigEndian(Ctnetlink.CTA_MARK, mark.Value);
            writer.PutBigEndian(Ctnetlink.CTA_MARK_MASK, mark.Mask);
        }

        if (Status is { } status)
        {
            writer.PutBigEndian(Ctnetlink.CTA_STATUS, (uint)status.Value);
            writer.PutBigEndian(Ctnetlink.CTA_STATUS_MASK, (uint)status.Mask);
        }

        if (Zone is { } zone)
        {
            writer.PutBigEndian(Ctnetlink.CTA_ZONE, zone);
        }

        if (HasTuple)
        {
            uint original = WriteTuple(ref writer, Ctnetlink.CTA_TUPLE_ORIG, Source, Destination, Protocol, SourcePort, DestinationPort);
            uint reply = WriteTuple(ref writer, Ctnetlink.CTA_TUPLE_REPLY, ReplySource, null, null, null, null);
            int filter = writer.BeginNested(Ctnetlink.CTA_FILTER);
            writer.Put(Ctnetlink.CTA_FILTER_ORIG_FLAGS, original);
            writer.Put(Ctnetlink.CTA_FILTER_REPLY_FLAGS, reply);
            writer.EndNested(filter);
        }

        writer.EndMessage();
    }

    internal static byte FamilyNumber(IPFamily family) => family switch
    {
        IPFamily.IPv4 => Ctnetlink.AF_INET,
        IPFamily.IPv6 => Ctnetlink.AF_INET6,
        _ => 0,
    };

    private static (uint Value, uint Mask)? MarkOf(ConntrackFilter filter) =>
        filter.Mark is { } mark && filter.MarkMask != 0 ? (mark, filter.MarkMask) : null;

    private static bool Single(IReadOnlyList<AddressPrefix> prefixes) => prefixes is [{ IsSingle: true }];

    private static List<IPFamily> FamiliesOf(ConntrackFilter filter)
    {
        IEnumerable<IPFamily> families = filter.Family == IPFamily.Unspecified ? [IPFamily.IPv4, IPFamily.IPv6] : [filter.Family];
        foreach (var prefixes in new[] { filter.Sources, filter.Destinations, filter.ReplySources })
        {
            families = prefixes.Count == 0 ? families : families.Where(f => prefixes.Any(p => p.Family == f));
        }

        // Both at once is one walk through the table.
        var list = families.ToList();
        return list.Count == 2 ? [IPFamily.Unspecified] : list;
    }

    private static List<byte> ProtocolsOf(ConntrackFilter filter) =>
        filter.Protocols.Count > 0 ? [.. filter.Protocols.Distinct()]
        : filter.SourcePorts.Count == 1 || filter.DestinationPorts.Count == 1
            ? [IPProtocolName.Tcp, IPProtocolName.Udp, IPProtocolName.Sctp, IPProtocolName.Dccp, IPProtocolName.UdpLite]
            : [];

    private static List<(ConntrackStatus Value, ConntrackStatus Mask)?> StatusOf(ConntrackFilter filter)
    {
        const ConntrackStatus Source = ConntrackStatus.SourceNat, Destination = ConntrackStatus.DestinationNat;
        var mask = filter.Unreplied is null ? ConntrackStatus.None : ConntrackStatus.SeenReply;
        var value = filter.Unreplied == false ? ConntrackStatus.SeenReply : ConntrackStatus.None;
        return filter.Translated switch
        {
            true => [(value | Destination, mask | Destination), (value | Source, mask | Source | Destination)],
            false => [(value, mask | Source | Destination)],
            null => [mask == ConntrackStatus.None ? null : (value, mask)],
        };
    }

    private uint WriteTuple(
        ref NetlinkWriter writer, int type, Bits128? source, Bits128? destination, byte? protocol, ushort? sourcePort,
        ushort? destinationPort)
    {
        uint flags = 0;
        int tuple = writer.BeginNested(type);
        if (source is not null || destination is not null)
        {
            int addresses = writer.BeginNested(Ctnetlink.CTA_TUPLE_IP);
            bool four = Family == IPFamily.IPv4;
            if (source is { } from)
            {
                writer.Put(four ? Ctnetlink.CTA_IP_V4_SRC : Ctnetlink.CTA_IP_V6_SRC, AddressPrefix.ToAddress(Family, from));
                flags |= Ctnetlink.FilterSource;
            }

            if (destination is { } to)
            {
                writer.Put(four ? Ctnetlink.CTA_IP_V4_DST : Ctnetlink.CTA_IP_V6_DST, AddressPrefix.ToAddress(Family, to));
                flags |= Ctnetlink.FilterDestination;
            }

            writer.EndNested(addresses);
        }

        if (protocol is { } number)
        {
            int ports = writer.BeginNested(Ctnetlink.CTA_TUPLE_PROTO);
            writer.Put(Ctnetlink.CTA_PROTO_NUM, number);
            flags |= Ctnetlink.FilterProtocol;
            if (sourcePort is { } sourceNumber)
            {
                writer.PutBigEndian(Ctnetlink.CTA_PROTO_SRC_PORT, sourceNumber);
                flags |= Ctnetlink.FilterSourcePort;
            }

            if (destinationPort is { } destinationNumber)
            {
                writer.PutBigEndian(Ctnetlink.CTA_PROTO_DST_PORT, destinationNumber);
                flags |= Ctnetlink.FilterDestinationPort;
            }

            writer.EndNested(ports);
        }

        writer.EndNested(tuple);
        return flags;
    }
}
