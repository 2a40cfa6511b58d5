using K8sNetfilter.Nftables;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>A chain that a packet is in.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Next">The rule to look at next, from 0.</param>
internal readonly record struct NativeFrame(NftChain Chain, int Next);
