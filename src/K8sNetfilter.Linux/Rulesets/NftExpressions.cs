using System.Runtime.CompilerServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// Whether a rule of nf_tables is one that iptables-nft can print: made of the expressions that it makes itself (iptables/nft-shared.c,
/// nft-ipv4.c, nft-ipv6.c). Of others it leaves parts out without a word, such as a set of addresses, so that the line that it prints
/// says more packets than the rule means.
/// </summary>
internal static class NftExpressions
{
    private const int NFTA_PAYLOAD_SREG = 5;
    private const int NFTA_DATA_VALUE = 1;
    private const int NFT_META_NFTRACE = 12;
    private const int NFT_META_PKTTYPE = 19;
    private const int NetworkHeader = 1;
    private const int TransportHeader = 2;

    /// <summary>Looks at one message of a rule dump.</summary>
    public static bool IsExpressible(NetlinkMessage rule, IPFamily family)
    {
        foreach (var attribute in rule.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            if (attribute.Type == NFTA_RULE_EXPRESSIONS && !AreExpressible(attribute, family == IPFamily.IPv6))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreExpressible(NetlinkAttribute expressions, bool v6)
    {
        var last = Loaded.Other;
        foreach (var element in expressions.Children)
        {
            bool hasData = NftExpression.TryRead(element, out var name, out var data);

            switch (name)
            {
                case var _ when name.SequenceEqual("payload"u8):
                    if (!hasData || (last = Payload(data, v6)) == Loaded.Foreign)
                    {
                        return false;
                    }

                    break;
                case var _ when name.SequenceEqual("meta"u8):
                    last = Loaded.Other;
                    if (!hasData || !IsOwnMeta(data))
                    {
                        return false;
                    }

                    break;
                case var _ when name.SequenceEqual("cmp"u8):
                    // -f and ! -f ask whether there is an offset, and not which; -s and -d for one network, which nft asks for a range of
                    // in two.
                    if (hasData && ((last == Loaded.Fragment && !IsZero(data)) || (last == Loaded.Address && !IsEquality(data))))
                    {
                        return false;
                    }

                    break;
                case var _ when name.SequenceEqual("range"u8):
                    // Ports; a range of addresses is the iprange match's.
                    if (last != Loaded.Ports)
                    {
                        return false;
                    }

                    break;
                // "match" and "target" are iptables' extensions; what is not here makes iptables-nft call the table incompatible, or fail.
                case var _ when name.SequenceEqual("match"u8) || name.SequenceEqual("target"u8) || name.SequenceEqual("bitwise"u8)
                    || name.SequenceEqual("immediate"u8) || name.SequenceEqual("counter"u8) || name.SequenceEqual("limit"u8)
                    || name.SequenceEqual("log"u8):
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static Loaded Payload(NetlinkAttribute data, bool v6)
    {
        uint header = uint.MaxValue, offset = uint.MaxValue, length = 0;
        foreach (var part in data.Children)
        {
            switch (part.Type)
            {
                case NFTA_PAYLOAD_BASE:
                    header = part.AsUInt32BigEndian();
                    break;
                case NFTA_PAYLOAD_OFFSET:
                    offset = part.AsUInt32BigEndian();
                    break;
                case NFTA_PAYLOAD_LEN:
                    length = part.AsUInt32BigEndian();
                    break;
                case NFTA_PAYLOAD_SREG:
                    // It writes to the packet.
                    return Loaded.Foreign;
            }
        }

        return (header, offset, length, v6) switch
        {
            // Source and destination (as many bytes as the prefix needs), protocol, time to live, fragment offset.
            (NetworkHeader, 12 or 16, >= 1 and <= 4, false) or (NetworkHeader, 8 or 24, >= 1 and <= 16, true) => Loaded.Address,
            (NetworkHeader, 9 or 8, 1, false) or (NetworkHeader, 6 or 7, 1, true) => Loaded.Other,
            (NetworkHeader, 6, 2, false) => Loaded.Fragment,
            (TransportHeader, 0 or 2, 2, _) or (TransportHeader, 0, 4, _) => Loaded.Ports,
            // ICMP's type, TCP's flags.
            (TransportHeader, 0 or 13, 1, _) => Loaded.Other,
            _ => Loaded.Foreign,
        };
    }

    private static bool IsOwnMeta(NetlinkAttribute data)
    {
        uint key = uint.MaxValue;
        bool writes = false;
        foreach (var part in data.Children)
        {
            key = part.Type == NFTA_META_KEY ? part.AsUInt32BigEndian() : key;
            writes |= part.Type == NFTA_META_SREG;
        }

        return writes ? key == NFT_META_NFTRACE
            : key is NFT_META_MARK or NFT_META_IIF or NFT_META_OIF or NFT_META_IIFNAME or NFT_META_OIFNAME or NFT_META_L4PROTO
            or NFT_META_PKTTYPE;
    }

    private static bool IsEquality(NetlinkAttribute compare)
    {
        foreach (var part in compare.Children)
        {
            if (part.Type == NFTA_CMP_OP)
            {
                return part.AsUInt32BigEndian() is NFT_CMP_EQ or NFT_CMP_NEQ;
            }
        }

        return true;
    }

    private static bool IsZero(NetlinkAttribute compare)
    {
        foreach (var part in compare.Children)
        {
            if (part.Type == NFTA_CMP_DATA)
            {
                foreach (var value in part.Children)
                {
                    if (value.Type == NFTA_DATA_VALUE && value.Payload.IndexOfAnyExcept((byte)0) >= 0)
                    {
                        return false;
                    }
                }
            }
        }

        return true;
    }

    // What the register was loaded with, as far as the next expression's meaning hangs on it.
    private enum Loaded
    {
        Other,
        Address,
        Ports,
        Fragment,
        Foreign,
    }
}
