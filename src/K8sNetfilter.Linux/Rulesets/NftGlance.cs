using System.Runtime.CompilerServices;
using K8sNetfilter.Hooks;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// A glance at a rule of nf_tables: its verdict, and whether it may change anything. An expression that is not known here may.
/// </summary>
internal static class NftGlance
{
    private const int NF_DROP = 0;
    private const int NF_ACCEPT = 1;
    private const int NFTA_LOOKUP_DREG = 3;
    private const int NFTA_PAYLOAD_SREG = 5;
    private const int NFTA_OBJREF_IMM_TYPE = 1;
    private const int NFTA_TARGET_NAME = 1;
    private const uint NFT_META_PRIORITY = 2;
    private const uint NFT_META_NFTRACE = 12;
    private const uint NFT_OBJECT_COUNTER = 1;
    private const uint NFT_OBJECT_QUOTA = 2;
    private const uint NFT_OBJECT_LIMIT = 4;

    /// <summary>Looks at one message of a rule dump.</summary>
    public static ChainRule Read(NetlinkMessage rule)
    {
        var glance = default(ChainRule);
        foreach (var attribute in rule.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            if (attribute.Type == NFTA_RULE_EXPRESSIONS)
            {
                foreach (var element in attribute.Children)
                {
                    Add(element, ref glance);
                }
            }
        }

        return glance;
    }

    private static void Add(NetlinkAttribute element, ref ChainRule glance)
    {
        bool hasData = NftExpression.TryRead(element, out var name, out var data);
        switch (name)
        {
            case var _ when name.SequenceEqual("counter"u8) || name.SequenceEqual("log"u8) || name.SequenceEqual("last"u8)
                || name.SequenceEqual("bitwise"u8) || name.SequenceEqual("byteorder"u8) || name.SequenceEqual("numgen"u8)
                || name.SequenceEqual("hash"u8):
                break;
            case var _ when name.SequenceEqual("immediate"u8):
                glance = hasData ? Immediate(data, glance) : glance;
                break;
            case var _ when name.SequenceEqual("reject"u8):
                glance = glance with { Verdict = ChainRuleVerdict.Reject };
                break;
            case var _ when name.SequenceEqual("lookup"u8):
                // Into the verdict's register: the map's elements are verdicts.
                glance = hasData && Number(data, NFTA_LOOKUP_DREG) == NFT_REG_VERDICT
                    ? glance with { IsConditional = true, Verdict = ChainRuleVerdict.Jump, Target = null }
                    : glance with { IsConditional = true };
                break;
            case var _ when name.SequenceEqual("payload"u8):
                bool changes = glance.Changes || !hasData || Number(data, NFTA_PAYLOAD_SREG) is not null;
                glance = glance with { IsConditional = true, Changes = changes };
                break;
            case var _ when name.SequenceEqual("meta"u8):
                bool writes = hasData && Number(data, NFTA_META_SREG) is not null;
                writes = writes && Number(data, NFTA_META_KEY) is not (NFT_META_NFTRACE or NFT_META_PRIORITY);
                glance = glance with { Changes = glance.Changes || writes };
                break;
            case var _ when name.SequenceEqual("ct"u8):
                bool sets = glance.Changes || !hasData || Number(data, NFTA_CT_SREG) is not null;
                glance = glance with { IsConditional = true, Changes = sets };
                break;
            case var _ when name.SequenceEqual("objref"u8):
                uint? kind = hasData ? Number(data, NFTA_OBJREF_IMM_TYPE) : null;
                glance = kind == NFT_OBJECT_COUNTER ? glance
                    : glance with { IsConditional = true, Changes = glance.Changes || kind is not (NFT_OBJECT_QUOTA or NFT_OBJECT_LIMIT) };
                break;
            // A changed option of TCP (the maximum segment size) sends a packet nowhere else.
            case var _ when name.SequenceEqual("cmp"u8) || name.SequenceEqual("range"u8) || name.SequenceEqual("limit"u8)
                || name.SequenceEqual("quota"u8) || name.SequenceEqual("connlimit"u8) || name.SequenceEqual("fib"u8)
                || name.SequenceEqual("rt"u8) || name.SequenceEqual("socket"u8) || name.SequenceEqual("osf"u8)
                || name.SequenceEqual("exthdr"u8) || name.SequenceEqual("xfrm"u8) || name.SequenceEqual("dynset"u8)
                || name.SequenceEqual("match"u8):
                glance = glance with { IsConditional = true };
                break;
            case var _ when name.SequenceEqual("target"u8) && hasData && IsHarmless(data):
                break;
            default:
                glance = glance with { Changes = true };
                break;
        }
    }

    private static ChainRule Immediate(NetlinkAttribute data, ChainRule glance)
    {
        if (Number(data, NFTA_IMMEDIATE_DREG) != NFT_REG_VERDICT)
        {
            return glance;
        }

        foreach (var value in data.Children)
        {
            if (value.Type != NFTA_IMMEDIATE_DATA)
            {
                continue;
            }

            foreach (var verdict in value.Children)
            {
                if (verdict.Type == NFTA_DATA_VERDICT)
                {
                    return Verdict(verdict, glance);
                }
            }
        }

        return glance;
    }

    private static ChainRule Verdict(NetlinkAttribute verdict, ChainRule glance)
    {
        int code = NFT_CONTINUE;
        string? chain = null;
        foreach (var part in verdict.Children)
        {
            code = part.Type == NFTA_VERDICT_CODE ? (int)part.AsUInt32BigEndian() : code;
            chain = part.Type == NFTA_VERDICT_CHAIN ? part.AsText() : chain;
        }

        return code switch
        {
            NF_ACCEPT => glance with { Verdict = ChainRuleVerdict.Accept },
            NF_DROP => glance with { Verdict = ChainRuleVerdict.Drop },
            NFT_RETURN => glance with { Verdict = ChainRuleVerdict.Return },
            NFT_CONTINUE => glance,
            NFT_JUMP or NFT_GOTO => glance with { Verdict = ChainRuleVerdict.Jump, Target = chain },
            _ => glance with { Changes = true },
        };
    }

    // Extensions of iptables that only report.
    private static bool IsHarmless(NetlinkAttribute target)
    {
        foreach (var part in target.Children)
        {
            if (part.Type == NFTA_TARGET_NAME)
            {
                var name = part.Payload.TrimEnd((byte)0);
                return name.SequenceEqual("LOG"u8) || name.SequenceEqual("NFLOG"u8) || name.SequenceEqual("TRACE"u8)
                    || name.SequenceEqual("TCPMSS"u8) || name.SequenceEqual("AUDIT"u8);
            }
        }

        return false;
    }

    private static uint? Number(NetlinkAttribute data, int type)
    {
        foreach (var part in data.Children)
        {
            if (part.Type == type)
            {
                return part.AsUInt32BigEndian();
            }
        }

        return null;
    }
}
