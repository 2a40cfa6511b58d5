using K8sNetfilter.Addressing;

namespace K8sNetfilter.Forwarding;

/// <summary>What is behind a port of a bridge.</summary>
/// <param name="Bridge">The bridge.</param>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
internal sealed record BridgedAddress(string Bridge, Bits128 Address, string Port);
