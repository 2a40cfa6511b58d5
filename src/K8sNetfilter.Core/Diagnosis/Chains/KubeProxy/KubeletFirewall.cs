using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Chains.KubeProxy;

/// <summary>
/// The two rules of KUBE-FIREWALL, which every packet to the node and from it meets. Tools that do not understand each other's rules have
/// lost the condition of the first one (kubernetes issue 112477): then it drops everything.
/// </summary>
internal static class KubeletFirewall
{
    private const string MarkComment = "kubernetes firewall for dropping marked packets";
    private const string LoopbackComment = "block incoming localnet connections";
    private const string MarkRule = $"-m comment --comment \"{MarkComment}\" -m mark --mark 0x8000/0x8000 -j DROP";
    private const string LoopbackRule =
        $"! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment \"{LoopbackComment}\" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP";

    private static readonly AddressPrefix Loopback = new(IPFamily.IPv4, 0x7F000000, 8);

    /// <summary>Looks at the chain's rules.</summary>
    public static IEnumerable<ChainFault> Look(NetfilterChain chain, TableSet place)
    {
        foreach (var rule in chain.GetRules())
        {
            if (rule.Target?.Kind != RuleTargetKind.Drop || rule.IsUnread)
            {
                continue;
            }

            bool isLoopback = rule.Comment == LoopbackComment;
            string? effect = isLoopback ? OfLoopback(rule) : OfMark(rule);
            if (effect is not null)
            {
                yield return new ChainFault(
                    ChainCause.RuleChanged,
                    KubeProxyMessages.RuleDoes(Printable.Text(rule.Bare, 200), rule.Number, chain.Name, effect),
                    new RuleEdit(RuleEditKind.Replace, chain.Name, rule.Number, isLoopback ? LoopbackRule : MarkRule));
            }
        }
    }

    // A rule of somebody else's with conditions of its own is meant.
    private static string? OfMark(NetfilterRule rule)
    {
        var conditions = rule.Conditions.Where(m => m is not CommentMatch).ToList();
        return conditions.TrueForAll(m => m is MarkMatch { IsConnection: false } mark && mark.IsMetBy(0))
            ? KubeProxyMessages.DoesNotAskForMark
            : null;
    }

    private static string? OfLoopback(NetfilterRule rule)
    {
        var matches = rule.Conditions;
        bool asksState = matches.Any(m => m is ConntrackMatch { StatesNegated: true, States: { } states }
            && states.HasFlag(ConntrackStates.Established));
        if (!matches.Any(m => m is AddressMatch { IsSource: false, Negated: false, Value.Prefix: { } to } && to == Loopback))
        {
            return asksState ? KubeProxyMessages.DoesNotAskForDestination
                : KubeProxyMessages.DoesNotAskForDestination127;
        }

        if (!matches.Any(m => m is AddressMatch { IsSource: true, Negated: true, Value.Prefix: { } from } && from == Loopback))
        {
            return KubeProxyMessages.DoesNotLeaveOutSource;
        }

        return asksState ? null : KubeProxyMessages.DoesNotLeaveOutEstablished;
    }
}
