using System.Net;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;
using K8sNetfilter.Services;
using K8sNetfilter.Tests.Nodes;
using K8sNetfilter.Tests.Simulation;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>Each cause that the diagnosis can find, from plain data: what a node has to be for it, and who is told what to do.</summary>
public sealed class ServiceHairpinDiagnosisTests
{
    private const string A = "10.244.0.2", Web = PlainNode.Web, Own = PlainNode.Own;
    private const string Filter = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n";

    /// <summary>A node for a cause, the Service that pod A calls, what the evidence names, and the start of the remedy.</summary>
    private static readonly Dictionary<ServiceHairpinCause, (Action<PlainNode> Arrange, string Service, string Evidence, string? Remedy)> Cases = new()
    {
        [ServiceHairpinCause.None] = (_ => { }, Web, "the call reaches 10.244.0.3:8080", null),
        [ServiceHairpinCause.Unknown] = (n => n.Rules += $"{Filter}-A FORWARD -m set --match-set blocked src -j DROP\nCOMMIT\n", Web, "blocked", "Test-ServiceHairpin "),
        [ServiceHairpinCause.BridgeNetfilterOff] = (n => n.Sysctls.Live!["net/bridge/bridge-nf-call-iptables"] = "0", Web,
            "cni0 forwards the answer at layer 2 past connection tracking", "Set-NodeSysctl -Name net.bridge.bridge-nf-call-iptables -Value 1 -Persist"),
        [ServiceHairpinCause.ModuleMissing] = (RemoveBridgeNetfilter, Web, "br_netfilter is not loaded", "Enable-KernelModule -Name br_netfilter -Persist; "),
        [ServiceHairpinCause.NoTranslation] = (
            n => n.Rules = n.Rules!.Replace("-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n", "", StringComparison.Ordinal), Web,
            "no rule that the call meets translates", "iptables-nft -t nat -I PREROUTING "),
        [ServiceHairpinCause.NoEndpoint] = (n => n.Rules = Refusing(n.Rules!), Web, "KUBE-SERVICES", "kubectl -n default get endpointslices"),
        [ServiceHairpinCause.EndpointSilent] = (Departed, Web, "nobody on cni0 has 10.244.0.3", "kubectl get endpointslices"),
        [ServiceHairpinCause.EndpointRefused] = (n => n.PodSockets[5] = Pod("10.244.0.3", "tcp LISTEN 0 5 0.0.0.0:9 0.0.0.0:*\n"), Web, "nothing listens on 8080/tcp", ""),
        [ServiceHairpinCause.HairpinOff] = (_ => { }, Own, "hairpin", "bridge link set dev veth-a hairpin on"),
        [ServiceHairpinCause.MasqueradeMissing] = (n => { Hairpin(n); n.Rules = n.Rules!.Replace(PlainNode.Jump, "", StringComparison.Ordinal); }, Own,
            "no rule masquerades the call", "iptables-nft -t nat -I POSTROUTING "),
        [ServiceHairpinCause.RuleOrder] = (n => { Hairpin(n); n.Rules = n.Rules!.Replace(PlainNode.Jump, "-A POSTROUTING -o cni0 -j ACCEPT\n" + PlainNode.Jump, StringComparison.Ordinal); }, Own,
            "rule 1 of nat POSTROUTING accepts the call before", "iptables-nft -t nat -I POSTROUTING "),
        [ServiceHairpinCause.ForwardingOff] = (n => n.Sysctls.Live!["net/ipv4/ip_forward"] = "0", Web, "forward", "Set-NodeSysctl -Name net.ipv4.ip_forward -Value 1 -Persist"),
        [ServiceHairpinCause.DroppedByRule] = (n => n.Rules += $"{Filter}-A FORWARD -d 10.244.0.3/32 -j DROP\nCOMMIT\n", Web, "-d 10.244.0.3/32 -j DROP", "Trace-NetfilterPacket "),
        [ServiceHairpinCause.NotTracked] = (n => n.Rules += "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -d 10.96.0.10/32 -j CT --notrack\nCOMMIT\n", Web,
            "rule 1 of raw PREROUTING takes it out of connection tracking", "iptables-nft -t raw -D PREROUTING 1"),
        [ServiceHairpinCause.ConntrackFull] = (n => n.Usage = new ConntrackStatistic([], 100, 100, 1024), Web, "conntrack holds 100 entries of at most 100", "Set-NodeSysctl -Name net.netfilter.nf_conntrack_max -Value 200"),
        [ServiceHairpinCause.NoRoute] = (n => { Elsewhere(n, "10.9.9.9"); n.Links.Routes.RemoveAll(r => r.PrefixLength == 0); }, Web, "no route", "ip route get 10.9.9.9"),
        [ServiceHairpinCause.NotByRules] = (n => n.Links.Links.Add(new Link { Index = 9, Name = "cilium_host", IsUp = true, HasCarrier = true, Mtu = 1500 }), Web, "cilium_host", "Test-ServiceHairpin "),
        [ServiceHairpinCause.AnswerBypasses] = (Uplinked, Web, "the answer goes past this node", "Get-NetfilterRule -Table nat -Chain KUBE-POSTROUTING"),
    };

    public static TheoryData<ServiceHairpinCause> Causes => new(Cases.Keys);

    [Theory]
    [MemberData(nameof(Causes))]
    public void A_node_that_is_so_gives_the_cause_with_its_evidence_and_remedy(ServiceHairpinCause cause)
    {
        var (arrange, service, evidence, remedy) = Cases[cause];
        var node = new PlainNode();
        arrange(node);
        var result = Diagnose(node, service).First(r => r.SourcePod == A);
        Assert.Equal((cause, cause switch
        {
            ServiceHairpinCause.None => ServiceVerdict.Works,
            ServiceHairpinCause.Unknown or ServiceHairpinCause.NotByRules => ServiceVerdict.Unknown,
            _ => ServiceVerdict.Broken,
        }), (result.Cause, result.Verdict));
        Assert.Contains(evidence, result.Evidence, StringComparison.Ordinal);
        Assert.Equal(remedy is null, result.Remedy is null);
        Assert.StartsWith(remedy ?? "", result.Remedy ?? "", StringComparison.Ordinal);
    }

    /// <summary>A diagnosis asks about packets of no length, and a walk over rules meets no entry: these two are found by a probe and by a look at the connections.</summary>
    [Fact]
    public void Every_cause_but_those_of_traffic_is_found_without_any() => Assert.Equal(
        [ServiceHairpinCause.PacketTooLarge, ServiceHairpinCause.StaleEntry],
        Enum.GetValues<ServiceHairpinCause>().Except(Cases.Keys));

    [Fact]
    public void Every_Service_with_an_endpoint_here_is_tried_from_a_neighbour_and_from_the_endpoint_itself()
    {
        var node = new PlainNode();
        Hairpin(node);
        Assert.Equal(
            [$"{Web} 10.244.0.2 Works", $"{Web} 10.244.0.3 Works", $"{Own} 10.244.0.2 Works", $"{Own} 10.244.0.3 Works"],
            Diagnose(node, null).Select(r => $"{r.ServiceIP} {r.SourcePod} {r.Verdict}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_Service_without_an_endpoint_here_is_tried_where_it_is_asked_for_only()
    {
        var node = new PlainNode();
        Elsewhere(node, "10.9.9.9");
        Assert.DoesNotContain(Diagnose(node, null), r => r.ServiceIP == Web);
        var result = Diagnose(node, Web).First(r => r.SourcePod == A);
        Assert.Equal((ServiceVerdict.Works, "10.9.9.9:8080"), (result.Verdict, result.Endpoint));
        Assert.NotEmpty(result.Assumptions);
    }

    [Fact]
    public void Without_rules_there_is_no_diagnosis_and_without_routes_no_verdict()
    {
        Assert.Null(ServiceHairpinDiagnosis.Run(new PlainNode { Rules = null }, new HairpinQuery(), CancellationToken.None));
        var node = new PlainNode();
        node.Links.KnowsRoutes = false;
        Assert.All(Diagnose(node, Web), r => Assert.Equal(ServiceVerdict.Unknown, r.Verdict));
    }

    [Fact]
    public void A_rule_of_KUBE_SERVICES_that_cannot_be_read_hides_a_Service()
    {
        var node = new PlainNode();
        node.Rules = node.Rules!.Replace("-A KUBE-SERVICES -d 10.96.0.10/32", "-A KUBE-SERVICES stray -d 10.96.0.10/32", StringComparison.Ordinal);
        var lost = Assert.Single(Diagnose(node, null), r => r.ServiceIP is null);
        Assert.Equal((ServiceVerdict.Unknown, ServiceHairpinCause.Unknown), (lost.Verdict, lost.Cause));
        Assert.Contains("there may be Services that are not listed here", lost.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Service_of_IPVS_is_not_judged_by_rules()
    {
        var node = new PlainNode();
        node.Links.Links.Add(new Link { Index = 9, Name = "kube-ipvs0", Kind = "dummy", Mtu = 1500 });
        node.Links.Addresses.Add(new Address { IPAddress = IPAddress.Parse(Web), PrefixLength = 32, LinkIndex = 9 });
        var all = Diagnose(node, null);
        Assert.Contains(all, r => r.Cause == ServiceHairpinCause.NotByRules && r.Evidence!.StartsWith("kube-proxy in IPVS mode: the interface kube-ipvs0 has 1 Service addresses", StringComparison.Ordinal));
        Assert.All(all.Where(r => r.ServiceIP == Web), r => Assert.Equal(ServiceHairpinCause.NotByRules, r.Cause));
        Assert.DoesNotContain(all.Where(r => r.ServiceIP == Own), r => r.Cause == ServiceHairpinCause.NotByRules);
    }

    [Fact]
    public void A_node_port_is_called_by_an_address_of_the_node()
    {
        var node = new PlainNode();
        Hairpin(node);
        node.Rules = node.Rules!.Replace(":KUBE-SERVICES - [0:0]\n", ":KUBE-SERVICES - [0:0]\n:KUBE-NODEPORTS - [0:0]\n", StringComparison.Ordinal).Replace(
            "COMMIT", "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\n-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-SVC-WEBWEBWEBWEBWEBW\nCOMMIT", StringComparison.Ordinal);
        var called = Diagnose(node, null).Where(r => r.Port == 30080).ToList();
        Assert.NotEmpty(called);
        Assert.All(called, r => Assert.Equal((NodeServiceType.NodePort, ServiceVerdict.Works), (r.Type, r.Verdict)));
        Assert.All(called, r => Assert.Contains(r.ServiceIP, new[] { "192.168.1.10", "10.244.0.1" }));
    }

    private static List<ServiceHairpinResult> Diagnose(PlainNode node, string? service)
    {
        var query = new HairpinQuery { Wants = service is null ? null : s => s.IP == service, OnProblem = p => Assert.Fail(p.Message) };
        return [.. ServiceHairpinDiagnosis.Run(node, query, TestContext.Current.CancellationToken)!];
    }

    private static void RemoveBridgeNetfilter(PlainNode node)
    {
        foreach (string key in node.Sysctls.Live!.Keys.Where(k => k.StartsWith("net/bridge/", StringComparison.Ordinal)).ToList())
        {
            node.Sysctls.Live.Remove(key);
        }
    }

    // Without an endpoint kube-proxy has no chains for a Service, and refuses its calls.
    private static string Refusing(string rules) => string.Concat(rules.Split('\n').Where(l => !l.Contains("-d 10.96.0.10/32", StringComparison.Ordinal)).Select(l => l + "\n"))
        + "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n-A FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n"
        + "-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment \"default/web:http has no endpoints\" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n";

    private static PodListeners Pod(string address, string sockets) => new()
    {
        Table = ListenerText.Parse("Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n" + sockets),
        Addresses = [IPAddress.Parse(address), IPAddress.Loopback],
        HasRules = false,
        AnswersForOthers = false,
        Ways = [new PodWay(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.244.0.1"))],
    };

    // Pod B has gone, and its address is still the endpoint's.
    private static void Departed(PlainNode node)
    {
        node.Links.Links.RemoveAll(l => l.Name == "veth-b");
        node.Links.Pods.Remove(5);
        node.PodSockets[4] = Pod(A, "tcp LISTEN 0 5 0.0.0.0:8080 0.0.0.0:*\n");
    }

    private static void Hairpin(PlainNode node)
    {
        for (int i = 0; i < node.Links.Links.Count; i++)
        {
            if (node.Links.Links[i] is { Port: { } port } link)
            {
                node.Links.Links[i] = link with { Port = port with { Hairpin = true } };
            }
        }
    }

    // The Service's only endpoint is on another machine.
    private static void Elsewhere(PlainNode node, string endpoint) => node.Rules = node.Rules!
        .Replace("KUBE-SEP-BBBBBBBBBBBBBBBB -s 10.244.0.3/32", $"KUBE-SEP-BBBBBBBBBBBBBBBB -s {endpoint}/32", StringComparison.Ordinal)
        .Replace("--to-destination 10.244.0.3:8080", $"--to-destination {endpoint}:8080", StringComparison.Ordinal);

    // The bridge has the node's own uplink in it, as a hypervisor's has, and the endpoint is a machine on that network.
    private static void Uplinked(PlainNode node)
    {
        Elsewhere(node, "10.244.0.50");
        node.Sysctls.Live!["net/bridge/bridge-nf-call-iptables"] = "0";
        int eth0 = node.Links.Links.FindIndex(l => l.Name == "eth0");
        node.Links.Links[eth0] = node.Links.Links[eth0] with { MasterIndex = 3, Port = new BridgePortSettings { State = BridgePortState.Forwarding, Hairpin = false, Isolated = false } };
    }
}
