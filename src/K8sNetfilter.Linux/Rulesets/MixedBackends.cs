using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets;

/// <summary>What it means that both backends have rules.</summary>
internal static class MixedBackends
{
    /// <summary>Says it.</summary>
    public static string Describe(IPFamily family) =>
        $"{family}: both legacy and nft have rules, and every packet meets both. At each hook the tables run in the order raw, mangle, nat, filter, security, whichever "
        + "backend they are of; of the two tables of one name the one that was made last runs first (net/netfilter/core.c, nf_hook_entries_grow). "
        + "Get-NetfilterHook shows the order where the kernel tells it.";
}
