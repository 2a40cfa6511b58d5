using System.Globalization;
using System.Net;
using System.Text;

namespace K8sNetfilter.Tests.KubeProxy;

/// <summary>
/// The IPv4 rules of one node in the shape that kube-proxy gave them in a minor version of Kubernetes, from 1.5 to 1.31, with kubelet's
/// chains beside them, in the words of iptables-save. What changed: where calls from outside are masqueraded and dropped, which chains the
/// filter table has and what jumps to them, and how a port without a name is written.
/// </summary>
public sealed class KubeProxyVersion
{
    private readonly int _minor;
    private readonly string? _podNetwork;
    private readonly StringBuilder _nat = new();
    private readonly StringBuilder _filter = new();
    private readonly StringBuilder _nodePorts = new();
    private readonly StringBuilder _firewall = new();
    private readonly SortedSet<string> _natChains = new(StringComparer.Ordinal) { "KUBE-MARK-MASQ", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-SERVICES" };

    private KubeProxyVersion(int minor, string? podNetwork)
    {
        _minor = minor;
        _podNetwork = podNetwork;
    }

    /// <summary>The versions whose shapes differ.</summary>
    public static IReadOnlyList<int> Minors { get; } = [5, 9, 14, 18, 22, 26, 31];

    /// <summary>The text of both tables, and of mangle where the version has a chain there.</summary>
    /// <param name="minor">18 for 1.18.</param>
    /// <param name="services">The Services.</param>
    /// <param name="podNetwork">The cluster CIDR; null where kube-proxy was given none.</param>
    public static string Write(int minor, IEnumerable<KubeProxyService> services, string? podNetwork = "10.244.0.0/16")
    {
        var writer = new KubeProxyVersion(minor, podNetwork);
        foreach (var service in services)
        {
            writer.Add(service);
        }

        return writer.Finish();
    }

    private bool HasExt => _minor >= 24;

    private bool HasExternalServices => _minor >= 11;

    private bool HasKubeletMarkDrop => _minor < 28;

    private bool MasqueradesInServiceChain => _minor >= 22;

    private static void Rule(StringBuilder to, string rule) => to.Append("-A ").Append(rule).Append('\n');

    private static string Match(KubeProxyService s, string comment, int port, IPAddress? address = null) => string.Create(
        CultureInfo.InvariantCulture, $"{(address is null ? "" : $"-d {address}/32 ")}-p {s.Protocol} -m comment --comment \"{comment}\" -m {s.Protocol} --dport {port}");

    // Up to 1.17 the colon stands before a port without a name too.
    private string NameOf(KubeProxyService s) => _minor < 18 && s.Port.Length == 0 ? s.FullName + ":" : s.FullName;

    private string Chain(string prefix, KubeProxyService s, string endpoint = "")
    {
        string chain = KubeProxyRuleset.ChainName(prefix, NameOf(s), s.Protocol, endpoint);
        _natChains.Add(chain);
        return chain;
    }

    private void Add(KubeProxyService s)
    {
        string name = NameOf(s);
        bool hasChain = s.Endpoints.Count > 0 || _minor < 10;
        if (s.Endpoints.Count == 0)
        {
            Refuse(s, "REJECT --reject-with icmp-port-unreachable", $"{name} has no endpoints", withClusterIP: true);
        }
        else if (HasExt && s.LocalEndpoints is { Count: 0 })
        {
            Refuse(s, "DROP", $"{name} has no local endpoints", withClusterIP: false);
        }

        if (!hasChain)
        {
            return;
        }

        string svc = Chain("KUBE-SVC-", s);
        ClusterIP(s, name, svc);
        string outside = Outside(s, name, svc);
        External(s, name, outside);
        LoadBalancer(s, name, svc, outside);
        NodePort(s, name, svc, outside);
        Spread(s, svc, s.Endpoints, local: false);
        if (s.LocalEndpoints is { } here)
        {
            Local(s, name, svc, outside, here);
        }
    }

    private void Refuse(KubeProxyService s, string target, string comment, bool withClusterIP)
    {
        string outside = HasExternalServices ? "KUBE-EXTERNAL-SERVICES" : "KUBE-SERVICES";
        if (withClusterIP)
        {
            Rule(_filter, $"KUBE-SERVICES {Match(s, comment, s.ServicePort, s.ClusterIP)} -j {target}");
        }

        // In 1.5 what came from outside for a Service without endpoints went on as it was.
        foreach (var address in _minor < 7 ? [] : new[] { s.ExternalIP, s.LoadBalancerIP }.OfType<IPAddress>())
        {
            Rule(_filter, $"{outside} {Match(s, comment, s.ServicePort, address)} -j {target}");
        }

        if (s.NodePort > 0 && _minor >= 7)
        {
            Rule(_filter, string.Create(CultureInfo.InvariantCulture,
                $"{outside} -p {s.Protocol} -m comment --comment \"{comment}\" -m addrtype --dst-type LOCAL -m {s.Protocol} --dport {s.NodePort} -j {target}"));
        }
    }

    private void ClusterIP(KubeProxyService s, string name, string svc)
    {
        string match = Match(s, $"{name} cluster IP", s.ServicePort, s.ClusterIP);
        if (_podNetwork is not null)
        {
            Rule(_nat, $"{(MasqueradesInServiceChain ? svc : "KUBE-SERVICES")} ! -s {_podNetwork} {match} -j KUBE-MARK-MASQ");
        }

        Rule(_nat, $"KUBE-SERVICES {match} -j {svc}");
    }

    // The chain that calls from outside go to.
    private string Outside(KubeProxyService s, string name, string svc)
    {
        if (!HasExt)
        {
            return s.LocalEndpoints is null ? svc : Chain("KUBE-XLB-", s);
        }

        if (s.NodePort == 0 && s.ExternalIP is null && s.LoadBalancerIP is null)
        {
            return svc;
        }

        string ext = Chain("KUBE-EXT-", s);
        if (s.LocalEndpoints is null)
        {
            Rule(_nat, $"{ext} -m comment --comment \"masquerade traffic for {name} external destinations\" -j KUBE-MARK-MASQ");
            Rule(_nat, $"{ext} -j {svc}");
        }

        return ext;
    }

    private void External(KubeProxyService s, string name, string outside)
    {
        if (s.ExternalIP is null)
        {
            return;
        }

        string match = Match(s, $"{name} external IP", s.ServicePort, s.ExternalIP);
        if (_minor < 20)
        {
            Rule(_nat, $"KUBE-SERVICES {match} -j KUBE-MARK-MASQ");
            Rule(_nat, $"KUBE-SERVICES {match} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j {outside}");
            Rule(_nat, $"KUBE-SERVICES {match} -m addrtype --dst-type LOCAL -j {outside}");
            return;
        }

        if (!HasExt && s.LocalEndpoints is null)
        {
            Rule(_nat, $"{outside} {(_podNetwork is null ? "" : $"! -s {_podNetwork} ")}{match} -j KUBE-MARK-MASQ");
        }

        Rule(_nat, $"KUBE-SERVICES {match} -j {outside}");
    }

    private void LoadBalancer(KubeProxyService s, string name, string svc, string outside)
    {
        if (s.LoadBalancerIP is null)
        {
            return;
        }

        string match = Match(s, $"{name} loadbalancer IP", s.ServicePort, s.LoadBalancerIP);
        if (HasExt && s.SourceRanges.Count == 0)
        {
            Rule(_nat, $"KUBE-SERVICES {match} -j {outside}");
            return;
        }

        string fw = Chain("KUBE-FW-", s), why = $"-m comment --comment \"{name} loadbalancer IP\"";
        Rule(_nat, $"KUBE-SERVICES {match} -j {fw}");
        if (!HasExt && outside == svc)
        {
            Rule(_nat, $"{fw} {why} -j KUBE-MARK-MASQ");
        }

        foreach (string range in s.SourceRanges.DefaultIfEmpty(""))
        {
            Rule(_nat, $"{fw} {(range.Length == 0 ? "" : $"-s {range} ")}{why} -j {outside}");
        }

        if (_minor >= 26)
        {
            Rule(_nat, $"{fw} -m comment --comment \"other traffic to {name} will be dropped by KUBE-PROXY-FIREWALL\"");
            Rule(_firewall, $"KUBE-PROXY-FIREWALL {Match(s, $"{name} traffic not accepted by {fw}", s.ServicePort, s.LoadBalancerIP)} -j DROP");
        }
        else
        {
            Rule(_nat, $"{fw} {why} -j KUBE-MARK-DROP");
        }
    }

    private void NodePort(KubeProxyService s, string name, string svc, string outside)
    {
        if (s.NodePort == 0)
        {
            return;
        }

        string match = Match(s, name, s.NodePort);
        if (!HasExt && outside == svc)
        {
            Rule(_nodePorts, $"{(MasqueradesInServiceChain ? svc : "KUBE-NODEPORTS")} {match} -j KUBE-MARK-MASQ");
        }
        else if (!HasExt && _minor >= 14)
        {
            Rule(_nodePorts, $"KUBE-NODEPORTS -s 127.0.0.0/8 {match} -j KUBE-MARK-MASQ");
        }

        Rule(_nodePorts, $"KUBE-NODEPORTS {match} -j {outside}");
    }

    private void Local(KubeProxyService s, string name, string svc, string outside, IReadOnlyList<IPEndPoint> here)
    {
        string what = HasExt ? "external destinations" : "LB IP", pods = HasExt ? $"pod traffic for {name} external destinations" : "Redirect pods trying to reach external loadbalancer VIP to clusterIP";
        if (_podNetwork is not null)
        {
            Rule(_nat, $"{outside} -s {_podNetwork} -m comment --comment \"{pods}\" -j {svc}");
        }

        if (_minor >= 14)
        {
            Rule(_nat, $"{outside} -m comment --comment \"masquerade LOCAL traffic for {name} {what}\" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ");
            Rule(_nat, $"{outside} -m comment --comment \"route LOCAL traffic for {name} {what}{(HasExt ? "" : " to service chain")}\" -m addrtype --src-type LOCAL -j {svc}");
        }

        if (here.Count == 0)
        {
            if (!HasExt)
            {
                Rule(_nat, $"{outside} -m comment --comment \"{name} has no local endpoints\" -j KUBE-MARK-DROP");
            }

            return;
        }

        string chain = outside;
        if (HasExt)
        {
            chain = Chain("KUBE-SVL-", s);
            Rule(_nat, $"{outside} -j {chain}");
        }

        Spread(s, chain, here, local: true);
    }

    private void Spread(KubeProxyService s, string chain, IReadOnlyList<IPEndPoint> endpoints, bool local)
    {
        string name = NameOf(s);
        string[] seps = [.. endpoints.Select(e => Chain("KUBE-SEP-", s, e.ToString()))];
        foreach (string sep in s.AffinitySeconds > 0 ? seps : [])
        {
            Rule(_nat, string.Create(CultureInfo.InvariantCulture,
                $"{chain} -m comment --comment \"{name}\" -m recent --rcheck --seconds {s.AffinitySeconds} --reap --name {sep} --mask 255.255.255.255 --rsource -j {sep}"));
        }

        for (int i = 0; i < seps.Length; i++)
        {
            double share = Math.Round(0x80000000 / (double)(seps.Length - i)) / 0x80000000;
            string part = i == seps.Length - 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" -m statistic --mode random --probability {share:F11}");
            string comment = _minor >= 26 ? $"{name} -> {endpoints[i]}" : local ? $"Balancing rule {i} for {name}" : name;
            Rule(_nat, $"{chain} -m comment --comment \"{comment}\"{part} -j {seps[i]}");
            if (!local)
            {
                string remember = s.AffinitySeconds > 0 ? $" -m recent --set --name {seps[i]} --mask 255.255.255.255 --rsource" : "";
                Rule(_nat, $"{seps[i]} -s {endpoints[i].Address}/32 -m comment --comment \"{name}\" -j KUBE-MARK-MASQ");
                Rule(_nat, $"{seps[i]} -p {s.Protocol} -m comment --comment \"{name}\"{remember} -m {s.Protocol} -j DNAT --to-destination {endpoints[i]}");
            }
        }
    }

    private string Finish()
    {
        var text = new StringBuilder("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
        foreach (string chain in FilterChains())
        {
            text.Append(':').Append(chain).Append(" - [0:0]\n");
        }

        foreach (string rule in FilterJumps().Concat(Forward()).Concat(KubeletRules()))
        {
            Rule(text, rule);
        }

        text.Append(_firewall).Append(_filter).Append("COMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n");
        foreach (string chain in _natChains.Concat(HasKubeletMarkDrop ? ["KUBE-MARK-DROP"] : []).Concat(Canary))
        {
            text.Append(':').Append(chain).Append(" - [0:0]\n");
        }

        foreach (string rule in NatRules())
        {
            Rule(text, rule);
        }

        return text.Append(_nodePorts).Append(_nat)
            .Append("-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\nCOMMIT\n")
            .Append(_minor < 17 ? "" : $"*mangle\n{string.Concat(Canary.Select(c => $":{c} - [0:0]\n"))}COMMIT\n").ToString();
    }

    private string[] Canary => _minor < 17 ? [] : ["KUBE-KUBELET-CANARY", "KUBE-PROXY-CANARY"];

    private IEnumerable<string> FilterChains() =>
    [
        "KUBE-FIREWALL", "KUBE-SERVICES",
        .. _minor >= 9 ? ["KUBE-FORWARD"] : Array.Empty<string>(),
        .. HasExternalServices ? ["KUBE-EXTERNAL-SERVICES"] : Array.Empty<string>(),
        .. _minor >= 21 ? ["KUBE-NODEPORTS"] : Array.Empty<string>(),
        .. _minor >= 26 ? ["KUBE-PROXY-FIREWALL"] : Array.Empty<string>(),
        .. Canary,
    ];

    private IEnumerable<string> FilterJumps()
    {
        string fresh = _minor >= 11 ? "-m conntrack --ctstate NEW " : "";
        string portals = $"{fresh}-m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES";
        string outside = $"{fresh}-m comment --comment \"kubernetes externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES";
        string wall = $"{fresh}-m comment --comment \"kubernetes load balancer firewall\" -j KUBE-PROXY-FIREWALL";
        (string Chain, string Rule, bool Is)[] jumps =
        [
            ("INPUT", wall, _minor >= 26), ("FORWARD", wall, _minor >= 26), ("OUTPUT", wall, _minor >= 26),
            ("INPUT", "-m comment --comment \"kubernetes health check service ports\" -j KUBE-NODEPORTS", _minor >= 21),
            ("INPUT", portals, _minor is >= 7 and < 20), ("INPUT", outside, HasExternalServices),
            ("FORWARD", "-m comment --comment \"kubernetes forwarding rules\" -j KUBE-FORWARD", _minor >= 9),
            ("FORWARD", portals, _minor >= 13), ("FORWARD", outside, _minor >= 20), ("OUTPUT", portals, true),
            ("INPUT", "-j KUBE-FIREWALL", true), ("OUTPUT", "-j KUBE-FIREWALL", true),
        ];
        return jumps.Where(j => j.Is).Select(j => $"{j.Chain} {j.Rule}");
    }

    private IEnumerable<string> Forward()
    {
        const string known = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
        string[] rules =
        [
            .. _minor >= 15 ? ["-m conntrack --ctstate INVALID -j DROP"] : Array.Empty<string>(),
            "-m comment --comment \"kubernetes forwarding rules\" -m mark --mark 0x4000/0x4000 -j ACCEPT",
            .. _minor >= 22 ? [$"-m comment --comment \"kubernetes forwarding conntrack rule\" {known}"]
                : _podNetwork is null ? Array.Empty<string>()
                : [
                    $"{(_minor < 18 ? $"-s {_podNetwork} " : "")}-m comment --comment \"kubernetes forwarding conntrack pod source rule\" {known}",
                    $"{(_minor < 18 ? $"-d {_podNetwork} " : "")}-m comment --comment \"kubernetes forwarding conntrack pod destination rule\" {known}",
                ],
        ];
        return _minor < 9 ? [] : rules.Select(r => "KUBE-FORWARD " + r);
    }

    private IEnumerable<string> KubeletRules() =>
    [
        .. HasKubeletMarkDrop ? ["KUBE-FIREWALL -m comment --comment \"kubernetes firewall for dropping marked packets\" -m mark --mark 0x8000/0x8000 -j DROP"] : Array.Empty<string>(),
        .. _minor >= 18 ? ["KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment \"block incoming localnet connections\" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP"] : Array.Empty<string>(),
    ];

    private IEnumerable<string> NatRules() =>
    [
        "PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
        "OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
        "POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING",
        .. HasKubeletMarkDrop ? ["KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000"] : Array.Empty<string>(),
        "KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
        .. _minor < 18 ? ["KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -m mark --mark 0x4000/0x4000 -j MASQUERADE"]
            : (string[])[
                "KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
                "KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
                "KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE --random-fully",
            ],
    ];
}
