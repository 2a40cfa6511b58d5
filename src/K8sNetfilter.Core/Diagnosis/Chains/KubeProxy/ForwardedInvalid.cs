using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Rulesets.Parts.Targets;

namespace K8sNetfilter.Diagnosis.Chains.KubeProxy;

/// <summary>
/// KUBE-FORWARD's rule against packets that conntrack does not take for part of a connection. Without it an endpoint's packet outside of
/// the TCP window is forwarded as it is, from the endpoint's own address, and the client answers RST, which ends the connection (kubernetes
/// issue 74839). kube-proxy has it since 1.15, and since 1.29 only where net.netfilter.nf_conntrack_tcp_be_liberal is 0: with 1 no packet
/// is outside of the window.
/// </summary>
internal static class ForwardedInvalid
{
    // Chains that came after the rule did: 1.17, 1.21, 1.26.
    private static readonly string[] Later = ["KUBE-PROXY-CANARY", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL"];

    // IPVS translates by itself; its KUBE-FORWARD has another shape.
    private static readonly string[] Ipvs = ["KUBE-IPVS-FILTER", "KUBE-SOURCE-RANGES-FIREWALL", "KUBE-NODE-PORT"];

    /// <summary>Looks for the rule.</summary>
    public static IEnumerable<ChainFault> Look(NetfilterChain chain, TableSet place)
    {
        if (chain.RuleCount == 0 || TableSet.HasAny(chain.Owner, Ipvs) || place.IsTcpLiberal == true
            || !TableSet.HasAny(chain.Owner, Later) || Drops(chain))
        {
            yield break;
        }

        string effect = KubeProxyMessages.ForwardedInvalidEffect;
        string sentence = place.IsTcpLiberal == false
            ? KubeProxyMessages.HasNoRuleThatDrops(chain.Name, effect)
            : KubeProxyMessages.HasNoRuleThatDropsINVALID(chain.Name, effect);
        yield return new ChainFault(ChainCause.RuleMissing, sentence,
            RuleEdit.First(chain.Name, "-m conntrack --ctstate INVALID -j DROP")) { IsOpen = place.IsTcpLiberal is null };
    }

    // In the chain itself, or anywhere that forwarded packets come to.
    private static bool Drops(NetfilterChain chain)
    {
        NetfilterChain[] from = chain.Owner.FindChain("FORWARD") is { } forward ? [chain, forward] : [chain];
        foreach (var one in TableSet.Reach(from))
        {
            foreach (var rule in one.Rules)
            {
                if (!rule.Jumps && rule.Line.IndexOf("INVALID"u8) >= 0 && DropsInvalid(rule.Rule))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool DropsInvalid(NetfilterRule rule) =>
        (rule.Target is RejectTarget || rule.Target?.Kind == RuleTargetKind.Drop)
        && rule.Conditions.Any(m => m is ConntrackMatch { StatesNegated: false, States: { } states }
            && states.HasFlag(ConntrackStates.Invalid))
        && !rule.Conditions.Any(m => m is AddressMatch or InterfaceMatch or ProtocolMatch or MarkMatch);
}
