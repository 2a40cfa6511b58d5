using System.Management.Automation;
using System.Net.Sockets;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>-Probe and -Passive on a node in namespaces, each cause brought about for real.</summary>
public sealed class ProbeTests
{
    private static bool HasBridgeNetfilter => Directory.Exists("/proc/sys/net/bridge");

    [Theory]
    [InlineData(AddressFamily.InterNetwork, ProtocolType.Tcp)]
    [InlineData(AddressFamily.InterNetwork, ProtocolType.Udp)]
    [InlineData(AddressFamily.InterNetworkV6, ProtocolType.Tcp)]
    [InlineData(AddressFamily.InterNetworkV6, ProtocolType.Udp)]
    public void A_call_that_is_answered_works(AddressFamily family, ProtocolType protocol)
    {
        // Routed, so that it works without br_netfilter as well.
        using var node = new ProbeNode(new LabScenario { Name = "works", Call = HasBridgeNetfilter, Family = family, Protocol = protocol, Target = LabTarget.Routed });
        var result = node.Probe();
        Assert.Equal((ServiceVerdict.Works, ServiceHairpinCause.None), (result.Verdict, result.Cause));
        Assert.Equal(("default/web:http", node.Addresses.ServiceAddress.ToString(), 80), (result.Service, result.ServiceIP, result.Port));
        Assert.Equal((node.Addresses.Client, node.Addresses.Endpoint.ToString()), (result.SourcePod, result.Endpoint));
        Assert.Null(result.Remedy);
        Assert.Equal([true], node.Run("Test-ServiceHairpin -Probe -ServiceIP $service -Port 80 -Protocol " + protocol + " -SourcePod $client -NetNamespace $node -Quiet"));
    }

    /// <summary>By its name at the cluster IP; a node port, which has no address, at one of the node. A real call and the walk agree.</summary>
    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void A_Service_is_called_by_its_name_and_a_node_port_at_an_address_of_the_node(AddressFamily family)
    {
        using var node = new ProbeNode(new LabScenario { Name = "works", Call = HasBridgeNetfilter, Family = family, Target = LabTarget.Routed });
        node.Restore("""
            *nat
            :KUBE-NODEPORTS - [0:0]
            :KUBE-EXT-AAAAAAAAAAAAAAAA - [0:0]
            -A KUBE-SERVICES -m addrtype --dst-type LOCAL -m comment --comment "kubernetes service nodeports" -j KUBE-NODEPORTS
            -A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j KUBE-EXT-AAAAAAAAAAAAAAAA
            -A KUBE-EXT-AAAAAAAAAAAAAAAA -m comment --comment "masquerade traffic for default/web:http external destinations" -j KUBE-MARK-MASQ
            -A KUBE-EXT-AAAAAAAAAAAAAAAA -j KUBE-SVC-AAAAAAAAAAAAAAAA
            COMMIT

            """);
        const string Probe = "Test-ServiceHairpin -Probe -SourcePod $client -NetNamespace $node -TimeoutSeconds 1.5";
        foreach (string name in (string[])["default/web", "web", "-Name default/web:http", "-Name web -Namespace default -Port 80", "-Namespace def*"])
        {
            var result = Assert.IsType<ServiceHairpinResult>(Assert.Single(node.Run($"{Probe} {name}")));
            Assert.Equal((ServiceVerdict.Works, node.Addresses.ServiceAddress.ToString(), 80, "default/web:http"), (result.Verdict, result.ServiceIP, result.Port, result.Service));
        }

        var port = Assert.IsType<ServiceHairpinResult>(Assert.Single(node.Run($"Get-NodeService -Type NodePort -NetNamespace $node | {Probe}")));
        Assert.Equal((ServiceVerdict.Works, 30080, "default/web:http"), (port.Verdict, port.Port, port.Service));
        Assert.Contains(port.ServiceIP!.ToString(), Tool.Run(node.Lab.Node, "ip -o address"), StringComparison.Ordinal);
        string walk = $"Trace-NetfilterPacket -Source {node.Addresses.Client} -NetNamespace $node -Summary";
        var called = Assert.IsType<WalkBranch>(Assert.Single(node.Run($"Get-NodeService -Type NodePort -NetNamespace $node | {walk}")));
        Assert.Equal((MatchOutcome.Yes, ""), (called.Works, called.Works == MatchOutcome.Yes ? "" : called.Reason));
        Assert.Equal(MatchOutcome.Yes, Assert.IsType<WalkBranch>(Assert.Single(node.Run($"{walk} -Service default/web"))).Works);

        Assert.Equal("ServiceNotFound", Assert.Single(node.TryRun($"{Probe} default/webb").Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal("ProbeNeedsService", Assert.Single(node.TryRun(Probe).Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal([false], node.Run($"{Probe} webb* -Quiet"));
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void Bridge_netfilter_that_is_off_or_missing_is_the_cause_and_Passive_sees_it_too(AddressFamily family)
    {
        using var node = new ProbeNode(new LabScenario { Name = "off", Call = false, Family = family });
        Assert.Empty(node.Run("Test-ServiceHairpin -Passive -NetNamespace $node"));
        Assert.Equal([true], node.Run("Test-ServiceHairpin -Passive -NetNamespace $node -Quiet"));

        var result = node.Probe();
        Assert.Equal(
            (ServiceVerdict.Broken, HasBridgeNetfilter ? ServiceHairpinCause.BridgeNetfilterOff : ServiceHairpinCause.ModuleMissing, "br0"),
            (result.Verdict, result.Cause, result.Bridge));
        string key = family == AddressFamily.InterNetworkV6 ? "net.bridge.bridge-nf-call-ip6tables" : "net.bridge.bridge-nf-call-iptables";
        Assert.EndsWith($"Set-NodeSysctl -Name {key} -Value 1 -NetNamespace {node.Space}", result.Remedy, StringComparison.Ordinal);
        Assert.Equal(ServiceVerdict.Works, result.RemedyGives);
        Assert.Contains("[UNREPLIED]", result.Evidence, StringComparison.Ordinal);

        node.Probe();
        var seen = Assert.IsType<ServiceHairpinResult>(Assert.Single(node.Run("Test-ServiceHairpin -Passive -NetNamespace $node")));
        Assert.Equal(("default/web:http", 2, result.Cause, "br0"), (seen.Service, seen.Connections, seen.Cause, seen.Bridge));
        Assert.Equal((node.Addresses.Client, node.Addresses.Endpoint.ToString()), (seen.SourcePod, seen.Endpoint));
        Assert.Equal([false], node.Run("Test-ServiceHairpin -Passive -NetNamespace $node -Quiet"));

        var back = (PSObject)PSSerializer.Deserialize(PSSerializer.Serialize(seen));
        foreach (string name in (string[])["Service", "ServiceIP", "Port", "Protocol", "SourcePod", "Endpoint", "Bridge", "Verdict", "Cause", "Evidence", "Remedy"])
        {
            Assert.Equal(typeof(ServiceHairpinResult).GetProperty(name)!.GetValue(seen)?.ToString(), back.Properties[name].Value?.ToString());
        }

        if (HasBridgeNetfilter)
        {
            // The remedy, taken at its word.
            node.Lab.Node.Run(() => File.WriteAllText("/proc/sys/" + key.Replace('.', '/'), "1"));
            Assert.Equal(ServiceVerdict.Works, node.Probe().Verdict);
        }
    }

    [Fact]
    public void A_pods_own_Service_fails_with_hairpin_mode_off_until_the_remedy()
    {
        Assert.SkipUnless(HasBridgeNetfilter, "br_netfilter is not loaded");
        using var node = new ProbeNode(new LabScenario { Name = "own", Target = LabTarget.OwnService });
        var result = node.Probe();
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.HairpinOff, "br0"), (result.Verdict, result.Cause, result.Bridge));
        Assert.StartsWith($"nsenter --net={node.Space} bridge link set dev pod0 hairpin on", result.Remedy, StringComparison.Ordinal);
        Assert.Equal(ServiceVerdict.Works, result.RemedyGives);
        Tool.Require("bridge");
        Tool.Run(node.Lab.Node, "bridge link set dev pod0 hairpin on");
        Assert.Equal(ServiceVerdict.Works, node.Probe().Verdict);
    }

    [Fact]
    public void A_pods_own_Service_fails_without_its_masquerade()
    {
        Assert.SkipUnless(HasBridgeNetfilter, "br_netfilter is not loaded");
        using var node = new ProbeNode(new LabScenario { Name = "own", Target = LabTarget.OwnService, Hairpin = true, Masquerade = LabMasquerade.None });
        Assert.Equal(ServiceHairpinCause.MasqueradeMissing, node.Probe().Cause);
    }

    [Fact]
    public void A_call_that_no_rule_translates_and_a_Service_without_endpoints_are_told_apart()
    {
        using var node = new ProbeNode(new LabScenario { Name = "ports", Call = HasBridgeNetfilter });
        node.AddWayOut();
        var result = node.Probe(81);
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.NoTranslation, null), (result.Verdict, result.Cause, result.Service));
        // What kube-proxy writes for a Service without endpoints.
        node.Restore($"""
            *filter
            :KUBE-SERVICES - [0:0]
            -A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES
            -A KUBE-SERVICES -d {node.Addresses.ServiceAddress}/32 -p tcp -m comment --comment "default/none:http has no endpoints" -m tcp --dport 82 -j REJECT --reject-with icmp-port-unreachable
            COMMIT

            """);
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.NoEndpoint), (node.Probe(82).Verdict, node.Probe(82).Cause));
    }

    [Fact]
    public void An_endpoint_that_refuses_and_one_that_is_silent_are_told_apart()
    {
        using var node = new ProbeNode(new LabScenario { Name = "silent", Call = HasBridgeNetfilter, Target = LabTarget.Routed }, serve: false);
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.EndpointRefused), (node.Probe().Verdict, node.Probe().Cause));
        Tool.Run(node.Lab.Endpoint, "nft add table ip t");
        Tool.Run(node.Lab.Endpoint, "nft", "add chain ip t i { type filter hook input priority 0 ; policy drop ; }");
        var result = node.Probe();
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.EndpointSilent), (result.Verdict, result.Cause));
        Assert.Contains(node.Addresses.Endpoint.ToString(), result.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Forwarding_that_is_off_and_a_rule_that_drops_are_told_apart()
    {
        using var node = new ProbeNode(new LabScenario { Name = "routing", Call = HasBridgeNetfilter, Forwarding = false });
        var result = node.Probe();
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.ForwardingOff), (result.Verdict, result.Cause));
        Assert.Equal(($"Set-NodeSysctl -Name net.ipv4.ip_forward -Value 1 -NetNamespace {node.Space}", ServiceVerdict.Works), (result.Remedy, result.RemedyGives));
        node.Lab.Node.Run(() => File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1"));
        Tool.Run(node.Lab.Node, "iptables-nft -P FORWARD DROP");
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.DroppedByRule), (node.Probe().Verdict, node.Probe().Cause));
    }

    /// <summary>No entry tells of a drop where nothing is tracked: here the call goes where nobody answers.</summary>
    [Fact]
    public void Without_connection_tracking_a_call_that_left_no_entry_is_not_blamed_on_a_rule()
    {
        using var node = new ProbeNode(new LabScenario { Name = "untracked", Call = HasBridgeNetfilter });
        node.AddWayOut();
        Tool.Run(node.Lab.Node, "nft flush ruleset");
        var result = node.Probe();
        Assert.Equal((ServiceVerdict.Inconclusive, ServiceHairpinCause.Unknown), (result.Verdict, result.Cause));
        Assert.Contains("tracks no connections", result.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_connection_table_is_the_cause()
    {
        Tool.Require("conntrack");
        using var node = new ProbeNode(new LabScenario { Name = "full", Call = HasBridgeNetfilter });
        // The limit holds for each network namespace, and can be set in the first one only.
        int maximum = int.Parse(File.ReadAllText("/proc/sys/net/netfilter/nf_conntrack_max"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.SkipWhen(maximum > 600_000, $"filling a table of {maximum} entries takes too long");
        string file = Path.GetTempFileName();
        using (var list = new StreamWriter(file))
        {
            // Assured, so that none is dropped early to make room.
            for (int i = 0; i < maximum; i++)
            {
                string pod = $"10.245.{i / 60_000}.{i % 250 + 1}";
                int port = 1024 + i % 60_000;
                list.Write($"-A -t 3000 -u SEEN_REPLY,ASSURED -s {pod} -d 10.97.0.1 -r 10.246.0.1 -q {pod} -p tcp --sport {port} --dport 80 "
                    + $"--reply-port-src 80 --reply-port-dst {port} --state ESTABLISHED\n");
            }
        }

        try
        {
            // The tool counts what it could not add as failures, the last one where the table is full.
            Tool.Run(node.Lab.Node, "sh", "-c", $"conntrack -R {file} >/dev/null 2>&1; exit 0");
        }
        finally
        {
            File.Delete(file);
        }

        var result = node.Probe();
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.ConntrackFull), (result.Verdict, result.Cause));
        Assert.Contains("nf_conntrack_max", result.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_source_one_pod_of_each_bridge_calls_and_a_pod_is_named_by_its_address()
    {
        using var node = new ProbeNode(new LabScenario { Name = "any", Call = HasBridgeNetfilter, Target = LabTarget.Routed });
        var result = Assert.IsType<ServiceHairpinResult>(Assert.Single(node.Run("Test-ServiceHairpin -Probe -ServiceIP $service -Port 80 -NetNamespace $node")));
        Assert.Equal((node.Addresses.Client, ServiceVerdict.Works), (result.SourcePod, result.Verdict));
        result = Assert.IsType<ServiceHairpinResult>(
            Assert.Single(node.Run($"Test-ServiceHairpin -Probe -ServiceIP $service -Port 80 -SourcePod {node.Addresses.Client} -NetNamespace $node")));
        Assert.Equal((node.Addresses.Client, ServiceVerdict.Works), (result.SourcePod, result.Verdict));
        var (output, errors) = node.TryRun("Test-ServiceHairpin -Probe -ServiceIP $service -Port 80 -SourcePod 10.244.99.99 -NetNamespace $node -Quiet");
        Assert.Equal([false], output);
        Assert.StartsWith("PodNotFound,", Assert.Single(errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
