using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Links;
using K8sNetfilter.Services;

namespace K8sNetfilter.Diagnosis;

/// <summary>Where a pod's address is: behind which bridge, and behind which port of it.</summary>
/// <param name="Bridge">The bridge.</param>
/// <param name="Port">The port; null where only the bridge's subnet tells.</param>
public sealed record PodPlace(Bridge Bridge, BridgePort? Port)
{
    /// <summary>
    /// Finds the bridge that an address is behind: by the addresses of its ports, else by the bridge's own subnets. Null where there is
    /// none.
    /// </summary>
    public static PodPlace? Find(IEnumerable<Bridge> bridges, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(bridges);
        ArgumentNullException.ThrowIfNull(address);
        PodPlace? bySubnet = null;
        foreach (var bridge in bridges)
        {
            foreach (var port in bridge.Ports)
            {
                if (Array.IndexOf(port.Addresses, address) >= 0)
                {
                    return new PodPlace(bridge, port);
                }
            }

            foreach (string subnet in bridge.Address)
            {
                // The bridge's own address is the node's, no pod's.
                if (bySubnet is null && AddressPrefix.TryParse(subnet, out var prefix) && !prefix.IsSingle && prefix.Contains(address)
                    && !subnet.StartsWith(address + "/", StringComparison.Ordinal))
                {
                    bySubnet = new PodPlace(bridge, null);
                }
            }
        }

        return bySubnet;
    }

    /// <summary>Finds the bridge that an endpoint is behind, as <see cref="Find(IEnumerable{Bridge}, IPAddress)"/> does.</summary>
    public static PodPlace? Find(IEnumerable<Bridge> bridges, ServiceEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return Find(bridges, endpoint.Address);
    }

    /// <summary>Whether bridged packets of a family meet iptables on this bridge; null where the node does not say.</summary>
    public bool? IsEffective(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? Bridge.IPv6Netfilter : Bridge.IPv4Netfilter;
}
