using K8sNetfilter.Addressing;

namespace K8sNetfilter.Forwarding;

/// <summary>The other end of a veth pair, in a pod.</summary>
/// <param name="Mac">Its link layer address; null where that is not known.</param>
/// <param name="Mtu">The largest packet that it takes; 0 where that is not known.</param>
/// <param name="Addresses">Its addresses, of both families; null where they are not known.</param>
internal sealed record LinkPeer(string? Mac, int Mtu, IReadOnlyList<InterfaceAddress>? Addresses)
{
    /// <summary>It looks for no neighbours (<c>ip link set arp off</c>).</summary>
    public bool IsNoArp { get; init; }

    /// <summary>True where the address is known to be there.</summary>
    public bool Has(IPFamily family, Bits128 address)
    {
        for (int i = 0; i < (Addresses?.Count ?? 0); i++)
        {
            var own = Addresses![i];
            if (own.Family == family && own.Address == address)
            {
                return true;
            }
        }

        return false;
    }
}
