using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Rulesets.Parts.Targets;
using K8sNetfilter.Services;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Chains.KubeProxy;

/// <summary>
/// What stands before the jump to KUBE-POSTROUTING and lets a marked packet leave as it is: flannel's rules for traffic between pods, where
/// they accept. A pod that calls its own Service then gets the call from its own address. Tried with the addresses of the endpoints: what a
/// rule asks of a packet that is not known decides nothing.
/// </summary>
internal static class MasqueradeOrder
{
    private const string Jump = "-m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING";
    private const int MostRules = 500;
    private const int MostEndpoints = 2000;
    private const int MostChains = 32;

    private enum End
    {
        Falls,
        Leaves,
        Open,
    }

    /// <summary>Looks at what comes before the chain.</summary>
    public static IEnumerable<ChainFault> Look(NetfilterChain chain, TableSet place)
    {
        if (chain.Owner.FindChain("POSTROUTING") is not { } hook || Before(hook, chain) is not { Count: > 0 } ahead)
        {
            yield break;
        }

        var known = new Dictionary<NetfilterRule, RuleMatch[]>();
        uint mark = Mark(chain.Owner);
        foreach (var address in Endpoints(chain.Owner))
        {
            if (Walk(ahead, new MarkedCall(address, mark, known), isHook: true, 0, out var by) != End.Leaves)
            {
                continue;
            }

            var packet = AddressBits.ToAddress(address, chain.Family);
            int at = ahead.Count + 1;
            yield return new ChainFault(
                ChainCause.Shadowed,
                KubeProxyMessages.RuleOfLetsCallOf(Printable.Text(by!.Bare, 200), by.Number, Printable.Text(by.Chain), packet, chain.Name, at),
                RuleEdit.First("POSTROUTING", Jump),
                RuleEdit.Delete("POSTROUTING", at + 1));
            yield break;
        }
    }

    // The rules before the jump, as far as any of them can end a packet's way; null where there is no jump.
    private static List<NetfilterRule>? Before(NetfilterChain hook, NetfilterChain to)
    {
        var rules = new List<NetfilterRule>();
        foreach (var rule in hook.Rules)
        {
            if (rule.JumpsTo == to)
            {
                return rules;
            }

            if (rules.Count == MostRules)
            {
                return null;
            }

            rules.Add(rule.Rule);
        }

        return null;
    }

    private static uint Mark(RulesetTable table) =>
        table.FindChain("KUBE-MARK-MASQ")?.GetRules().Select(r => r.Target).OfType<MarkTarget>().FirstOrDefault()?.Apply(0) ?? 0x4000;

    // -A KUBE-SEP-... -s 10.244.0.3/32 -j KUBE-MARK-MASQ
    private static IEnumerable<Bits128> Endpoints(RulesetTable table)
    {
        var family = table.Family;
        var seen = new HashSet<Bits128>();
        foreach (var chain in table.Chains)
        {
            if (seen.Count == MostEndpoints)
            {
                yield break;
            }

            foreach (var rule in chain.Name.StartsWith(KubeProxyChain.EndpointPrefix, StringComparison.Ordinal) ? chain.Rules : default)
            {
                if (rule.JumpsTo?.Name == "KUBE-MARK-MASQ" && RuleFields.TryRead(rule.Line, out var glance) && !glance.SourceNegated
                    && AddressBits.TryParsePrefix(glance.Source, family, out var address, out var mask)
                    && mask == AddressBits.Mask(128, family) && seen.Add(address))
                {
                    yield return address;
                }
            }
        }
    }

    private static End Walk(IEnumerable<NetfilterRule> rules, MarkedCall call, bool isHook, int depth, out NetfilterRule? by)
    {
        by = null;
        foreach (var rule in rules)
        {
            var meets = call.Meets(rule);
            if (rule.Target is null or { Name: "LOG" or "NFLOG" } || meets == MatchOutcome.No)
            {
                continue;
            }

            if (meets == MatchOutcome.Unknown || rule.IsUnread || rule.Target.Kind == RuleTargetKind.Goto)
            {
                // A rule that decides, and is met or not: nothing is known from here on.
                return End.Open;
            }

            if (rule.JumpsTo is { } next)
            {
                var end = depth == MostChains ? End.Open : Walk(next.GetRules(), call, isHook: false, depth + 1, out by);
                if (end != End.Falls)
                {
                    return end;
                }

                continue;
            }

            switch (rule.Target.Kind)
            {
                case RuleTargetKind.Accept:
                case RuleTargetKind.Return when isHook:
                    by = rule;
                    // A rule that takes everything is a wall, which is said elsewhere.
                    return rule.Conditions.All(m => m is CommentMatch) && isHook ? End.Open : End.Leaves;
                case RuleTargetKind.Return:
                    return End.Falls;
                default:
                    return End.Open;
            }
        }

        return End.Falls;
    }

    /// <summary>
    /// A pod's call to its own Service, when it leaves: from its address to its address, with the mark to be masqueraded.
    /// </summary>
    private sealed class MarkedCall(Bits128 address, uint mark, Dictionary<NetfilterRule, RuleMatch[]> known)
    {
        public MatchOutcome Meets(NetfilterRule rule)
        {
            if (!known.TryGetValue(rule, out var matches))
            {
                known.Add(rule, matches = rule.Conditions);
            }

            var outcome = MatchOutcome.Yes;
            foreach (var match in matches)
            {
                bool? met = match switch
                {
                    CommentMatch => true,
                    AddressMatch of => of.IsMetBy(address),
                    MarkMatch { IsConnection: false } of => of.IsMetBy(mark),
                    _ => null,
                };
                if (met == false)
                {
                    return MatchOutcome.No;
                }

                outcome = met is null ? MatchOutcome.Unknown : outcome;
            }

            return outcome;
        }
    }
}
