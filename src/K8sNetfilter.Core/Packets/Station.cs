namespace K8sNetfilter.Packets;

/// <summary>What is behind a port of a bridge.</summary>
/// <param name="Bridge">The bridge.</param>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
internal sealed record Station(string Bridge, Bits128 Address, string Port);
