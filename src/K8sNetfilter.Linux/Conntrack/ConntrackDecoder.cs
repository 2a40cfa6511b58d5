using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// Reads conntrack messages (net/netfilter/nf_conntrack_netlink.c, ctnetlink_fill_info). What is not known is passed over.
/// </summary>
internal static class ConntrackDecoder
{
    private const int Headers = NetlinkMessage.HeaderSize + NfGenMessage.Size;

    /// <summary>Reads one entry into <paramref name="record"/>. False where the message is no entry of IPv4 or IPv6.</summary>
    /// <exception cref="Errors.NodeException"><c>NetlinkMalformed</c>: an attribute does not fit.</exception>
    // A dump of a million entries runs through this thirty million times: pointers in place of the readers of the other rooms are three
    // times as fast, and the first hundred thousand entries should not wait for the runtime to notice.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static unsafe bool TryDecode(NetlinkMessage message, out ConntrackRecord record)
    {
        record = default;
        var bytes = message.Bytes;
        if (message.Type != Ctnetlink.New || bytes.Length < Headers)
        {
            return false;
        }

        fixed (byte* start = bytes)
        {
            byte family = start[NetlinkMessage.HeaderSize];
            if (family is not (Ctnetlink.AF_INET or Ctnetlink.AF_INET6))
            {
                return false;
            }

            record.Family = family == Ctnetlink.AF_INET ? IPFamily.IPv4 : IPFamily.IPv6;
            bool original = false, reply = false;
            var attributes = new Walk(start + Headers, start + bytes.Length);
            while (attributes.Next())
            {
                switch (attributes.Type)
                {
                    case Ctnetlink.CTA_TUPLE_ORIG:
                        original = ReadTuple(attributes.Inside, ref record, ref record.Original, ConntrackZoneDirection.Original);
                        break;
                    case Ctnetlink.CTA_TUPLE_REPLY:
                        reply = ReadTuple(attributes.Inside, ref record, ref record.Reply, ConntrackZoneDirection.Reply);
                        break;
                    case Ctnetlink.CTA_STATUS:
                        record.Status = (ConntrackStatus)attributes.UInt32();
                        record.Parts |= ConntrackParts.Status;
                        break;
                    case Ctnetlink.CTA_PROTOINFO:
                        ReadState(attributes.Inside, ref record);
                        break;
                    case Ctnetlink.CTA_HELP:
                        record.Helper = ReadText(attributes.Inside, Ctnetlink.CTA_HELP_NAME);
                        break;
                    case Ctnetlink.CTA_TIMEOUT:
                        record.Timeout = attributes.UInt32();
                        record.Parts |= ConntrackParts.Timeout;
                        break;
                    case Ctnetlink.CTA_MARK:
                        record.Mark = attributes.UInt32();
                        record.Parts |= ConntrackParts.Mark;
                        break;
                    case Ctnetlink.CTA_COUNTERS_ORIG:
                        ReadPair(attributes.Inside, ref record.Packets, ref record.Bytes);
                        record.Parts |= ConntrackParts.Counters;
                        break;
                    case Ctnetlink.CTA_COUNTERS_REPLY:
                        ReadPair(attributes.Inside, ref record.ReplyPackets, ref record.ReplyBytes);
                        record.Parts |= ConntrackParts.ReplyCounters;
                        break;
                    case Ctnetlink.CTA_ID:
                        record.Id = attributes.UInt32();
                        record.Parts |= ConntrackParts.Id;
                        break;
                    case Ctnetlink.CTA_ZONE:
                        record.Zone = attributes.UInt16();
                        break;
                    case Ctnetlink.CTA_SECCTX:
                        record.SecurityContext = ReadText(attributes.Inside, Ctnetlink.CTA_SECCTX_NAME);
                        break;
                    case Ctnetlink.CTA_TIMESTAMP:
                        ReadTimes(attributes.Inside, ref record);
                        break;
                    case Ctnetlink.CTA_LABELS:
                        record.LabelBits = ReadLabels(attributes.Bytes);
                        break;
                }
            }

            return original && reply;
        }
    }

    /// <summary>Reads one processor's counters (ctnetlink_ct_stat_cpu_fill_info); null where the message is something else.</summary>
    internal static ConntrackCpuStatistic? DecodeCpuStatistic(NetlinkMessage message)
    {
        if (message.Type != Ctnetlink.GetCpuStatistic)
        {
            return null;
        }

        Span<uint?> counters = stackalloc uint?[16];
        foreach (var attribute in message.Attributes(NfGenMessage.Size))
        {
            if (attribute.Type < counters.Length)
            {
                counters[attribute.Type] = attribute.AsUInt32BigEndian();
            }
        }

        return new ConntrackCpuStatistic
        {
            Cpu = message.Header<NfGenMessage>().Resource,
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

    /// <summary>
    /// Reads how many entries there are and may be (ctnetlink_stat_ct_fill_info); a kernel before 5.3 does not say the second.
    /// </summary>
    internal static void ReadUsage(NetlinkMessage message, ref long? count, ref long? maximum)
    {
        if (message.Type != Ctnetlink.GetStatistic)
        {
            return;
        }

        foreach (var attribute in message.Attributes(NfGenMessage.Size))
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool ReadTuple(Walk attributes, ref ConntrackRecord record, ref ConntrackTuple tuple, ConntrackZoneDirection direction)
    {
        bool source = false, destination = false;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Ctnetlink.CTA_TUPLE_IP:
                    for (var addresses = attributes.Inside; addresses.Next();)
                    {
                        switch (addresses.Type)
                        {
                            case Ctnetlink.CTA_IP_V4_SRC when record.Family == IPFamily.IPv4:
                                tuple.Source = addresses.UInt32();
                                source = true;
                                break;
                            case Ctnetlink.CTA_IP_V4_DST when record.Family == IPFamily.IPv4:
                                tuple.Destination = addresses.UInt32();
                                destination = true;
                                break;
                            case Ctnetlink.CTA_IP_V6_SRC when record.Family == IPFamily.IPv6:
                                tuple.Source = addresses.Address();
                                source = true;
                                break;
                            case Ctnetlink.CTA_IP_V6_DST when record.Family == IPFamily.IPv6:
                                tuple.Destination = addresses.Address();
                                destination = true;
                                break;
                        }
                    }

                    break;
                case Ctnetlink.CTA_TUPLE_PROTO:
                    for (var parts = attributes.Inside; parts.Next();)
                    {
                        switch (parts.Type)
                        {
                            case Ctnetlink.CTA_PROTO_NUM:
                                record.Protocol = parts.Byte();
                                break;
                            case Ctnetlink.CTA_PROTO_SRC_PORT or Ctnetlink.CTA_PROTO_ICMP_ID or Ctnetlink.CTA_PROTO_ICMPV6_ID:
                                tuple.First = parts.UInt16();
                                break;
                            case Ctnetlink.CTA_PROTO_DST_PORT:
                                tuple.Second = parts.UInt16();
                                break;
                            case Ctnetlink.CTA_PROTO_ICMP_TYPE or Ctnetlink.CTA_PROTO_ICMPV6_TYPE:
                                tuple.Second = (ushort)(parts.Byte() << 8 | tuple.Second & 0xff);
                                break;
                            case Ctnetlink.CTA_PROTO_ICMP_CODE or Ctnetlink.CTA_PROTO_ICMPV6_CODE:
                                tuple.Second = (ushort)(tuple.Second & 0xff00 | parts.Byte());
                                break;
                        }
                    }

                    break;
                case Ctnetlink.CTA_TUPLE_ZONE:
                    record.Zone = attributes.UInt16();
                    record.ZoneDirection = direction;
                    break;
            }
        }

        return source && destination;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadState(Walk attributes, ref ConntrackRecord record)
    {
        while (attributes.Next())
        {
            if (attributes.Type is not (Ctnetlink.CTA_PROTOINFO_TCP or Ctnetlink.CTA_PROTOINFO_DCCP or Ctnetlink.CTA_PROTOINFO_SCTP))
            {
                continue;
            }

            for (var inner = attributes.Inside; inner.Next();)
            {
                if (inner.Type == Ctnetlink.CTA_PROTOINFO_STATE)
                {
                    record.State = inner.Byte();
                    record.Parts |= ConntrackParts.State;
                    return;
                }
            }
        }
    }

    // CTA_COUNTERS_PACKETS and CTA_COUNTERS_BYTES.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadPair(Walk attributes, ref ulong packets, ref ulong bytes)
    {
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Ctnetlink.CTA_COUNTERS_PACKETS:
                    packets = attributes.UInt64();
                    break;
                case Ctnetlink.CTA_COUNTERS_BYTES:
                    bytes = attributes.UInt64();
                    break;
            }
        }
    }

    private static void ReadTimes(Walk attributes, ref ConntrackRecord record)
    {
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case Ctnetlink.CTA_TIMESTAMP_START:
                    record.Start = attributes.UInt64();
                    record.Parts |= ConntrackParts.Start;
                    break;
                case Ctnetlink.CTA_TIMESTAMP_STOP:
                    record.Stop = attributes.UInt64();
                    record.Parts |= ConntrackParts.Stop;
                    break;
            }
        }
    }

    private static string? ReadText(Walk attributes, int type)
    {
        while (attributes.Next())
        {
            if (attributes.Type == type)
            {
                return KernelText.Decode(attributes.Bytes) is { Length: > 0 } text ? text : null;
            }
        }

        return null;
    }

    // Label n is bit n of an array of longs in the host's byte order (nf_conn_labels).
    private static Bits128 ReadLabels(ReadOnlySpan<byte> bytes)
    {
        Span<byte> all = stackalloc byte[16];
        all.Clear();
        bytes[..Math.Min(16, bytes.Length)].CopyTo(all);
        return new Bits128(MemoryMarshal.Read<ulong>(all[8..]), MemoryMarshal.Read<ulong>(all));
    }

    /// <summary>Steps through attributes in place. Every length is held against the end before a byte of it is read.</summary>
    private unsafe ref struct Walk
    {
        private readonly byte* _end;
        private byte* _next;
        private byte* _value;
        private int _length;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal Walk(byte* start, byte* end)
        {
            _next = start;
            _end = end;
        }

        internal int Type { get; private set; }

        internal readonly Walk Inside => new(_value, _value + _length);

        internal readonly ReadOnlySpan<byte> Bytes => new(_value, _length);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal bool Next()
        {
            long left = _end - _next;
            if (left < NetlinkAttribute.HeaderSize)
            {
                return false;
            }

            int length = *(ushort*)_next;
            if (length < NetlinkAttribute.HeaderSize || length > left)
            {
                throw NetlinkFailure.Malformed(NetlinkMessages.AttributeMalformed);
            }

            // The two highest bits say that it is nested or in network byte order.
            Type = *(ushort*)(_next + 2) & 0x3fff;
            _value = _next + NetlinkAttribute.HeaderSize;
            _length = length - NetlinkAttribute.HeaderSize;
            _next += Math.Min(NetlinkAttributes.Align(length), left);
            return true;
        }

        internal readonly byte Byte()
        {
            Need(1);
            return *_value;
        }

        internal readonly ushort UInt16()
        {
            Need(2);
            return BinaryPrimitives.ReverseEndianness(*(ushort*)_value);
        }

        internal readonly uint UInt32()
        {
            Need(4);
            return BinaryPrimitives.ReverseEndianness(*(uint*)_value);
        }

        internal readonly ulong UInt64()
        {
            Need(8);
            return BinaryPrimitives.ReverseEndianness(*(ulong*)_value);
        }

        internal readonly Bits128 Address()
        {
            Need(16);
            return Bits128.ReadBigEndian(Bytes);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Need(int length)
        {
            if (_length < length)
            {
                throw TooShort();
            }
        }

        private readonly Errors.NodeException TooShort() => NetlinkFailure.Malformed(NetlinkMessages.AttributeLengthWrong(Type, _length));
    }
}
