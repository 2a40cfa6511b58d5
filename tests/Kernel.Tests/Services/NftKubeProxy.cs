using System.Globalization;
using System.Text;
using K8sNetfilter.Tests.KubeProxy;

namespace K8sNetfilter.Tests.Services;

/// <summary>The table that kube-proxy's nftables mode makes (pkg/proxy/nftables/proxier.go), in the words of nft(8).</summary>
internal static class NftKubeProxy
{
    public static string Write(IEnumerable<KubeProxyService> services, bool isV6)
    {
        string ip = isV6 ? "ip6" : "ip", address = isV6 ? "ipv6_addr" : "ipv4_addr", pods = isV6 ? "fd00:10:244::/64" : "10.244.0.0/16";
        string serviceNetwork = isV6 ? "fd00:10:96::/112" : "10.96.0.0/16";
        var ips = new List<string>();
        var clusterIps = new List<string>();
        var ports = new List<string>();
        var refused = new List<string>();
        var walls = new List<string>();
        var sets = new StringBuilder();
        var ends = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var chains = new StringBuilder();
        foreach (var s in services)
        {
            string at(object a, int port) => string.Create(CultureInfo.InvariantCulture, $"{a} . {s.Protocol} . {port}");
            clusterIps.Add($"{s.ClusterIP}");
            if (s.Endpoints.Count == 0)
            {
                refused.Add($"{at(s.ClusterIP, s.ServicePort)} comment \"{s.FullName}\" : goto reject-chain");
                continue;
            }

            string name = $"ABCDEFGH-{s.Namespace}/{s.Name}/{s.Protocol}/{s.Port}", service = "service-" + name, external = "external-" + name, local = "local-" + name;
            ips.Add($"{at(s.ClusterIP, s.ServicePort)} : goto {service}");
            if (s.ExternalIP is not null)
            {
                ips.Add($"{at(s.ExternalIP, s.ServicePort)} : goto {external}");
            }

            if (s.LoadBalancerIP is not null)
            {
                ips.Add($"{at(s.LoadBalancerIP, s.ServicePort)} : goto {external}");
                walls.Add($"{at(s.LoadBalancerIP, s.ServicePort)} comment \"{s.FullName}\" : goto firewall-{name}");
                chains.Append(CultureInfo.InvariantCulture, $"chain firewall-{name} {{ {ip} saddr != {{ {string.Join(", ", s.SourceRanges)} }} drop; }}\n");
            }

            if (s.NodePort > 0)
            {
                ports.Add(string.Create(CultureInfo.InvariantCulture, $"{s.Protocol} . {s.NodePort} : goto {external}"));
            }

            string end(System.Net.IPEndPoint e) => string.Create(CultureInfo.InvariantCulture, $"{name}__{e.Address.ToString().Replace(':', '.')}/{e.Port}");
            foreach (var e in s.Endpoints)
            {
                string update = "";
                if (s.AffinitySeconds > 0)
                {
                    sets.Append(CultureInfo.InvariantCulture, $"set affinity-{end(e)} {{ type {address}; flags dynamic,timeout; timeout {s.AffinitySeconds}s; }}\n");
                    update = $"update @affinity-{end(e)} {{ {ip} saddr }}; ";
                }

                ends["endpoint-" + end(e)] = $"{ip} saddr {e.Address} jump mark-for-masquerade; {update}meta l4proto {s.Protocol} dnat to {e};";
            }

            string spread(IReadOnlyList<System.Net.IPEndPoint> to) =>
                string.Concat(s.AffinitySeconds > 0 ? to.Select(e => $"{ip} saddr @affinity-{end(e)} goto endpoint-{end(e)}; ") : [])
                + $"numgen random mod {to.Count} vmap {{ {string.Join(", ", to.Select((e, i) => $"{i} : goto endpoint-{end(e)}"))} }};";
            chains.Append(CultureInfo.InvariantCulture, $"chain {service} {{ {ip} daddr {s.ClusterIP} {s.Protocol} dport {s.ServicePort} {ip} saddr != {pods} jump mark-for-masquerade; {spread(s.Endpoints)} }}\n");
            if (s.LocalEndpoints is { } near)
            {
                chains.Append(CultureInfo.InvariantCulture, $"chain {local} {{ {spread(near)} }}\n");
                chains.Append(CultureInfo.InvariantCulture, $"chain {external} {{ {ip} saddr {pods} goto {service} comment \"short-circuit pod traffic\"; fib saddr type local jump mark-for-masquerade; fib saddr type local goto {service}; goto {local}; }}\n");
            }
            else
            {
                chains.Append(CultureInfo.InvariantCulture, $"chain {external} {{ jump mark-for-masquerade; goto {service}; }}\n");
            }
        }

        string map(string name, string type, List<string> elements) =>
            $"map {name} {{ type {type} : verdict; {(elements.Count == 0 ? "" : $"elements = {{ {string.Join(", ", elements)} }}")} }}\n";
        string key = address + " . inet_proto . inet_service";
        string frame = isV6 ? "ip6 daddr != ::1" : "ip daddr != 127.0.0.0/8";
        string lookUp = $"{ip} daddr . meta l4proto . th dport vmap", lookUpPort = $"fib daddr type local {frame} meta l4proto . th dport vmap";
        string check = "ct state new jump";
        return $"table {ip} kube-proxy {{\ncomment \"rules for kube-proxy\"\n{sets}"
            + $"set cluster-ips {{ type {address}; comment \"Active ClusterIPs\"; elements = {{ {string.Join(", ", clusterIps.Distinct())} }} }}\n"
            + map("service-ips", key, ips) + map("service-nodeports", "inet_proto . inet_service", ports)
            + map("no-endpoint-services", key, refused) + map("no-endpoint-nodeports", "inet_proto . inet_service", []) + map("firewall-ips", key, walls)
            + "chain reject-chain { comment \"helper for @no-endpoint-services / @no-endpoint-nodeports\"; reject; }\nchain mark-for-masquerade { mark set mark or 0x4000; }\n"
            + "chain masquerading { mark and 0x4000 == 0 return; mark set mark xor 0x4000; masquerade fully-random; }\n"
            + $"chain cluster-ips-check {{ {ip} daddr @cluster-ips reject comment \"Reject traffic to invalid ports of ClusterIPs\"; "
            + $"{ip} daddr {{ {serviceNetwork} }} drop comment \"Drop traffic to unallocated ClusterIPs\"; }}\n"
            + string.Concat(ends.Select(e => $"chain {e.Key} {{ {e.Value} }}\n")) + Ordered(chains.ToString())
            + $"chain services {{ {lookUp} @service-ips; {lookUpPort} @service-nodeports; }}\n"
            + $"chain service-endpoints-check {{ {lookUp} @no-endpoint-services; }}\n"
            + $"chain nodeport-endpoints-check {{ {lookUpPort} @no-endpoint-nodeports; }}\n"
            + $"chain firewall-check {{ {lookUp} @firewall-ips; }}\n"
            + $"chain filter-prerouting-pre-dnat {{ type filter hook prerouting priority -110; {check} firewall-check; }}\n"
            + $"chain filter-output-pre-dnat {{ type filter hook output priority -110; {check} firewall-check; }}\n"
            + $"chain filter-forward {{ type filter hook forward priority 0; {check} service-endpoints-check; {check} cluster-ips-check; }}\n"
            + $"chain filter-input {{ type filter hook input priority 0; {check} nodeport-endpoints-check; {check} service-endpoints-check; }}\n"
            + $"chain filter-output {{ type filter hook output priority 0; {check} service-endpoints-check; {check} cluster-ips-check; }}\n"
            + "chain nat-output { type nat hook output priority -100; jump services; }\n"
            + "chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }\n"
            + "chain nat-prerouting { type nat hook prerouting priority -100; jump services; }\n}\n";
    }

    // A chain has to stand before the one that goes to it.
    private static string Ordered(string chains) => string.Concat(chains.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .OrderBy(c => c.StartsWith("chain external-", StringComparison.Ordinal)).Select(c => c + "\n"));
}
