using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;
using K8sNetfilter.Nftables.Expressions.Statements;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>What the rules of a table have in them anywhere.</summary>
internal static class RuleScan
{
    /// <summary>An expression has the kernel track connections.</summary>
    public static bool NeedsTracking(NftTable table) => Any(table, e =>
        e is CtExpression or CtWriteExpression or NatExpression or MasqueradeExpression or RedirectExpression or ConnlimitExpression
            or FlowOffloadExpression or SynproxyExpression or MatchExpression { Name: "conntrack" or "state" or "connmark" or "connbytes" }
            or ObjrefExpression { Type: NftObjectType.CtHelper or NftObjectType.CtTimeout or NftObjectType.CtExpectation });

    /// <summary>A rule may keep a packet from going on.</summary>
    public static bool MayStop(NftTable table)
    {
        if (Any(table, e => e is VerdictExpression { Verdict.Code: NftVerdictCode.Drop or NftVerdictCode.Queue or NftVerdictCode.Stolen }
            or RejectExpression or QueueExpression or FwdExpression or SynproxyExpression or TproxyExpression or TargetExpression
                or RawExpression))
        {
            return true;
        }

        foreach (var set in table.Sets)
        {
            for (int i = 0; set.IsVerdictMap && i < set.Elements.Count; i++)
            {
                if (set.Elements[i].Verdict.Code is NftVerdictCode.Drop or NftVerdictCode.Queue)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>A rule looks at the length, the TCP flags or what the packet carries.</summary>
    public static bool TellsData(NftTable table) => Any(table, e =>
        e is MetaExpression { Key: NftMetaKey.Length } or PayloadExpression { Base: NftPayloadBase.Inner }
            or PayloadExpression { Base: NftPayloadBase.Transport, Offset: >= 8 }
                or PayloadExpression { Base: NftPayloadBase.Network, Offset: 2 or 4 });

    private static bool Any(NftTable table, Func<NftExpression, bool> wanted)
    {
        foreach (var chain in table.Chains)
        {
            foreach (var rule in chain.Rules)
            {
                if (Array.Exists(rule.Expressions, e => wanted(e)))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
