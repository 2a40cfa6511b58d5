using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>
/// Whether rules have the kernel track connections: it does so once a rule needs it (nf_ct_netns_get in net/netfilter/nf_conntrack_proto.c,
/// called by the checkentry functions of these extensions). The nat table alone does not need it, and its rules are for tracked packets
/// only.
/// </summary>
internal static class TrackingDemand
{
    /// <summary>True where one of the rules needs it, or not all of them are known.</summary>
    public static bool IsIn(IEnumerable<RulesetTable> tables)
    {
        foreach (var chain in tables.SelectMany(t => t.Chains))
        {
            if (chain.Fault is not null)
            {
                return true;
            }

            for (int i = 0; i < chain.Kept; i++)
            {
                var rule = new RuleRef(chain, i);
                if (rule.IsUnread || (rule.JumpsTo is null && Needs(rule.Rule)) || NeedsByMatch(rule))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool Needs(NetfilterRule rule) => rule.Target switch
    {
        null => false,
        { Name: "DNAT" or "SNAT" or "MASQUERADE" or "REDIRECT" or "NETMAP" or "CONNMARK" or "CONNSECMARK" or "SYNPROXY" or "CLUSTERIP" } => true,
        { Name: "CT" } target => !target.Text.Contains("--notrack", StringComparison.Ordinal),
        _ => false,
    };

    private static bool NeedsByMatch(RuleRef rule) => rule.Rule.Conditions.Any(m =>
        m.Name is "conntrack" or "state" or "connmark" or "connbytes" or "connlabel" or "connlimit" or "helper" or "cluster");
}
