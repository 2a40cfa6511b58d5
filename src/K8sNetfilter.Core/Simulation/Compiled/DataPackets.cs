using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>
/// Whether rules can tell a packet with data from those of a TCP handshake, by what a walk knows of both: the PSH flag, and the length.
/// What looks at other bytes, or counts, is open for the first packet already.
/// </summary>
internal static class DataPackets
{
    /// <summary>True where a rule of a table that later packets meet does.</summary>
    public static bool AreTold(IEnumerable<RulesetTable> tables)
    {
        // The nat table is for first packets alone.
        foreach (var chain in tables.Where(t => t.Name != "nat").SelectMany(t => t.Chains))
        {
            for (int i = 0; i < chain.Kept; i++)
            {
                // Few rules have such a match: most lines need not be taken apart.
                var line = chain.LineAt(i);
                if ((line.IsEmpty || line.IndexOf("--tcp-f"u8) >= 0 || line.IndexOf("--len"u8) >= 0) && IsTold(chain.RuleAt(i)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsTold(NetfilterRule rule)
    {
        foreach (var match in rule.Conditions)
        {
            if (match is LengthMatch || (match is TransportMatch { FlagsMask: { } mask } && (mask & TcpBits.Psh) != 0))
            {
                return true;
            }
        }

        return false;
    }
}
