namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>The names of ports that <c>nft -S</c> writes for services that nodes have. nft without -S, and nft -n, write numbers.</summary>
internal static class ServiceNames
{
    private static readonly Dictionary<string, ushort> Ports = new(StringComparer.Ordinal)
    {
        ["ftp-data"] = 20, ["ftp"] = 21, ["ssh"] = 22, ["telnet"] = 23, ["smtp"] = 25, ["domain"] = 53, ["bootps"] = 67, ["bootpc"] = 68,
        ["tftp"] = 69, ["http"] = 80, ["kerberos"] = 88, ["pop3"] = 110, ["sunrpc"] = 111, ["ntp"] = 123, ["netbios-ns"] = 137,
        ["netbios-dgm"] = 138, ["netbios-ssn"] = 139, ["imap2"] = 143, ["snmp"] = 161, ["snmp-trap"] = 162, ["bgp"] = 179, ["ldap"] = 389,
        ["https"] = 443, ["microsoft-ds"] = 445, ["isakmp"] = 500, ["syslog"] = 514, ["dhcpv6-client"] = 546, ["dhcpv6-server"] = 547,
        ["submission"] = 587, ["ldaps"] = 636, ["domain-s"] = 853, ["imaps"] = 993, ["pop3s"] = 995, ["openvpn"] = 1194, ["nfs"] = 2049,
        ["etcd-client"] = 2379, ["etcd-server"] = 2380, ["mysql"] = 3306, ["ms-wbt-server"] = 3389, ["ipsec-nat-t"] = 4500,
            ["vxlan"] = 4789,
        ["mdns"] = 5353, ["postgresql"] = 5432, ["redis"] = 6379, ["http-alt"] = 8080,
    };

    public static bool TryGet(ReadOnlySpan<char> name, out ushort port) => Ports.TryGetValue(name.ToString(), out port);
}
