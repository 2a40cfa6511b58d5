using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Baselines;

/// <summary>Whether packets reach a chain: whether a way of jumps leads to it from a base chain, which the kernel calls itself.</summary>
public static class ChainReach
{
    /// <summary>Walks the jumps backwards from <paramref name="chain"/>; each chain is looked at once.</summary>
    public static bool IsReached(NetfilterChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        var seen = new HashSet<NetfilterChain> { chain };
        var open = new Stack<NetfilterChain>(seen);
        while (open.TryPop(out var next))
        {
            if (next.IsBuiltIn)
            {
                return true;
            }

            foreach (var referrer in next.Referrers)
            {
                if (seen.Add(referrer))
                {
                    open.Push(referrer);
                }
            }
        }

        return false;
    }
}
