using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>
/// Whether rules may keep a later packet of a connection whose first packet and answer they let through. Where they can't, as with
/// kube-proxy's own rules, no walk need look at it.
/// </summary>
internal static class LaterPackets
{
    /// <summary>True where a policy or a rule that later packets may meet keeps packets.</summary>
    public static bool MayBeStopped(WalkHook[][] hooks) =>
        MayStop([.. hooks.Select(h => h.Where(e => e.Kind != WalkHookKind.Other).ToArray())], IsForOthers);

    /// <summary>True where a policy, a rule or a chain that is not walked may keep packets.</summary>
    /// <param name="hooks">What stands on each hook.</param>
    /// <param name="isForOthers">Whether a rule is for other packets alone.</param>
    public static bool MayStop(WalkHook[][] hooks, Func<NetfilterRule, bool> isForOthers)
    {
        var seen = new HashSet<NetfilterChain>();
        foreach (var hook in hooks.SelectMany(h => h))
        {
            if (hook.Kind == WalkHookKind.Other
                || (hook.Kind == WalkHookKind.Chain && (hook.Policy != "ACCEPT" || MayStop(hook.Chain!, seen, isForOthers))))
            {
                return true;
            }
        }

        return false;
    }

    private static bool MayStop(CompiledChain first, HashSet<NetfilterChain> seen, Func<NetfilterRule, bool> isForOthers)
    {
        var open = new Stack<CompiledChain>();
        open.Push(first);
        while (open.TryPop(out var chain))
        {
            if (!seen.Add(chain.Chain))
            {
                continue;
            }

            if (chain.Chain.Fault is not null)
            {
                return true;
            }

            for (int i = 0; i < chain.Count; i++)
            {
                var rule = chain[i];
                switch (rule.Target.Action)
                {
                    case WalkAction.Jump or WalkAction.Goto when !isForOthers(rule.Rule):
                        open.Push(rule.Target.Chain!);
                        break;
                    case WalkAction.Unread:
                        return true;
                    case WalkAction.Drop or WalkAction.Reject or WalkAction.Queue or WalkAction.Tproxy or WalkAction.Unknown when !isForOthers(rule.Rule):
                        return true;
                }
            }
        }

        return false;
    }

    // A rule for new or invalid packets alone.
    private static bool IsForOthers(NetfilterRule rule)
    {
        foreach (var match in rule.Conditions)
        {
            if (match is ConntrackMatch { States: { } states } tracked
                && ((states & ConntrackStates.Established) == 0) != tracked.StatesNegated)
            {
                return true;
            }
        }

        return false;
    }
}
