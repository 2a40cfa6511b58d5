using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables;

/// <summary>What makes a chain a base chain.</summary>
/// <param name="Type"><c>filter</c>, <c>nat</c> or <c>route</c>.</param>
/// <param name="Hook">The hook.</param>
/// <param name="Priority">Lower runs first.</param>
/// <param name="Policy">What becomes of a packet that no rule decides: Accept or Drop.</param>
/// <param name="Devices">The devices of a hook of devices; a name that ends in <c>*</c> means all that begin so.</param>
public sealed record NftChainHook(string Type, NftHook Hook, int Priority, NftVerdictCode Policy, string[] Devices)
{
    /// <summary>The kernel's own number of the hook (NFTA_HOOK_HOOKNUM).</summary>
    public uint Number { get; init; }

    /// <summary>Packets that came to its policy; null if they are not counted.</summary>
    public ulong? Packets { get; init; }

    /// <summary>Bytes that came to its policy; null if they are not counted.</summary>
    public ulong? Bytes { get; init; }
}
