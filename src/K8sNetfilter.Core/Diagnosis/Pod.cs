using K8sNetfilter.Packets;

namespace K8sNetfilter.Diagnosis;

/// <summary>A pod as the node's links and routes show it.</summary>
/// <param name="Kind">How the node reaches it.</param>
/// <param name="Address">Its address.</param>
/// <param name="Bridge">The bridge that it is behind; null for none.</param>
/// <param name="Link">The bridge port or link that leads to it; null where that is not known.</param>
internal sealed record Pod(PodKind Kind, Bits128 Address, string? Bridge, string? Link);
