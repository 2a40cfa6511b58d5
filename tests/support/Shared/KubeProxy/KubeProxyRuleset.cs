using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace K8sNetfilter.Tests.KubeProxy;

/// <summary>
/// Rules of the shape that kube-proxy's iptables mode writes (pkg/proxy/iptables/proxier.go), in the words of iptables-save: what
/// iptables-restore takes, and what iptables-save prints again but for the order of chains. One instance writes one family.
/// </summary>
public sealed class KubeProxyRuleset
{
    private readonly List<string> _chains = [];
    private readonly StringBuilder _rules = new();
    private readonly StringBuilder _filterServices = new();
    private readonly StringBuilder _externalServices = new();
    private readonly StringBuilder _firewall = new();
    private readonly StringBuilder _nodePorts = new();
    private readonly HashSet<string> _declared = [];
    private readonly bool _isV6;

    private KubeProxyRuleset(bool isV6) => _isV6 = isV6;

    /// <summary>The pods' network.</summary>
    public string PodNetwork { get; init; } = "10.244.0.0/16";

    /// <summary>Without comments on the rules of Services and endpoints, as kube-proxy writes them above 1,000 endpoints.</summary>
    public bool IsLarge { get; init; }

    /// <summary>Masquerades everything (--masquerade-all).</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>The text of both tables.</summary>
    public static string Write(IEnumerable<KubeProxyService> services, bool isV6 = false, bool isLarge = false, bool masqueradeAll = false)
    {
        var writer = new KubeProxyRuleset(isV6) { IsLarge = isLarge, MasqueradeAll = masqueradeAll, PodNetwork = isV6 ? "fd00:10:244::/64" : "10.244.0.0/16" };
        foreach (var service in services)
        {
            writer.Add(service);
        }

        return writer.Finish();
    }

    /// <summary>So many Services with so many endpoints each, all of them different.</summary>
    public static IEnumerable<KubeProxyService> Services(int count, int endpoints, bool isV6 = false)
    {
        for (int i = 0; i < count; i++)
        {
            int first = i * endpoints;
            yield return new KubeProxyService(
                $"ns{i % 50}",
                $"svc-{i}",
                "http",
                Address(isV6 ? "fd00:10:96::" : "10.96.0.0", i + 10, isV6),
                80,
                [.. Enumerable.Range(first, endpoints).Select(e => new IPEndPoint(Address(isV6 ? "fd00:10:244::" : "10.128.0.0", e + 2, isV6), 8080))]);
        }
    }

    /// <summary>The text of so many Services with so many endpoints each: 10,000 x 3 are about 150,000 lines.</summary>
    public static string Generate(int services, int endpoints = 3, bool isV6 = false) =>
        Write(Services(services, endpoints, isV6), isV6, isLarge: false);

    /// <summary>The name of a chain: the first 16 characters of the base32 of a SHA-256 (servicePortChainName in proxier.go).</summary>
    public static string ChainName(string prefix, string name, string protocol, string endpoint = "") =>
        prefix + Base32(SHA256.HashData(Encoding.UTF8.GetBytes(name + protocol + endpoint)))[..16];

    private static string Base32(byte[] bytes)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var text = new StringBuilder();
        int bits = 0, value = 0;
        foreach (byte b in bytes)
        {
            value = ((value << 8) | b) & 0xFFFF;
            for (bits += 8; bits >= 5; bits -= 5)
            {
                text.Append(alphabet[(value >> (bits - 5)) & 31]);
            }
        }

        return text.ToString();
    }

    private static IPAddress Address(string network, int offset, bool isV6)
    {
        byte[] bytes = IPAddress.Parse(network).GetAddressBytes();
        for (int i = bytes.Length - 1; i >= (isV6 ? 12 : 1) && offset > 0; i--)
        {
            offset += bytes[i];
            bytes[i] = (byte)offset;
            offset >>= 8;
        }

        return new IPAddress(bytes);
    }

    private string Host(IPAddress address) => $"{address}/{(address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)}";

    private string Mask => _isV6 ? "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" : "255.255.255.255";

    private string Remark(string text) => IsLarge ? "" : $" -m comment --comment \"{text}\"";

    private void Rule(FormattableString rule) => _rules.Append(CultureInfo.InvariantCulture, $"-A {FormattableString.Invariant(rule)}\n");

    private void Add(KubeProxyService s)
    {
        string name = s.FullName, p = s.Protocol;
        string svc = ChainName("KUBE-SVC-", name, p), ext = ChainName("KUBE-EXT-", name, p), svl = ChainName("KUBE-SVL-", name, p), fw = ChainName("KUBE-FW-", name, p);
        if (s.Endpoints.Count == 0)
        {
            string with = _isV6 ? "icmp6-port-unreachable" : "icmp-port-unreachable";
            _filterServices.Append(CultureInfo.InvariantCulture, $"-A KUBE-SERVICES -d {Host(s.ClusterIP)} -p {p} -m comment --comment \"{name} has no endpoints\" -m {p} --dport {s.ServicePort} -j REJECT --reject-with {with}\n");
            foreach (var outside in new[] { s.ExternalIP, s.LoadBalancerIP }.OfType<IPAddress>())
            {
                _externalServices.Append(CultureInfo.InvariantCulture, $"-A KUBE-EXTERNAL-SERVICES -d {Host(outside)} -p {p} -m comment --comment \"{name} has no endpoints\" -m {p} --dport {s.ServicePort} -j REJECT --reject-with {with}\n");
            }

            if (s.NodePort > 0)
            {
                _externalServices.Append(CultureInfo.InvariantCulture, $"-A KUBE-EXTERNAL-SERVICES -p {p} -m comment --comment \"{name} has no endpoints\" -m addrtype --dst-type LOCAL -m {p} --dport {s.NodePort} -j REJECT --reject-with {with}\n");
            }

            return;
        }

        bool isExternal = s.NodePort > 0 || s.ExternalIP is not null || s.LoadBalancerIP is not null;
        _chains.Add(svc);
        Rule($"KUBE-SERVICES -d {Host(s.ClusterIP)} -p {p} -m comment --comment \"{name} cluster IP\" -m {p} --dport {s.ServicePort} -j {svc}");
        if (s.ExternalIP is not null)
        {
            Rule($"KUBE-SERVICES -d {Host(s.ExternalIP)} -p {p} -m comment --comment \"{name} external IP\" -m {p} --dport {s.ServicePort} -j {ext}");
        }

        if (s.LoadBalancerIP is not null)
        {
            string to = s.SourceRanges.Count > 0 ? fw : ext;
            Rule($"KUBE-SERVICES -d {Host(s.LoadBalancerIP)} -p {p} -m comment --comment \"{name} loadbalancer IP\" -m {p} --dport {s.ServicePort} -j {to}");
            if (s.SourceRanges.Count > 0)
            {
                _chains.Add(fw);
                foreach (string range in s.SourceRanges)
                {
                    Rule($"{fw} -s {range} -m comment --comment \"{name} loadbalancer IP\" -j {ext}");
                }

                Rule($"{fw} -m comment --comment \"other traffic to {name} will be dropped by KUBE-PROXY-FIREWALL\"");
                _firewall.Append(CultureInfo.InvariantCulture, $"-A KUBE-PROXY-FIREWALL -d {Host(s.LoadBalancerIP)} -p {p} -m comment --comment \"{name} traffic not accepted by {fw}\" -m {p} --dport {s.ServicePort} -j DROP\n");
            }
        }

        if (s.LocalEndpoints is { Count: 0 } && s.NodePort > 0)
        {
            _externalServices.Append(CultureInfo.InvariantCulture, $"-A KUBE-EXTERNAL-SERVICES -p {p} -m comment --comment \"{name} has no local endpoints\" -m addrtype --dst-type LOCAL -m {p} --dport {s.NodePort} -j DROP\n");
        }

        if (s.NodePort > 0)
        {
            _nodePorts.Append(CultureInfo.InvariantCulture, $"-A KUBE-NODEPORTS -p {p} -m comment --comment \"{name}\" -m {p} --dport {s.NodePort} -j {ext}\n");
        }

        if (isExternal)
        {
            _chains.Add(ext);
            if (s.LocalEndpoints is null)
            {
                Rule($"{ext} -m comment --comment \"masquerade traffic for {name} external destinations\" -j KUBE-MARK-MASQ");
                Rule($"{ext} -j {svc}");
            }
            else
            {
                Rule($"{ext} -s {PodNetwork} -m comment --comment \"pod traffic for {name} external destinations\" -j {svc}");
                Rule($"{ext} -m comment --comment \"masquerade LOCAL traffic for {name} external destinations\" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ");
                Rule($"{ext} -m comment --comment \"route LOCAL traffic for {name} external destinations\" -m addrtype --src-type LOCAL -j {svc}");
                _chains.Add(svl);
                Rule($"{ext} -j {svl}");
                Spread(s, svl, s.LocalEndpoints);
            }
        }

        if (MasqueradeAll)
        {
            Rule($"{svc} -d {Host(s.ClusterIP)} -p {p} -m comment --comment \"{name} cluster IP\" -m {p} --dport {s.ServicePort} -j KUBE-MARK-MASQ");
        }
        else
        {
            Rule($"{svc} ! -s {PodNetwork} -d {Host(s.ClusterIP)} -p {p} -m comment --comment \"{name} cluster IP\" -m {p} --dport {s.ServicePort} -j KUBE-MARK-MASQ");
        }

        Spread(s, svc, s.Endpoints);
    }

    private void Spread(KubeProxyService s, string chain, IReadOnlyList<IPEndPoint> endpoints)
    {
        var seps = endpoints.Select(e => ChainName("KUBE-SEP-", s.FullName, s.Protocol, e.ToString())).ToArray();
        if (s.AffinitySeconds > 0)
        {
            for (int i = 0; i < endpoints.Count; i++)
            {
                Rule($"{chain}{Remark($"{s.FullName} -> {endpoints[i]}")} -m recent --rcheck --seconds {s.AffinitySeconds} --reap --name {seps[i]} --mask {Mask} --rsource -j {seps[i]}");
            }
        }

        for (int i = 0; i < endpoints.Count; i++)
        {
            // What the kernel makes of a share: 31 bits, printed with 11 digits (libxt_statistic.c).
            double share = Math.Round(0x80000000 / (double)(endpoints.Count - i)) / 0x80000000;
            string part = i == endpoints.Count - 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" -m statistic --mode random --probability {share:F11}");
            Rule($"{chain}{Remark($"{s.FullName} -> {endpoints[i]}")}{part} -j {seps[i]}");
        }

        for (int i = 0; i < endpoints.Count; i++)
        {
            if (!_declared.Add(seps[i]))
            {
                continue;
            }

            _chains.Add(seps[i]);
            string remember = s.AffinitySeconds > 0 ? $" -m recent --set --name {seps[i]} --mask {Mask} --rsource" : "";
            Rule($"{seps[i]} -s {Host(endpoints[i].Address)}{Remark(s.FullName)} -j KUBE-MARK-MASQ");
            Rule($"{seps[i]} -p {s.Protocol}{Remark(s.FullName)}{remember} -m {s.Protocol} -j DNAT --to-destination {endpoints[i]}");
        }
    }

    private string Finish()
    {
        var text = new StringBuilder(_rules.Length * 2);
        text.Append("""
            *filter
            :INPUT ACCEPT [0:0]
            :FORWARD ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :KUBE-EXTERNAL-SERVICES - [0:0]
            :KUBE-FIREWALL - [0:0]
            :KUBE-FORWARD - [0:0]
            :KUBE-NODEPORTS - [0:0]
            :KUBE-PROXY-FIREWALL - [0:0]
            :KUBE-SERVICES - [0:0]
            -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
            -A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
            -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
            -A INPUT -j KUBE-FIREWALL
            -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
            -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
            -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
            -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
            -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A OUTPUT -j KUBE-FIREWALL
            -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
            -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
            -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT

            """);
        text.Append(_externalServices).Append(_firewall).Append(_filterServices).Append("COMMIT\n");
        text.Append("""
            *nat
            :PREROUTING ACCEPT [0:0]
            :INPUT ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            :KUBE-MARK-MASQ - [0:0]
            :KUBE-NODEPORTS - [0:0]
            :KUBE-POSTROUTING - [0:0]
            :KUBE-SERVICES - [0:0]

            """);
        foreach (string chain in _chains)
        {
            text.Append(':').Append(chain).Append(" - [0:0]\n");
        }

        text.Append("""
            -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
            -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000

            """);
        text.Append(_nodePorts);
        text.Append("""
            -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
            -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
            -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully

            """);
        text.Append(_rules);
        text.Append("""
            -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
            COMMIT

            """);
        return text.ToString();
    }
}
