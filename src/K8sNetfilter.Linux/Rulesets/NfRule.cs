using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// One rule of nf_tables: matches and statements in the order in which they are added, each as the expressions that nft(8) itself makes
/// of it (<c>nft --debug=netlink</c>).
/// </summary>
internal sealed class NfRule
{
    private const int InterfaceNameBytes = 16;

    private delegate void Expression(ref NetlinkWriter writer);

    private readonly List<Expression> _expressions = [];
    private readonly NfFamily _family;

    internal NfRule(NfFamily family) => _family = family;

    /// <summary>Matches the transport protocol: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6.</summary>
    internal NfRule Protocol(byte number) => Meta(NFT_META_L4PROTO).Compare(NFT_CMP_EQ, [number]);

    /// <summary>Matches the source address, or a network.</summary>
    internal NfRule Source(IPAddress address, int? prefixLength = null, bool not = false) =>
        Address(address, prefixLength, address.AddressFamily == AddressFamily.InterNetwork ? 12 : 8, not);

    /// <summary>Matches the destination address, or a network.</summary>
    internal NfRule Destination(IPAddress address, int? prefixLength = null, bool not = false) =>
        Address(address, prefixLength, address.AddressFamily == AddressFamily.InterNetwork ? 16 : 24, not);

    /// <summary>Matches the source port of TCP, UDP or SCTP.</summary>
    internal NfRule SourcePort(ushort port) => Payload(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2).Compare(NFT_CMP_EQ, BigEndian(port));

    /// <summary>Matches the destination port of TCP, UDP or SCTP.</summary>
    internal NfRule DestinationPort(ushort port) => Payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2).Compare(NFT_CMP_EQ, BigEndian(port));

    /// <summary>Matches the interface that the packet came in by.</summary>
    internal NfRule InInterface(string name, bool not = false) =>
        Meta(NFT_META_IIFNAME).Compare(not ? NFT_CMP_NEQ : NFT_CMP_EQ, Name(name));

    /// <summary>Matches the interface that the packet goes out by.</summary>
    internal NfRule OutInterface(string name, bool not = false) =>
        Meta(NFT_META_OIFNAME).Compare(not ? NFT_CMP_NEQ : NFT_CMP_EQ, Name(name));

    /// <summary>Matches those bits of the packet's mark that <paramref name="mask"/> has.</summary>
    internal NfRule Mark(uint value, uint mask = uint.MaxValue, bool not = false)
    {
        Meta(NFT_META_MARK);
        if (mask != uint.MaxValue)
        {
            Bitwise(BitConverter.GetBytes(mask), new byte[4]);
        }

        return Compare(not ? NFT_CMP_NEQ : NFT_CMP_EQ, BitConverter.GetBytes(value));
    }

    /// <summary>Sets those bits of the packet's mark that <paramref name="mask"/> has.</summary>
    internal NfRule SetMark(uint value, uint mask = uint.MaxValue)
    {
        if (mask == uint.MaxValue)
        {
            Immediate(NFT_REG_1, BitConverter.GetBytes(value));
        }
        else
        {
            Meta(NFT_META_MARK).Bitwise(BitConverter.GetBytes(~mask), BitConverter.GetBytes(value & mask));
        }

        return Add("meta", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_META_KEY, NFT_META_MARK);
            writer.PutBigEndian(NFTA_META_SREG, NFT_REG_1);
        });
    }

    /// <summary>Matches any of the connection's states: 1 invalid, 2 established, 4 related, 8 new, 64 untracked.</summary>
    internal NfRule State(uint anyOf) => Ct(NFT_CT_STATE).AnyBit(anyOf);

    /// <summary>Matches any of the connection's status bits (IPS_…): 16 source NAT, 32 destination NAT.</summary>
    internal NfRule Status(uint anyOf) => Ct(NFT_CT_STATUS).AnyBit(anyOf);

    /// <summary>Matches one of <paramref name="of"/> packets, by chance.</summary>
    internal NfRule OneIn(uint of) =>
        Add("numgen", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_NG_DREG, NFT_REG_1);
            writer.PutBigEndian(NFTA_NG_MODULUS, of);
            writer.PutBigEndian(NFTA_NG_TYPE, NFT_NG_RANDOM);
        }).Compare(NFT_CMP_EQ, new byte[4]);

    /// <summary>Counts packets and bytes.</summary>
    internal NfRule Counter() =>
        Add("counter", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_COUNTER_BYTES, 0UL);
            writer.PutBigEndian(NFTA_COUNTER_PACKETS, 0UL);
        });

    /// <summary>Lets the packet go on to the next base chain.</summary>
    internal NfRule Accept() => Verdict(NF_ACCEPT);

    /// <summary>Drops the packet.</summary>
    internal NfRule Drop() => Verdict(NF_DROP);

    /// <summary>Goes back to the chain that called this one.</summary>
    internal NfRule Return() => Verdict(NFT_RETURN);

    /// <summary>Calls a chain.</summary>
    internal NfRule Jump(string chain) => Verdict(NFT_JUMP, chain);

    /// <summary>Calls a chain and does not come back.</summary>
    internal NfRule Goto(string chain) => Verdict(NFT_GOTO, chain);

    /// <summary>Answers TCP with a reset.</summary>
    internal NfRule RejectWithReset() => Reject(NFT_REJECT_TCP_RST, 0);

    /// <summary>Answers that the port is unreachable, in the packet's own family.</summary>
    internal NfRule Reject() =>
        // ICMP type 3 code 3 and ICMPv6 type 1 code 4; the family-independent form exists in inet and bridge tables only.
        _family switch
        {
            NfFamily.IPv4 => Reject(NFT_REJECT_ICMP_UNREACH, 3),
            NfFamily.IPv6 => Reject(NFT_REJECT_ICMP_UNREACH, 4),
            _ => Reject(NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH),
        };

    /// <summary>Rewrites the destination.</summary>
    internal NfRule DnatTo(IPAddress address, ushort? port = null) => Nat(NFT_NAT_DNAT, address, port);

    /// <summary>Rewrites the source.</summary>
    internal NfRule SnatTo(IPAddress address, ushort? port = null) => Nat(NFT_NAT_SNAT, address, port);

    /// <summary>Rewrites the source to the address of the interface that the packet goes out by.</summary>
    /// <param name="fullyRandom">Chooses the port by chance, as kube-proxy does.</param>
    internal NfRule Masquerade(bool fullyRandom = false) =>
        Add("masq", (ref NetlinkWriter writer) =>
        {
            if (fullyRandom)
            {
                writer.PutBigEndian(NFTA_MASQ_FLAGS, NF_NAT_RANGE_PROTO_RANDOM_FULLY);
            }
        });

    /// <summary>Writes the expressions, one NFTA_LIST_ELEM each.</summary>
    internal void Write(ref NetlinkWriter writer)
    {
        foreach (var expression in _expressions)
        {
            expression(ref writer);
        }
    }

    private NfRule Address(IPAddress address, int? prefixLength, int offset, bool not)
    {
        byte[] value = address.GetAddressBytes();
        int bits = prefixLength ?? value.Length * 8;
        // Where packets of both families come by, the offset holds for one of them only.
        if (_family == NfFamily.Inet)
        {
            Meta(NFT_META_NFPROTO).Compare(NFT_CMP_EQ, [value.Length == 4 ? (byte)NFPROTO_IPV4 : (byte)NFPROTO_IPV6]);
        }
        else if (_family == NfFamily.Bridge)
        {
            Meta(NFT_META_PROTOCOL).Compare(NFT_CMP_EQ, BigEndian(value.Length == 4 ? (ushort)0x0800 : (ushort)0x86dd));
        }

        Payload(NFT_PAYLOAD_NETWORK_HEADER, offset, value.Length);
        if (bits < value.Length * 8)
        {
            byte[] mask = new byte[value.Length];
            for (int i = 0; i < mask.Length; i++)
            {
                mask[i] = (byte)~(0xff >> Math.Clamp(bits - (i * 8), 0, 8));
                value[i] &= mask[i];
            }

            Bitwise(mask, new byte[value.Length]);
        }

        return Compare(not ? NFT_CMP_NEQ : NFT_CMP_EQ, value);
    }

    private NfRule Nat(int type, IPAddress address, ushort? port)
    {
        Immediate(NFT_REG_1, address.GetAddressBytes());
        if (port is { } number)
        {
            Immediate(NFT_REG_2, BigEndian(number));
        }

        return Add("nat", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_NAT_TYPE, type);
            writer.PutBigEndian(NFTA_NAT_FAMILY, address.AddressFamily == AddressFamily.InterNetwork ? NFPROTO_IPV4 : NFPROTO_IPV6);
            writer.PutBigEndian(NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
            if (port is not null)
            {
                writer.PutBigEndian(NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
            }
        });
    }

    private NfRule Reject(int type, int code) =>
        Add("reject", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_REJECT_TYPE, type);
            if (type != NFT_REJECT_TCP_RST)
            {
                writer.Put(NFTA_REJECT_ICMP_CODE, (byte)code);
            }
        });

    private NfRule Meta(int key) =>
        Add("meta", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_META_KEY, key);
            writer.PutBigEndian(NFTA_META_DREG, NFT_REG_1);
        });

    private NfRule Ct(int key) =>
        Add("ct", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_CT_KEY, key);
            writer.PutBigEndian(NFTA_CT_DREG, NFT_REG_1);
        });

    private NfRule Payload(int header, int offset, int length) =>
        Add("payload", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_PAYLOAD_DREG, NFT_REG_1);
            writer.PutBigEndian(NFTA_PAYLOAD_BASE, header);
            writer.PutBigEndian(NFTA_PAYLOAD_OFFSET, offset);
            writer.PutBigEndian(NFTA_PAYLOAD_LEN, length);
        });

    private NfRule Compare(int operation, byte[] value) =>
        Add("cmp", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_CMP_SREG, NFT_REG_1);
            writer.PutBigEndian(NFTA_CMP_OP, operation);
            PutData(ref writer, NFTA_CMP_DATA, value);
        });

    private NfRule Bitwise(byte[] mask, byte[] xor) =>
        Add("bitwise", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_BITWISE_SREG, NFT_REG_1);
            writer.PutBigEndian(NFTA_BITWISE_DREG, NFT_REG_1);
            writer.PutBigEndian(NFTA_BITWISE_LEN, mask.Length);
            PutData(ref writer, NFTA_BITWISE_MASK, mask);
            PutData(ref writer, NFTA_BITWISE_XOR, xor);
        });

    // Numbers in registers are in the host's byte order.
    private NfRule AnyBit(uint bits) => Bitwise(BitConverter.GetBytes(bits), new byte[4]).Compare(NFT_CMP_NEQ, new byte[4]);

    private NfRule Immediate(int register, byte[] value) =>
        Add("immediate", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_IMMEDIATE_DREG, register);
            PutData(ref writer, NFTA_IMMEDIATE_DATA, value);
        });

    private NfRule Verdict(int code, string? chain = null) =>
        Add("immediate", (ref NetlinkWriter writer) =>
        {
            writer.PutBigEndian(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
            int data = writer.BeginNested(NFTA_IMMEDIATE_DATA);
            int verdict = writer.BeginNested(NFTA_DATA_VERDICT);
            writer.PutBigEndian(NFTA_VERDICT_CODE, code);
            if (chain is not null)
            {
                writer.Put(NFTA_VERDICT_CHAIN, chain);
            }

            writer.EndNested(verdict);
            writer.EndNested(data);
        });

    private static void PutData(ref NetlinkWriter writer, int type, byte[] value)
    {
        int data = writer.BeginNested(type);
        writer.Put(NFTA_DATA_VALUE, value.AsSpan());
        writer.EndNested(data);
    }

    private NfRule Add(string name, Expression attributes)
    {
        _expressions.Add((ref NetlinkWriter writer) =>
        {
            int element = writer.BeginNested(NFTA_LIST_ELEM);
            writer.Put(NFTA_EXPR_NAME, name);
            int data = writer.BeginNested(NFTA_EXPR_DATA);
            attributes(ref writer);
            writer.EndNested(data);
            writer.EndNested(element);
        });
        return this;
    }

    private static byte[] BigEndian(ushort value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Name(string name)
    {
        byte[] bytes = new byte[InterfaceNameBytes];
        Encoding.UTF8.GetBytes(name, bytes);
        return bytes;
    }
}
