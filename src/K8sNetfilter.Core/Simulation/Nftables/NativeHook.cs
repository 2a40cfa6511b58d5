using K8sNetfilter.Nftables;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>A base chain of nf_tables that a walk follows in the kernel's own expressions.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">The chain.</param>
internal sealed record NativeHook(NftTable Table, NftChain Chain)
{
    /// <summary>What makes it a base chain.</summary>
    public NftChainHook Base => Chain.Base!;

    /// <summary>As steps and reasons name it: <c>ip kube-proxy nat-prerouting</c>.</summary>
    public string Label => $"{Table} {Chain.Name}";
}
