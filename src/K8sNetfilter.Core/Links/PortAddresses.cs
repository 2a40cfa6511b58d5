using System.Net;

namespace K8sNetfilter.Links;

/// <summary>What is behind a bridge port.</summary>
/// <param name="Addresses">The addresses.</param>
/// <param name="Source">Who says so.</param>
internal sealed record PortAddresses(IPAddress[] Addresses, PortAddressSource Source);
