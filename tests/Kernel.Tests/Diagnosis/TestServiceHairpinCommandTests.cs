using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Commands;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Links;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>Test-ServiceHairpin without switches in an engine, on a node with three pods and three Services: which Services it is about, and what comes out.</summary>
public sealed class TestServiceHairpinCommandTests : IDisposable
{
    private readonly Runspace _runspace;
    private readonly NodeFixture _node = new(3);

    public TestServiceHairpinCommandTests()
    {
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Test-ServiceHairpin", typeof(TestServiceHairpinCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Get-NodeService", typeof(GetNodeServiceCommand), null));
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        _runspace.SessionStateProxy.SetVariable("node", $"/proc/self/fd/{_node.Node.Descriptor}");
        Restore.Do(_node.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyRuleset.Write(
        [
            new KubeProxyService("shop", "web", "http", IPAddress.Parse("10.96.0.10"), 80, [new(NodeFixture.PodAddress(0), 8080), new(IPAddress.Parse("10.245.0.9"), 8080)]),
            new KubeProxyService("kube-system", "dns", "dns", IPAddress.Parse("10.96.0.11"), 53, [new(NodeFixture.PodAddress(1), 53)]) { Protocol = "udp", NodePort = 30053 },
            new KubeProxyService("shop", "far", "http", IPAddress.Parse("10.96.0.12"), 80, [new(IPAddress.Parse("10.245.0.9"), 8080)]),
        ]));
    }

    public void Dispose()
    {
        _runspace.Dispose();
        _node.Dispose();
    }

    private (List<PSObject> Output, List<ErrorRecord> Errors) Run(string script)
    {
        using var shell = PowerShell.Create(_runspace).AddScript(script);
        var output = shell.Invoke();
        return ([.. output], [.. shell.Streams.Error]);
    }

    private string[] Show(string script)
    {
        var (output, errors) = Run(script);
        Assert.Empty(errors);
        return [.. output.Select(o => (ServiceHairpinResult)o.BaseObject).Select(r => $"{r.Service} {r.SourcePod} {r.Endpoint}")];
    }

    [Fact]
    public void Every_service_with_an_endpoint_here_is_tried_from_a_neighbour_and_from_the_endpoint_itself() => Assert.Equal(
        [
            "shop/web:http 10.244.0.3 10.244.0.2:8080", "shop/web:http 10.244.0.2 10.244.0.2:8080",
            "kube-system/dns:dns 10.244.0.2 10.244.0.3:53", "kube-system/dns:dns 10.244.0.3 10.244.0.3:53",
            // By the node port, on an address of the node.
            "kube-system/dns:dns 10.244.0.2 10.244.0.3:53", "kube-system/dns:dns 10.244.0.3 10.244.0.3:53",
        ],
        Show("Test-ServiceHairpin -NetNamespace $node"));

    /// <summary>--nodeport-addresses: only what KUBE-SERVICES itself names leads to a node port.</summary>
    [Fact]
    public void A_node_port_is_called_by_an_address_that_kube_proxy_serves_it_on()
    {
        string Called() => string.Join(' ', Run("Test-ServiceHairpin dns -NetNamespace $node").Output.Select(o => (ServiceHairpinResult)o.BaseObject)
            .Where(r => r.Type == NodeServiceType.NodePort).Select(r => $"{r.ServiceIP}:{r.Port} {r.Cause != ServiceHairpinCause.NoTranslation}").Distinct());
        Assert.Equal("10.244.0.1:30053 True", Called());
        Tool.Run(_node.Node, "ip link add up0 up type veth peer name up1");
        Tool.Run(_node.Node, "ip link set up1 up");
        Tool.Run(_node.Node, "ip addr add 192.0.2.9/24 dev up0");
        Tool.Run(_node.Node, "ip addr add 198.51.100.9/24 dev up0");
        Tool.Run(_node.Node, "ip route add default dev up0");
        Assert.Equal("192.0.2.9:30053 True", Called());
        Tool.Run(_node.Node, "iptables-nft -t nat -F KUBE-SERVICES");
        Tool.Run(_node.Node, "iptables-nft -t nat -A KUBE-SERVICES -d 198.51.100.9/32 -j KUBE-NODEPORTS");
        Assert.Equal("198.51.100.9:30053 True", Called());
    }

    [Theory]
    [InlineData("Test-ServiceHairpin shop/web -NetNamespace $node", "shop/web:http")]
    [InlineData("Test-ServiceHairpin dns -NetNamespace $node", "kube-system/dns:dns")]
    [InlineData("Test-ServiceHairpin -Name *:http -Namespace sh* -NetNamespace $node", "shop/far:http shop/web:http")]
    [InlineData("Test-ServiceHairpin -ServiceIP 10.96.0.12 -NetNamespace $node", "shop/far:http")]
    [InlineData("Test-ServiceHairpin -Protocol Udp -NetNamespace $node", "kube-system/dns:dns")]
    [InlineData("Get-NodeService web -NetNamespace $node | Test-ServiceHairpin -NetNamespace $node", "shop/web:http")]
    [InlineData("Get-NodeService -NetNamespace $node | Test-ServiceHairpin -NetNamespace $node", "kube-system/dns:dns shop/far:http shop/web:http")]
    [InlineData("'shop/web', 'dns' | % { [pscustomobject] @{ Name = $_ } } | Test-ServiceHairpin -NetNamespace $node", "kube-system/dns:dns shop/web:http")]
    public void Services_are_named_by_name_namespace_address_or_another_cmdlets_output(string script, string services) =>
        Assert.Equal(services, string.Join(' ', Show(script).Select(r => r.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal)));

    [Fact]
    public void A_literal_miss_is_an_error_and_a_wildcard_miss_is_not()
    {
        var (output, errors) = Run("Test-ServiceHairpin no/such, web -NetNamespace $node");
        Assert.Equal(2, output.Count);
        Assert.StartsWith("ServiceNotFound", Assert.Single(errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        (output, errors) = Run("Test-ServiceHairpin no* -NetNamespace $node");
        Assert.Empty(output);
        Assert.Empty(errors);
    }

    [Fact]
    public void A_remedy_names_the_namespace_of_the_question_and_is_tried_first()
    {
        string space = $"/proc/self/fd/{_node.Node.Descriptor}";
        using var server = _node.Pods[0].Run(() =>
        {
            var listener = new System.Net.Sockets.TcpListener(IPAddress.Any, 8080);
            listener.Start();
            return listener;
        });
        Tool.Run(_node.Node, "sysctl -qw net.ipv4.ip_forward=1");
        var own = (ServiceHairpinResult)Run("Test-ServiceHairpin -ServiceIP 10.96.0.10 -NetNamespace $node").Output.Single(o => ((ServiceHairpinResult)o.BaseObject).SourcePod == "10.244.0.2").BaseObject;
        Assert.Equal(ServiceHairpinCause.HairpinOff, own.Cause);
        Assert.StartsWith($"nsenter --net={space} bridge link set dev ", own.Remedy, StringComparison.Ordinal);
        Assert.Equal(ServiceVerdict.Works, own.RemedyGives);
        Tool.Run(_node.Node, "sysctl -qw net.ipv4.ip_forward=0");
        var all = Run("Test-ServiceHairpin -ServiceIP 10.96.0.10 -NetNamespace $node").Output.Select(o => (ServiceHairpinResult)o.BaseObject).ToList();
        Assert.All(all, r => Assert.StartsWith($"Set-NodeSysctl -Name net.ipv4.ip_forward -Value 1 -NetNamespace {space}", r.Remedy, StringComparison.Ordinal));
        Assert.All(all, r => Assert.Equal((ServiceHairpinCause.ForwardingOff, ServiceVerdict.Works), (r.Cause, r.RemedyGives)));
        // The pod's own port is what is in the way then.
        Assert.Contains("hairpin on", all.Single(r => r.SourcePod == "10.244.0.2").Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_probe_without_a_service_says_what_it_needs() =>
        Assert.StartsWith("ProbeNeedsService", Assert.Single(Run("Test-ServiceHairpin -Probe -NetNamespace $node").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);

    [Fact]
    public void Quiet_says_whether_all_of_them_work()
    {
        // A check of what is not there, for a slip of the pen, does not say that all is well.
        Assert.Equal([false], Run("Test-ServiceHairpin no* -NetNamespace $node -Quiet").Output.Select(o => o.BaseObject));
        Assert.Equal([false], Run("Test-ServiceHairpin -NetNamespace $node -Quiet").Output.Select(o => o.BaseObject));
        Assert.Equal([true], Run("Test-ServiceHairpin -Passive -NetNamespace $node -Quiet").Output.Select(o => o.BaseObject));
    }

    [Fact]
    public void Nothing_of_a_service_is_lost_on_the_way_to_another_session()
    {
        var (output, _) = Run("[Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize((Test-ServiceHairpin dns -NetNamespace $node)[0]))");
        dynamic back = Assert.Single(output);
        Assert.Equal("kube-system/dns:dns", (string)back.Service);
        Assert.Equal("udp", (string)back.Protocol);
        Assert.Equal("10.96.0.11", back.ServiceIP.ToString());
    }
}
