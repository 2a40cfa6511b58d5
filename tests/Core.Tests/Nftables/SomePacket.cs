using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>A TCP SYN from 10.0.0.1:40000 to 10.0.0.2:80 of which a test says what else is known.</summary>
internal sealed class SomePacket : INftPacket
{
    private static readonly byte[] NetworkBytes =
        [0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];

    private static readonly byte[] Transport = [0x9c, 0x40, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0xa0, 2, 0, 0, 0, 0, 0, 0];

    public NftFamily Family { get; init; } = NftFamily.IPv4;

    public bool HasConnection { get; init; } = true;

    public bool IsOfEstablished { get; init; }

    public NftEffect? Before { get; init; }

    public uint State { get; init; } = 8;

    public uint Mark { get; init; }

    public uint MarkKnown { get; init; } = uint.MaxValue;

    public uint Status { get; init; }

    /// <summary>Which loads, by the name of their key, are not known.</summary>
    public HashSet<string> Unknown { get; init; } = [];

    public byte Protocol { get; init; } = 6;

    public string Input { get; init; } = "eth0";

    public NftLoad Payload(NftPayloadBase from, int offset, Span<byte> value, Span<byte> known)
    {
        byte[] header = from switch { NftPayloadBase.Network => NetworkBytes, NftPayloadBase.Transport => Transport, _ => [] };
        if (offset + value.Length > header.Length)
        {
            return NftLoad.Absent;
        }

        if (Unknown.Contains(from.ToString()))
        {
            return NftLoad.Unknown(from.ToString());
        }

        header.AsSpan(offset, value.Length).CopyTo(value);
        return NftLoad.Known;
    }

    public NftLoad Meta(NftMetaKey key, Span<byte> value, Span<byte> known)
    {
        switch (key)
        {
            case NftMetaKey.Mark:
                MemoryMarshal.Write(value, Mark);
                MemoryMarshal.Write(known, MarkKnown);
                return MarkKnown == uint.MaxValue ? NftLoad.Known : NftLoad.Unknown("the mark");
            case NftMetaKey.TransportProtocol:
                value[0] = Protocol;
                return NftLoad.Known;
            case NftMetaKey.InputName:
                System.Text.Encoding.ASCII.GetBytes(Input, value);
                return NftLoad.Known;
            default:
                return NftLoad.Unknown(key.ToString());
        }
    }

    public NftLoad Ct(NftCtKey key, NftCtDirection direction, Span<byte> value, Span<byte> known)
    {
        if (key != NftCtKey.State && !HasConnection)
        {
            return NftLoad.Absent;
        }

        if (key is not (NftCtKey.State or NftCtKey.Status))
        {
            return NftLoad.Unknown(key.ToString());
        }

        MemoryMarshal.Write(value, key == NftCtKey.State ? State : Status);
        return NftLoad.Known;
    }

    public NftLoad Fib(NftFibResult result, NftFibFlags flags, Span<byte> value, Span<byte> known) => NftLoad.Unknown("the routes");

    public NftLoad Other(NftExpression expression, Span<byte> value, Span<byte> known) => expression switch
    {
        ExthdrExpression { Operation: NftExthdrOperation.Tcp } => NftLoad.Open("the TCP options"),
        ExthdrExpression { IsPresence: true } => NftLoad.Known,
        ExthdrExpression => NftLoad.Absent,
        _ => NftLoad.Open(expression.Kind),
    };

    public static NftData Host(uint value) => BitConverter.GetBytes(value);

    public static NftData Network(ushort value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return bytes;
    }
}
