using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;

namespace K8sNetfilter.Listeners;

/// <summary>What is known of the namespace at a link's other end, made ready once for all walks.</summary>
internal sealed class KnownPod
{
    private readonly Bits128Map<IPAddress>? _addresses;
    private readonly int[] _counts = [0, 0];

    public KnownPod(PodListeners? found)
    {
        Found = found;
        Routes = found?.Ways is { } ways ? new PodRoutes(ways) : null;
        _addresses = found?.Addresses is null ? null : new();
        foreach (var address in found?.Addresses ?? [])
        {
            _addresses!.Set(AddressBits.From(address), address);
            if (!IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal)
            {
                _counts[address.AddressFamily == AddressFamily.InterNetworkV6 ? 1 : 0]++;
            }
        }
    }

    /// <summary>What was read; null where it could not be.</summary>
    public PodListeners? Found { get; }

    /// <summary>Its own routes; null where they are not known, or more than the destination chooses among them.</summary>
    public PodRoutes? Routes { get; }

    /// <summary>Whether it has an address; null where its addresses are not known.</summary>
    public bool? Has(Bits128 address) => _addresses is null ? null : _addresses.Find(address) is not null;

    /// <summary>The link layer address that somebody set there for a neighbour; null where nobody did.</summary>
    public string? FixedMac(int index, Bits128 address)
    {
        for (int i = 0; i < (Found?.FixedNeighbors?.Count ?? 0); i++)
        {
            var neighbor = Found!.FixedNeighbors![i];
            if (neighbor.MacAddress is not null && (index == 0 || neighbor.LinkIndex == index)
                && AddressBits.From(neighbor.IPAddress) == address)
            {
                return neighbor.MacAddress;
            }
        }

        return null;
    }

    /// <summary>It has more than one address of a family that others reach.</summary>
    public bool HasSeveral(IPFamily family) => _counts[family.Index] > 1;
}
