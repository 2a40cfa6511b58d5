using System.Buffers.Binary;
using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.Netlink;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Fuzz;

/// <summary>Messages of nf_tables and of nfnetlink_hook, through every decoder.</summary>
internal sealed class NftRuleMessageTarget : IFuzzTarget
{
    private static readonly Action<byte[]>[] Decoders =
    [
        m => NftExpressions.IsExpressible(new NetlinkMessage(m), IPFamily.IPv4), m => NftExpressions.IsExpressible(new NetlinkMessage(m), IPFamily.IPv6),
        m => HookDump.Decode(new NetlinkMessage(m), HookLayer.IP, IPFamily.IPv4, HookPoint.Forward),
        m => NftTables.ReadName(new NetlinkMessage(m)), m => NftBaseChains.ReadChain(new NetlinkMessage(m)), m => NftGlance.Read(new NetlinkMessage(m)),
        m => NftTables.ReadUsedChain(new NetlinkMessage(m)),
    ];

    public string Name => "nft-rule-message";

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            yield return Message(0x0a06, Text(1, "filter"), Text(2, "FORWARD"), Nested(4, Nested(1, Text(1, "payload"), Nested(2, Number(2, 1), Number(3, 12), Number(4, 4))), Nested(1, Text(1, "cmp"), Nested(2, Number(2, 0), Nested(3, Number(1, 7))))));
            yield return Message(0x0a06, Text(1, "nat"), Nested(4, Nested(1, Text(1, "meta"), Nested(2, Number(2, 16))), Nested(1, Text(1, "lookup"), Nested(2, Text(1, "__set0")))));
            yield return Message(0x0a03, Text(1, "filter"), Text(3, "INPUT"), Nested(4, Number(1, 1), Number(2, 0)), Text(7, "filter"));
            yield return Message(0x0a00, Text(1, "filter"));
            yield return Message(0x0c00, Number(2, 0), Text(4, "nft_do_chain_ipv4"), Text(5, "nf_tables"), Nested(6, Number(2, 1), Nested(1, Text(1, "filter"), Text(3, "INPUT"))));
        }
    }

    public void Run(byte[] input)
    {
        if (input.Length < NetlinkMessage.HeaderSize)
        {
            return;
        }

        foreach (var decoder in Decoders)
        {
            try
            {
                decoder(input);
            }
            catch (NodeException failure) when (failure.ErrorId == "NetlinkMalformed")
            {
            }
        }
    }

    private static byte[] Message(ushort type, params byte[][] attributes)
    {
        byte[] body = [.. new byte[20], .. attributes.SelectMany(a => a)];
        BinaryPrimitives.WriteInt32LittleEndian(body, body.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(4), type);
        body[16] = 2;
        return body;
    }

    private static byte[] Attribute(int type, byte[] value)
    {
        byte[] attribute = new byte[(4 + value.Length + 3) & ~3];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), (ushort)type);
        value.CopyTo(attribute, 4);
        return attribute;
    }

    private static byte[] Text(int type, string value) => Attribute(type, [.. System.Text.Encoding.ASCII.GetBytes(value), 0]);

    private static byte[] Number(int type, uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Attribute(type, bytes);
    }

    private static byte[] Nested(int type, params byte[][] attributes) => Attribute(type, [.. attributes.SelectMany(a => a)]);
}
