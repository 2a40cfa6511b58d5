using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K8sNetfilter.Netlink;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Conntrack;

/// <summary>Reads conntrack messages (net/netfilter/nf_conntrack_netlink.c, ctnetlink_fill_info). What is not known is passed over.</summary>
internal static class ConntrackDecoder
{
    /// <summary>Reads one entry into <paramref name="record"/>. False where the message is no entry of IPv4 or IPv6.</summary>
    internal static bool TryDecode(NetlinkMessage message, out ConntrackRecord record)
    {
        record = default;
        if (message.Type != Ctnetlink.New || message.Payload.Length < NetfilterHeader.Size)
        {
            return false;
        }

        switch (message.Payload[0])
        {
            case Ctnetlink.AF_INET:
                record.Family = IPFamily.IPv4;
                break;
            case Ctnetlink.AF_INET6:
                record.Family = IPFamily.IPv6;
                break;
            default:
                return false;
        }

        bool original = false, reply = false;
        foreach (var attribute in message.Attributes(NetfilterHeader.Size))
        {
            switch (attribute.Type)
            {
                case Ctnetlink.CTA_TUPLE_ORIG:
                    original = ReadTuple(attribute.Children, ref record, ref record.Original, ConntrackZoneDirection.Original);
                    break;
                case Ctnetlink.CTA_TUPLE_REPLY:
                    reply = ReadTuple(attribute.Children, ref record, ref record.Reply, ConntrackZoneDirection.Reply);
                    break;
                case Ctnetlink.CTA_STATUS:
                    record.Status = (ConntrackStatus)attribute.AsUInt32BigEndian();
                    record.Parts |= ConntrackParts.Status;
                    break;
                case Ctnetlink.CTA_PROTOINFO:
                    ReadState(attribute.Children, ref record);
                    break;
                case Ctnetlink.CTA_HELP:
                    record.Helper = ReadText(attribute.Children, Ctnetlink.CTA_HELP_NAME);
                    break;
                case Ctnetlink.CTA_TIMEOUT:
                    record.Timeout = attribute.AsUInt32BigEndian();
                    record.Parts |= ConntrackParts.Timeout;
                    break;
                case Ctnetlink.CTA_MARK:
                    record.Mark = attribute.AsUInt32BigEndian();
                    record.Parts |= ConntrackParts.Mark;
                    break;
                case Ctnetlink.CTA_COUNTERS_ORIG:
                    ReadCounters(attribute.Children, out record.Packets, out record.Bytes);
                    record.Parts |= ConntrackParts.Counters;
                    break;
                case Ctnetlink.CTA_COUNTERS_REPLY:
                    ReadCounters(attribute.Children, out record.ReplyPackets, out record.ReplyBytes);
                    record.Parts |= ConntrackParts.ReplyCounters;
                    break;
                case Ctnetlink.CTA_ID:
                    record.Id = attribute.AsUInt32BigEndian();
                    record.Parts |= ConntrackParts.Id;
                    break;
                case Ctnetlink.CTA_ZONE:
                    record.Zone = attribute.AsUInt16BigEndian();
                    break;
                case Ctnetlink.CTA_SECCTX:
                    record.SecurityContext = ReadText(attribute.Children, Ctnetlink.CTA_SECCTX_NAME);
                    break;
                case Ctnetlink.CTA_TIMESTAMP:
                    ReadTimes(attribute.Children, ref record);
                    break;
                case Ctnetlink.CTA_LABELS:
                    record.LabelBits = ReadLabels(attribute.Payload);
                    break;
            }
        }

        return original && reply;
    }

    /// <summary>Reads one processor's counters (ctnetlink_ct_stat_cpu_fill_info); null where the message is something else.</summary>
    internal static ConntrackCpuStatistic? DecodeCpuStatistic(NetlinkMessage message)
    {
        if (message.Type != Ctnetlink.GetCpuStatistic)
        {
            return null;
        }

        Span<uint?> counters = stackalloc uint?[16];
        foreach (var attribute in message.Attributes(NetfilterHeader.Size))
        {
            if (attribute.Type < counters.Length)
            {
                counters[attribute.Type] = attribute.AsUInt32BigEndian();
            }
        }

        return new ConntrackCpuStatistic
        {
            Cpu = message.Header<NetfilterHeader>().Resource,
            Found = counters[Ctnetlink.CTA_STATS_FOUND],
            Invalid = counters[Ctnetlink.CTA_STATS_INVALID],
            Insert = counters[Ctnetlink.CTA_STATS_INSERT],
            InsertFailed = counters[Ctnetlink.CTA_STATS_INSERT_FAILED],
            Drop = counters[Ctnetlink.CTA_STATS_DROP],
            EarlyDrop = counters[Ctnetlink.CTA_STATS_EARLY_DROP],
            Error = counters[Ctnetlink.CTA_STATS_ERROR],
            SearchRestart = counters[Ctnetlink.CTA_STATS_SEARCH_RESTART],
            ClashResolve = counters[Ctnetlink.CTA_STATS_CLASH_RESOLVE],
            ChainTooLong = counters[Ctnetlink.CTA_STATS_CHAIN_TOOLONG],
        };
    }

    /// <summary>Reads how many entries there are and may be (ctnetlink_stat_ct_fill_info); a kernel before 5.3 does not say the second.</summary>
    internal static void ReadUsage(NetlinkMessage message, ref long? count, ref long? maximum)
    {
        if (message.Type != Ctnetlink.GetStatistic)
        {
            return;
        }

        foreach (var attribute in message.Attributes(NetfilterHeader.Size))
        {
            switch (attribute.Type)
            {
                case Ctnetlink.CTA_STATS_GLOBAL_ENTRIES:
                    count = attribute.AsUInt32BigEndian();
                    break;
                case Ctnetlink.CTA_STATS_GLOBAL_MAX_ENTRIES:
                    maximum = attribute.AsUInt32BigEndian();
                    break;
            }
        }
    }

    private static bool ReadTuple(NetlinkAttributes attributes, ref ConntrackRecord record, ref ConntrackTuple tuple, ConntrackZoneDirection direction)
    {
        bool source = false, destination = false;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case Ctnetlink.CTA_TUPLE_IP:
                    foreach (var address in attribute.Children)
                    {
                        switch (address.Type)
                        {
                            case Ctnetlink.CTA_IP_V4_SRC when record.Family == IPFamily.IPv4:
                                tuple.Source = address.AsUInt32BigEndian();
                                source = true;
                                break;
                            case Ctnetlink.CTA_IP_V4_DST when record.Family == IPFamily.IPv4:
                                tuple.Destination = address.AsUInt32BigEndian();
                                destination = true;
                                break;
                            case Ctnetlink.CTA_IP_V6_SRC when record.Family == IPFamily.IPv6:
                                source = BinaryPrimitives.TryReadUInt128BigEndian(address.Payload, out tuple.Source);
                                break;
                            case Ctnetlink.CTA_IP_V6_DST when record.Family == IPFamily.IPv6:
                                destination = BinaryPrimitives.TryReadUInt128BigEndian(address.Payload, out tuple.Destination);
                                break;
                        }
                    }

                    break;
                case Ctnetlink.CTA_TUPLE_PROTO:
                    ReadProtocol(attribute.Children, ref record, ref tuple);
                    break;
                case Ctnetlink.CTA_TUPLE_ZONE:
                    record.Zone = attribute.AsUInt16BigEndian();
                    record.ZoneDirection = direction;
                    break;
            }
        }

        return source && destination;
    }

    private static void ReadProtocol(NetlinkAttributes attributes, ref ConntrackRecord record, ref ConntrackTuple tuple)
    {
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case Ctnetlink.CTA_PROTO_NUM:
                    record.Protocol = attribute.AsByte();
                    break;
                case Ctnetlink.CTA_PROTO_SRC_PORT or Ctnetlink.CTA_PROTO_ICMP_ID or Ctnetlink.CTA_PROTO_ICMPV6_ID:
                    tuple.First = attribute.AsUInt16BigEndian();
                    break;
                case Ctnetlink.CTA_PROTO_DST_PORT:
                    tuple.Second = attribute.AsUInt16BigEndian();
                    break;
                case Ctnetlink.CTA_PROTO_ICMP_TYPE or Ctnetlink.CTA_PROTO_ICMPV6_TYPE:
                    tuple.Second = (ushort)(attribute.AsByte() << 8 | tuple.Second & 0xff);
                    break;
                case Ctnetlink.CTA_PROTO_ICMP_CODE or Ctnetlink.CTA_PROTO_ICMPV6_CODE:
                    tuple.Second = (ushort)(tuple.Second & 0xff00 | attribute.AsByte());
                    break;
            }
        }
    }

    private static void ReadState(NetlinkAttributes attributes, ref ConntrackRecord record)
    {
        foreach (var protocol in attributes)
        {
            if (protocol.Type is not (Ctnetlink.CTA_PROTOINFO_TCP or Ctnetlink.CTA_PROTOINFO_DCCP or Ctnetlink.CTA_PROTOINFO_SCTP))
            {
                continue;
            }

            foreach (var attribute in protocol.Children)
            {
                if (attribute.Type == Ctnetlink.CTA_PROTOINFO_STATE)
                {
                    record.State = attribute.AsByte();
                    record.Parts |= ConntrackParts.State;
                    return;
                }
            }
        }
    }

    private static void ReadCounters(NetlinkAttributes attributes, out ulong packets, out ulong bytes)
    {
        packets = bytes = 0;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case Ctnetlink.CTA_COUNTERS_PACKETS:
                    packets = attribute.AsUInt64BigEndian();
                    break;
                case Ctnetlink.CTA_COUNTERS_BYTES:
                    bytes = attribute.AsUInt64BigEndian();
                    break;
            }
        }
    }

    private static void ReadTimes(NetlinkAttributes attributes, ref ConntrackRecord record)
    {
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case Ctnetlink.CTA_TIMESTAMP_START:
                    record.Start = attribute.AsUInt64BigEndian();
                    record.Parts |= ConntrackParts.Start;
                    break;
                case Ctnetlink.CTA_TIMESTAMP_STOP:
                    record.Stop = attribute.AsUInt64BigEndian();
                    record.Parts |= ConntrackParts.Stop;
                    break;
            }
        }
    }

    private static string? ReadText(NetlinkAttributes attributes, int type)
    {
        foreach (var attribute in attributes)
        {
            if (attribute.Type == type)
            {
                return attribute.AsText() is { Length: > 0 } text ? text : null;
            }
        }

        return null;
    }

    // Label n is bit n of an array of longs in the host's byte order (nf_conn_labels).
    private static UInt128 ReadLabels(ReadOnlySpan<byte> bytes)
    {
        Span<byte> all = stackalloc byte[16];
        all.Clear();
        bytes[..Math.Min(16, bytes.Length)].CopyTo(all);
        return new UInt128(MemoryMarshal.Read<ulong>(all[8..]), MemoryMarshal.Read<ulong>(all));
    }
}
