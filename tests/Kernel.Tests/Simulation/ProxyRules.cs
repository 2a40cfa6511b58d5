namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// Rules in the shape of kube-proxy's nftables mode over the lab's addresses: a Service of two endpoints, one without endpoints, one with
/// affinity, and a node port.
/// </summary>
internal static class ProxyRules
{
    private const string Services = """
         set cluster-ips { type ADDR; elements = { 10.96.0.10, 10.96.0.11 } }
         set nodeport-ips { type ADDR; elements = { 10.1.0.1 } }
         map no-endpoint-services { type ADDR . inet_proto . inet_service : verdict; elements = { 10.96.0.10 . udp . 53 : goto reject-chain, 10.96.0.11 . tcp . 443 : drop } }
         map no-endpoint-nodeports { type inet_proto . inet_service : verdict; elements = { tcp . 443 : drop } }
         map firewall-ips { type ADDR . inet_proto . inet_service : verdict; elements = { 10.96.0.11 . tcp . 1500 : goto firewall-a } }
         map service-ips { type ADDR . inet_proto . inet_service : verdict; elements = { 10.96.0.10 . tcp . 80 : goto service-a, 10.96.0.10 . tcp . 8080 : goto service-b, 10.96.0.11 . tcp . 80 : goto service-c } }
         map service-nodeports { type inet_proto . inet_service : verdict; elements = { tcp . 1500 : goto external-a } }
         set affinity-c { type ADDR; flags dynamic,timeout; timeout 3h; }
         chain reject-chain { reject; }
         chain service-endpoints-check { IP daddr . meta l4proto . th dport vmap @no-endpoint-services; }
         chain nodeport-endpoints-check { IP daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports; }
         chain cluster-ips-check { IP daddr @cluster-ips reject; IP daddr { 10.96.0.0/12 } drop; }
         chain firewall-a { IP saddr != { 10.2.0.0/24 } drop; }
         chain firewall-check { IP daddr . meta l4proto . th dport vmap @firewall-ips; }
         chain filter-prerouting-pre-dnat { type filter hook prerouting priority -110; ct state new jump firewall-check; }
         chain filter-output-pre-dnat { type filter hook output priority -110; ct state new jump firewall-check; }
         chain filter-input { type filter hook input priority 0; ct state new jump nodeport-endpoints-check; ct state new jump service-endpoints-check; }
         chain filter-forward { type filter hook forward priority 0; ct state new jump service-endpoints-check; ct state new jump cluster-ips-check; }
         chain filter-output { type filter hook output priority 0; ct state new jump service-endpoints-check; ct state new jump cluster-ips-check; }
         chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
         chain nat-output { type nat hook output priority -100; jump services; }
         chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }

        """;

    private const string Until35 = """
         chain mark-for-masquerade { meta mark set meta mark | 0x4000; }
         chain masquerading { meta mark & 0x4000 == 0 return; meta mark set meta mark ^ 0x4000; masquerade fully-random; }
         chain endpoint-a1 { IP saddr 10.2.0.2 jump mark-for-masquerade; meta l4proto tcp dnat to 10.2.0.2:80; }
         chain endpoint-a2 { IP saddr 10.2.0.3 jump mark-for-masquerade; meta l4proto tcp dnat to 10.2.0.3:8080; }
         chain endpoint-c1 { IP saddr 10.2.0.4 jump mark-for-masquerade; update @affinity-c { IP saddr }; meta l4proto tcp dnat to 10.2.0.4:80; }
         chain service-a { IP daddr 10.96.0.10 tcp dport 80 IP saddr != 10.2.0.0/24 jump mark-for-masquerade; numgen random mod 2 vmap { 0 : goto endpoint-a1, 1 : goto endpoint-a2 }; }
         chain service-b { IP daddr 10.96.0.10 tcp dport 8080 IP saddr != 10.2.0.0/24 jump mark-for-masquerade; numgen random mod 1 vmap { 0 : goto endpoint-a1 }; }
         chain service-c { IP saddr @affinity-c goto endpoint-c1; numgen random mod 1 vmap { 0 : goto endpoint-c1 }; }
         chain external-a { IP saddr 10.2.0.0/24 goto service-a; fib saddr type local jump mark-for-masquerade; fib saddr type local goto service-a; jump mark-for-masquerade; goto service-a; }
         chain services { IP daddr . meta l4proto . th dport vmap @service-ips; fib daddr type local LOOPBACK meta l4proto . th dport vmap @service-nodeports; }

        """;

    private const string From36 = """
         set hairpin-connections { type ADDR . ADDR . inet_proto . inet_service; elements = { 10.2.0.2 . 10.2.0.2 . tcp . 80, 10.2.0.3 . 10.2.0.3 . tcp . 8080, 10.2.0.4 . 10.2.0.4 . tcp . 80 } }
         chain masquerading { meta mark & 0x4000 != 0 meta mark set meta mark ^ 0x4000 masquerade fully-random; ct status dnat IP saddr . IP daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random; }
         chain service-a { meta l4proto tcp dnat IP to numgen random mod 2 map { 0 : 10.2.0.2 . 80, 1 : 10.2.0.3 . 8080 }; }
         chain service-b { meta l4proto tcp dnat to 10.2.0.2:80; }
         chain endpoint-c1 { update @affinity-c { IP saddr }; meta l4proto tcp dnat to 10.2.0.4:80; }
         chain service-c { IP saddr @affinity-c goto endpoint-c1; numgen random mod 1 vmap { 0 : goto endpoint-c1 }; }
         chain external-a { meta mark set meta mark | 0x4000; goto service-a; }
         chain services { IP daddr @cluster-ips IP saddr != 10.2.0.0/24 meta mark set meta mark | 0x4000; IP daddr . meta l4proto . th dport vmap @service-ips; IP daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports; }

        """;

    /// <summary>The rules of a layout: those of kube-proxy up to 1.35, or from 1.36 on.</summary>
    public static string Of(bool isFrom36, LabAddressing addressing)
    {
        string ip = addressing.V6 ? "ip6" : "ip";
        string text = $"table IP kube-proxy {{\n{(isFrom36 ? From36 : Until35)}{Services}}}\n"
            .Replace("ADDR", addressing.V6 ? "ipv6_addr" : "ipv4_addr", StringComparison.Ordinal)
            .Replace("LOOPBACK", addressing.V6 ? "ip6 daddr != ::1" : "ip daddr != 127.0.0.0/8", StringComparison.Ordinal)
            .Replace("IP ", ip + " ", StringComparison.Ordinal);
        return addressing.Spell(text);
    }
}
