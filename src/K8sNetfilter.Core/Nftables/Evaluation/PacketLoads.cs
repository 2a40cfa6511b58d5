using System.Runtime.InteropServices;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>Loads of the packet into registers, as it is after what the rule itself changed.</summary>
internal static class PacketLoads
{
    private const uint Untracked = 64;
    private const uint Invalid = 1;
    private const int NameLength = 16;

    /// <summary>The register of a load and how many bytes it gets; -1 for a key that is not known here.</summary>
    public static (NftRegister Target, int Length) Target(NftExpression expression, INftPacket packet) => expression switch
    {
        PayloadExpression payload => (payload.Target, Bytes(payload.Length)),
        MetaExpression meta => (meta.Target, Length(meta.Key)),
        CtExpression ct => (ct.Target, Length(ct.Key, packet.Family)),
        FibExpression fib =>
            (fib.Target, fib.Result == NftFibResult.OutputName && (fib.Flags & NftFibFlags.Present) == 0 ? NameLength : sizeof(uint)),
        ExthdrExpression header => (header.Target, header.IsPresence ? 1 : Bytes(header.Length)),
        RtExpression route => (route.Target, route.Key switch
        {
            NftRtKey.NextHopIPv6 => 16, NftRtKey.TcpMss => sizeof(ushort), NftRtKey.IPsec => 1, _ => sizeof(uint),
        }),
        SocketExpression socket =>
            (socket.Target, socket.Key switch { NftSocketKey.Mark => sizeof(uint), NftSocketKey.CgroupV2 => sizeof(ulong), _ => 1 }),
        OsfExpression osf => (osf.Target, NameLength),
        XfrmExpression xfrm => (xfrm.Target, xfrm.Key is NftXfrmKey.DestinationIPv6 or NftXfrmKey.SourceIPv6 ? 16 : sizeof(uint)),
        TunnelExpression tunnel => (tunnel.Target, tunnel.Key == NftTunnelKey.Path ? 1 : sizeof(uint)),
        InnerExpression { Inner: PayloadExpression or MetaExpression } inner => Target(inner.Inner, packet),
        _ => (NftRegister.None, -1),
    };

    /// <summary>Loads.</summary>
    public static NftLoad Load(RuleRun run, NftExpression expression, Span<byte> value, Span<byte> known) => expression switch
    {
        PayloadExpression payload => Payload(run, payload, value, known),
        MetaExpression meta => Changed(run, NftEffectKind.Meta, (int)meta.Key, value, known) ?? run.Packet.Meta(meta.Key, value, known),
        CtExpression ct => Ct(run, ct, value, known),
        FibExpression fib => run.Packet.Fib(fib.Result, fib.Flags, value, known),
        _ => run.Packet.Other(expression, value, known),
    };

    // No register has room for more.
    private static int Bytes(uint length) => (int)Math.Min(length, 1024);

    private static NftLoad Payload(RuleRun run, PayloadExpression payload, Span<byte> value, Span<byte> known)
    {
        if (payload.Offset > ushort.MaxValue)
        {
            return NftLoad.Absent;
        }

        var load = run.Packet.Payload(payload.Base, (int)payload.Offset, value, known);
        if (load.Presence == NftPresence.Absent || run.Effects is null)
        {
            return load;
        }

        if (load.Missing is null)
        {
            known.Fill(0xff);
        }

        Written(run.Effects, payload, value, known);
        return NftBits.AreKnown(known) && load.Presence == NftPresence.Present ? NftLoad.Known : load;
    }

    // What the rule wrote over it, the oldest first.
    private static void Written(NftEffect effect, PayloadExpression payload, Span<byte> value, Span<byte> known)
    {
        if (effect.Previous is not null)
        {
            Written(effect.Previous, payload, value, known);
        }

        if (effect.Kind != NftEffectKind.Payload || effect.Key != (int)payload.Base)
        {
            return;
        }

        for (int i = 0; i < effect.Value.Length; i++)
        {
            int at = effect.Offset + i - (int)payload.Offset;
            if (at >= 0 && at < value.Length)
            {
                (value[at], known[at]) = (effect.Value.Span[i], effect.Known.Span[i]);
            }
        }
    }

    private static NftLoad Ct(RuleRun run, CtExpression ct, Span<byte> value, Span<byte> known)
    {
        if (ct.Key == NftCtKey.State && run.Changed(NftEffectKind.Notrack, 0) is not null)
        {
            MemoryMarshal.Write(value, Untracked);
            return NftLoad.Known;
        }

        return Changed(run, NftEffectKind.Ct, (int)ct.Key, value, known) ?? run.Packet.Ct(ct.Key, ct.Direction, value, known);
    }

    private static NftLoad? Changed(RuleRun run, NftEffectKind kind, int key, Span<byte> value, Span<byte> known)
    {
        if (run.Effects is null || run.Changed(kind, key) is not { } change)
        {
            return null;
        }

        change.Value.Span[..Math.Min(value.Length, change.Value.Length)].CopyTo(value);
        change.Known.Span[..Math.Min(value.Length, change.Value.Length)].CopyTo(known);
        return NftBits.AreKnown(known) ? NftLoad.Known : NftLoad.Unknown("what the rule set is not known");
    }

    /// <summary>True if a packet has no entry of conntrack and is not marked to have none: notrack does something to it only
    /// then.</summary>
    public static bool IsUntouched(INftPacket packet)
    {
        Span<byte> state = stackalloc byte[sizeof(uint)], known = stackalloc byte[sizeof(uint)];
        state.Clear();
        known.Clear();
        packet.Ct(NftCtKey.State, NftCtDirection.None, state, known);
        return !packet.HasConnection && MemoryMarshal.Read<uint>(state) == Invalid;
    }

    /// <summary>The transport protocol; -1 if the packet has none.</summary>
    public static int Protocol(INftPacket packet)
    {
        Span<byte> value = stackalloc byte[1], known = stackalloc byte[1];
        (value[0], known[0]) = (0, 0);
        return packet.Meta(NftMetaKey.TransportProtocol, value, known).Presence == NftPresence.Present ? value[0] : -1;
    }

    /// <summary>Bytes that a meta key has; -1 for one that is not known.</summary>
    public static int Length(NftMetaKey key) => key switch
    {
        NftMetaKey.InputName or NftMetaKey.OutputName or NftMetaKey.BridgeInputName or NftMetaKey.BridgeOutputName or NftMetaKey.InputKind
            or NftMetaKey.OutputKind or NftMetaKey.SlaveName => NameLength,
        NftMetaKey.Protocol or NftMetaKey.InputType or NftMetaKey.OutputType or NftMetaKey.BridgeInputVlan
            or NftMetaKey.BridgeInputVlanProtocol => sizeof(ushort),
        NftMetaKey.Trace or NftMetaKey.NetfilterProtocol or NftMetaKey.TransportProtocol or NftMetaKey.PacketType or NftMetaKey.SecurityPath
            or NftMetaKey.Day or NftMetaKey.Brouting => 1,
        NftMetaKey.Time => sizeof(ulong),
        NftMetaKey.BridgeInputAddress => 6,
        >= NftMetaKey.Length and <= NftMetaKey.SlaveInterface => sizeof(uint),
        _ => -1,
    };

    private static int Length(NftCtKey key, NftFamily family) => key switch
    {
        NftCtKey.Direction or NftCtKey.NetworkProtocol or NftCtKey.TransportProtocol => 1,
        NftCtKey.SourcePort or NftCtKey.DestinationPort or NftCtKey.Zone => sizeof(ushort),
        NftCtKey.Helper or NftCtKey.Labels or NftCtKey.SourceIPv6 or NftCtKey.DestinationIPv6 => 16,
        NftCtKey.Source or NftCtKey.Destination => family == NftFamily.IPv6 ? 16 : 4,
        NftCtKey.Packets or NftCtKey.Bytes or NftCtKey.AveragePacket => sizeof(ulong),
        >= NftCtKey.State and <= NftCtKey.Id => sizeof(uint),
        _ => -1,
    };
}
