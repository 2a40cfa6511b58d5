using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Links;

namespace K8sNetfilter.Forwarding;

/// <summary>Reads what a node says of its link layer into the network that a walk looks things up in.</summary>
internal static class NodeLayer2Reader
{
    public static void Read(
        ForwardingModel network, ILinkSource source, IReadOnlyList<Link> links, Bits128Map<Link> byIndex, Action<string> warn,
        CancellationToken cancellation)
    {
        var into = network.Layer2;
        if (source.ReadNeighbors(warn, cancellation) is { } neighbors)
        {
            into.KnowsNeighbors = true;
            foreach (var neighbor in neighbors)
            {
                if (byIndex.Find((uint)neighbor.LinkIndex) is { } link)
                {
                    into.Add(link.Name, IPFamilies.Of(neighbor.IPAddress.AddressFamily), AddressBits.From(neighbor.IPAddress), neighbor);
                }
            }
        }

        if (links.Any(l => l.Bridge is not null || l.Kind == "bridge") && source.ReadForwardingEntries(warn, cancellation) is { } entries)
        {
            into.KnowsForwarding = true;
            foreach (var entry in entries)
            {
                if (byIndex.Find((uint)entry.LinkIndex) is not { } port)
                {
                    continue;
                }

                // A bridge's entry for itself names no bridge in some versions of bridge(8).
                var bridge = entry.BridgeIndex is { } number ? byIndex.Find((uint)number) : null;
                if (bridge is not null && !entry.IsSelf)
                {
                    into.Add(bridge.Name, port.Name, entry);
                }
            }
        }

        var pairs = links.Where(l => l is { Kind: "veth", PeerNamespaceId: not null }).ToList();
        if (pairs.Count == 0)
        {
            return;
        }

        var ends = source.ReadPeerLinks(pairs, cancellation);
        var addresses = source.ReadPeerAddresses(pairs, warn, cancellation);
        foreach (var pair in pairs)
        {
            var end = ends?.GetValueOrDefault(pair.Index);
            var own = addresses?.GetValueOrDefault(pair.Index);
            if (end is not null || own is not null)
            {
                into.Add(pair.Name, new LinkPeer(
                    end?.MacAddress, end?.Mtu ?? 0,
                    own?.Select(a => new InterfaceAddress(
                        IPFamilies.Of(a.IPAddress.AddressFamily), AddressBits.From(a.IPAddress), a.PrefixLength, (byte)a.Scope, false))
                        .ToList()) { IsNoArp = end?.IsNoArp == true }, pair.MasterIndex);
            }
        }
    }
}
