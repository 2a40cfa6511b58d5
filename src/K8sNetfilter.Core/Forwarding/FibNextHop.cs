using K8sNetfilter.Addressing;

namespace K8sNetfilter.Forwarding;

/// <summary>One of several ways out of a route, of which a hash of the packet chooses one.</summary>
/// <param name="Device">The interface; null where it is not known.</param>
/// <param name="Gateway">The router; null where the destination is on the link.</param>
internal sealed record FibNextHop(string? Device, Bits128? Gateway);
