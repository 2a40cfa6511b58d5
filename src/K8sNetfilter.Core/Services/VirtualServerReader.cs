using System.Globalization;
using System.Net;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Services;

/// <summary>
/// Recovers the Services from IPVS's virtual servers, as /proc/net/ip_vs shows them (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show):
/// <code>
/// TCP  0A600001:01BB rr persistent 2700000 FFFFFFFF
///   -> C0A80A0A:192B      Masq    1      0          0
/// </code>
/// IPVS knows no names, and what an address is for only by where it stands: kube-proxy puts every Service's address, and no node's, on
/// the interface kube-ipvs0 (kubernetes/pkg/proxy/ipvs/proxier.go).
/// </summary>
public static class VirtualServerReader
{
    /// <summary>The interface that kube-proxy puts the Services' addresses on.</summary>
    public const string Interface = "kube-ipvs0";

    /// <summary>The interfaces that Services' addresses are put on: kube-proxy's, and kube-router's.</summary>
    public static IReadOnlyList<string> Interfaces { get; } = [Interface, "kube-dummy-if"];

    /// <summary>How the text begins.</summary>
    public const string Heading = "IP Virtual Server";

    // --service-node-port-range.
    private const int FirstNodePort = 30000;
    private const int LastNodePort = 32767;

    /// <summary>Reads the text. A line that is not of its shape is passed by, with the real servers that follow a virtual one.</summary>
    /// <param name="lines">Its lines.</param>
    /// <param name="serviceAddresses">The addresses of kube-ipvs0; null where they are not known, and node ports are told by their number.</param>
    public static IEnumerable<NodeService> Read(IEnumerable<string> lines, IReadOnlySet<IPAddress>? serviceAddresses)
    {
        ArgumentNullException.ThrowIfNull(lines);
        NodeService? open = null;
        bool isEven = false, isWeighted = false;
        var servers = new List<(ServiceEndpoint Endpoint, long Weight)>();
        foreach (string line in lines)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["->", var place, var forward, var weight, ..])
            {
                // The two heading lines have no numbers there.
                if (open is not null && TryPlace(place, out var address, out int port) && long.TryParse(weight, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long share))
                {
                    open = forward == "Masq" ? open : open with { IsDirect = true };
                    servers.Add((new ServiceEndpoint { Address = address, Port = port, Chain = null }, share));
                }

                continue;
            }

            if (open is not null)
            {
                yield return Finish(open, servers, isEven, isWeighted);
            }

            open = null;
            servers.Clear();
            if (words is [("TCP" or "UDP" or "SCTP") and var protocol, var at, var scheduler, .. var flags] && TryPlace(at, out var ip, out int service))
            {
                open = Service(protocol, ip, service, flags, serviceAddresses);
                // Round robin and random take each in turn; weighted round robin by weight. Others follow connections or hashes.
                isEven = scheduler is "rr";
                isWeighted = scheduler is "wrr";
            }
        }

        if (open is not null)
        {
            yield return Finish(open, servers, isEven, isWeighted);
        }
    }

    private static NodeService Service(string protocol, IPAddress ip, int port, string[] flags, IReadOnlySet<IPAddress>? serviceAddresses)
    {
        bool isNodePort = serviceAddresses is null ? port is >= FirstNodePort and <= LastNodePort : !serviceAddresses.Contains(ip);
        return new NodeService
        {
            // External and load balancers' addresses are on kube-ipvs0 too: only the ip sets tell them apart.
            Type = isNodePort ? NodeServiceType.NodePort : NodeServiceType.ClusterIP,
            Address = ip,
            Port = port,
            Protocol = protocol.ToLowerInvariant(),
            ProxyMode = KubeProxyMode.Ipvs,
            Family = ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? IPFamily.IPv6 : IPFamily.IPv4,
            // svc->timeout is in the kernel's ticks, and the text does not say how many make a second (CONFIG_HZ).
            Affinity = Array.IndexOf(flags, "persistent") >= 0 ? TimeSpan.MaxValue : null,
        };
    }

    // A real server of weight 0 gets no new connections: kube-proxy leaves it until those that it has are done.
    private static NodeService Finish(NodeService service, List<(ServiceEndpoint Endpoint, long Weight)> servers, bool isEven, bool isWeighted)
    {
        double all = servers.Sum(s => Math.Max(0d, s.Weight));
        int taken = servers.Count(s => s.Weight > 0);
        return service with
        {
            EndpointDetails =
            [
                .. servers.Select(s => s.Endpoint with
                {
                    Weight = s.Weight <= 0 ? 0 : isEven ? Math.Round(1d / taken, 4) : isWeighted ? Math.Round(s.Weight / all, 4) : null,
                }),
            ],
            // The kernel answers a call to a virtual server without real ones (ip_vs_leave: ICMP port unreachable).
            Refusal = taken == 0 ? "REJECT" : null,
        };
    }

    // C0A80A0A:192B, [fd00:0010:0244:0000:0000:0000:0000:0002]:1F90
    private static bool TryPlace(string text, out IPAddress address, out int port)
    {
        address = IPAddress.None;
        port = 0;
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || text.Length - colon != 5 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out port))
        {
            return false;
        }

        var at = text.AsSpan(0, colon);
        if (at[0] == '[')
        {
            return at[^1] == ']' && IPAddress.TryParse(at[1..^1], out address!) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        }

        if (at.Length != 8 || !uint.TryParse(at, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint bits))
        {
            return false;
        }

        address = new IPAddress([(byte)(bits >> 24), (byte)(bits >> 16), (byte)(bits >> 8), (byte)bits]);
        return true;
    }
}
