using CsCheck;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Tests.Conntrack;

/// <summary>Random entries of the kinds that a kernel has.</summary>
internal static class ConntrackGen
{
    private static readonly Gen<byte> AnyProtocol = Gen.OneOf([.. new byte[] { 6, 17, 1, 58, 47, 132, 136, 50 }.Select(Gen.Const)]);

    private static Gen<Bits128> Address(IPFamily family) =>
        family == IPFamily.IPv4 ? Gen.UInt.Select(n => (Bits128)n) : Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new Bits128(high, low));

    private static Gen<ConntrackTuple> Tuple(IPFamily family, byte protocol) =>
        Gen.Select(Address(family), Address(family), Gen.UShort, Gen.UShort, (source, destination, first, second) => new ConntrackTuple
        {
            Source = source, Destination = destination, First = protocol == 50 ? (ushort)0 : first, Second = protocol == 50 ? (ushort)0 : second,
        });

    public static Gen<ConntrackRecord> Record { get; } =
        from family in Gen.OneOf(Gen.Const(IPFamily.IPv4), Gen.Const(IPFamily.IPv6))
        from protocol in AnyProtocol
        from original in Tuple(family, protocol)
        from reply in Tuple(family, protocol)
        from mirrored in Gen.Bool
        from state in Gen.Byte[0, 9]
        from numbers in Gen.Select(Gen.UInt, Gen.UInt, Gen.UInt, Gen.UShort)
        from counters in Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong, Gen.ULong)
        from zoneDirection in Gen.OneOf(Gen.Const(ConntrackZoneDirection.Both), Gen.Const(ConntrackZoneDirection.Original), Gen.Const(ConntrackZoneDirection.Reply))
        from flags in Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool)
        select new ConntrackRecord
        {
            Family = family,
            Protocol = protocol,
            Original = original,
            Reply = mirrored
                ? new ConntrackTuple { Source = original.Destination, Destination = original.Source, First = original.Second, Second = original.First }
                : reply,
            State = state,
            Timeout = numbers.Item1,
            Mark = numbers.Item2,
            Id = numbers.Item3,
            Zone = numbers.Item4,
            ZoneDirection = numbers.Item4 == 0 ? ConntrackZoneDirection.Both : zoneDirection,
            Packets = flags.Item3 ? counters.Item1 : 0,
            Bytes = flags.Item3 ? counters.Item2 : 0,
            ReplyPackets = flags.Item3 ? counters.Item3 : 0,
            ReplyBytes = flags.Item3 ? counters.Item4 : 0,
            Status = (flags.Item1 ? ConntrackStatus.SeenReply : 0) | (flags.Item2 ? ConntrackStatus.Assured : 0),
            Helper = flags.Item4 ? "ftp" : null,
            Parts = ConntrackParts.Mark | ConntrackParts.Id | ConntrackParts.Timeout
                | (protocol is 6 or 132 ? ConntrackParts.State : 0)
                | (flags.Item3 ? ConntrackParts.Counters | ConntrackParts.ReplyCounters : 0),
        };
}
