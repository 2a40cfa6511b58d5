using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Commands;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Links;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Services;

public sealed class NodeServicesTests
{
    public static TheoryData<NetfilterBackend, IPFamily> Kinds => LiveRulesetTests.Kinds;

    private static IPEndPoint At(string address, int port) => new(IPAddress.Parse(address), port);

    // One Service with everything, one that only this node's endpoints serve, one without endpoints.
    private static KubeProxyService[] Make(bool isV6)
    {
        string pod = isV6 ? "fd00:10:244::" : "10.244.0.", service = isV6 ? "fd00:10:96::" : "10.96.0.", outside = isV6 ? "2001:db8::" : "203.0.113.";
        return
        [
            new("shop", "web", "http", IPAddress.Parse(service + "10"), 80, [At(pod + "2", 8080), At(pod + "3", 8080), At(pod + "9", 8080)])
            {
                NodePort = 30080,
                ExternalIP = IPAddress.Parse(outside + "1"),
                LoadBalancerIP = IPAddress.Parse(outside + "2"),
                SourceRanges = isV6 ? ["2001:db8:1::/48", "2001:db8:3::/48"] : ["198.51.100.0/24", "192.0.2.0/25"],
                AffinitySeconds = 10800,
            },
            new("shop", "local", "", IPAddress.Parse(service + "11"), 53, [At(pod + "2", 53), At(pod + "9", 53)])
            {
                Protocol = "udp",
                NodePort = 30053,
                LocalEndpoints = [At(pod + "2", 53)],
            },
            new("shop", "empty", "grpc", IPAddress.Parse(service + "12"), 443, []) { Protocol = "sctp" },
        ];
    }

    private static string Say(NodeService s) =>
        $"{s} {s.Type} {s.IP}:{s.Port}/{s.Protocol} affinity={s.Affinity?.TotalSeconds} local={s.IsLocalOnly} from={string.Join(',', s.SourceRanges.Order(StringComparer.Ordinal))} {s.Refusal} -> "
        + string.Join(", ", s.EndpointDetails.Select(e => FormattableString.Invariant($"{e}*{e.Weight}")));

    // What Make asks for, said of the rules.
    private static string[] Expected(bool isV6)
    {
        string pod = isV6 ? "[fd00:10:244::" : "10.244.0.", end = isV6 ? "]" : "", service = isV6 ? "fd00:10:96::" : "10.96.0.", outside = isV6 ? "2001:db8::" : "203.0.113.";
        string web = $"-> {pod}2{end}:8080*0.3333, {pod}3{end}:8080*0.3333, {pod}9{end}:8080*0.3333";
        string ranges = isV6 ? "2001:db8:1::/48,2001:db8:3::/48" : "192.0.2.0/25,198.51.100.0/24";
        return
        [
            $"shop/web:http ClusterIP {service}10:80/tcp affinity=10800 local=False from=  {web}",
            $"shop/web:http ExternalIP {outside}1:80/tcp affinity=10800 local=False from=  {web}",
            $"shop/web:http LoadBalancer {outside}2:80/tcp affinity=10800 local=False from={ranges}  {web}",
            $"shop/web:http NodePort :30080/tcp affinity=10800 local=False from=  {web}",
            $"shop/local ClusterIP {service}11:53/udp affinity= local=False from=  -> {pod}2{end}:53*0.5, {pod}9{end}:53*0.5",
            $"shop/local NodePort :30053/udp affinity= local=True from=  -> {pod}2{end}:53*1",
            $"shop/empty:grpc ClusterIP {service}12:443/sctp affinity= local=False from= REJECT -> ",
        ];
    }

    private static IReadOnlyList<NodeService> Read(NetworkNamespace space, params string[] names) =>
        NodeServices.Read(new LiveNode(KernelRoot.Live, space), names, p => Assert.Fail(p.Message), CancellationToken.None)!;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_of_Service_is_recovered_from_what_iptables_restore_loaded(NetfilterBackend backend, IPFamily family)
    {
        bool isV6 = family == IPFamily.IPv6;
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, backend, family, KubeProxyRuleset.Write(Make(isV6), isV6));
        var services = Read(space);
        Assert.Equal(Expected(isV6).Order(StringComparer.Ordinal), services.Select(Say).Order(StringComparer.Ordinal));
        Assert.All(services, s => Assert.Equal((KubeProxyMode.Iptables, family, backend), (s.ProxyMode, s.Family, s.Backend)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Names_are_found_by_their_hash_where_a_rule_has_no_comment(NetfilterBackend backend, IPFamily family)
    {
        bool isV6 = family == IPFamily.IPv6;
        using var space = Privilege.MakeNamespace();
        // No comment of a name at all, which is more than kube-proxy leaves out.
        string text = string.Join('\n', KubeProxyRuleset.Write(Make(isV6)[..2], isV6, isLarge: true).Split('\n')
            .Select(l => System.Text.RegularExpressions.Regex.Replace(l, " -m comment --comment \"shop/[^\"]*\"", "")));
        Restore.Do(space, backend, family, text);
        Assert.All(Read(space), s => Assert.Null(s.Name));
        var named = Read(space, "other/name:x", "shop/web:http", "shop/local");
        Assert.Equal(["shop/local", "shop/local", "shop/web:http", "shop/web:http", "shop/web:http", "shop/web:http"], named.Select(s => s.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Both_families_of_one_node_come_together()
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyRuleset.Write(Make(false)));
        Restore.Do(space, NetfilterBackend.Nft, IPFamily.IPv6, KubeProxyRuleset.Write(Make(true), isV6: true));
        Assert.Equal(Expected(false).Concat(Expected(true)).Order(StringComparer.Ordinal), Read(space).Select(Say).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Endpoints_on_this_node_are_told_with_their_bridge()
    {
        using var node = new NodeFixture(2);
        Restore.Do(node.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyRuleset.Write(Make(false)));
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Get-NodeService", typeof(GetNodeServiceCommand), null));
        using var runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        using var shell = PowerShell.Create(runspace).AddScript($"Get-NodeService shop/web:http -Type ClusterIP -NetNamespace /proc/self/fd/{node.Node.Descriptor}");
        var service = Assert.IsType<NodeService>(Assert.Single(shell.Invoke()).BaseObject);
        Assert.Empty(shell.Streams.Error);
        // The third is in the bridge's subnet and behind none of its ports: on this node or gone, the data does not say.
        Assert.Equal(
            [("10.244.0.2", true, "cni0"), ("10.244.0.3", true, "cni0"), ("10.244.0.9", null, "cni0")],
            service.EndpointDetails.Select(e => (e.IP, e.IsLocal, e.Bridge)));
    }

    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void Every_kind_of_Service_is_recovered_from_the_table_of_nftables_mode(IPFamily family)
    {
        bool isV6 = family == IPFamily.IPv6;
        using var space = Privilege.MakeNamespace();
        string file = Path.GetTempFileName();
        File.WriteAllText(file, NftKubeProxy.Write(Make(isV6), isV6));
        try
        {
            Tool.Run(space, "nft", "-f", file);
            var services = Read(space);
            Assert.Equal(Expected(isV6).Order(StringComparer.Ordinal), services.Select(Say).Order(StringComparer.Ordinal));
            Assert.All(services, s => Assert.Equal((KubeProxyMode.Nftables, family, null), (s.ProxyMode, s.Family, s.Backend)));

            // The same from a snapshot of the node.
            string folder = Path.Combine(Path.GetTempPath(), "k8snf-nft-" + Guid.NewGuid().ToString("N"));
            try
            {
                K8sNetfilter.Snapshots.Writing.SnapshotExport.Run(new LiveNode(KernelRoot.Live, space), folder, new K8sNetfilter.Snapshots.Writing.SnapshotExportOptions(), CancellationToken.None);
                var kept = NodeServices.Read(new K8sNetfilter.Snapshots.Reading.SnapshotNode(folder), [], p => Assert.Fail(p.Message), CancellationToken.None)!;
                Assert.Equal(services.Select(s => (Say(s), s.ProxyMode, s.Chain)), kept.Select(s => (Say(s), s.ProxyMode, s.Chain)));

                // Redacted, with nobody's names and addresses, and as many Services and endpoints of the same kinds.
                Directory.Delete(folder, recursive: true);
                K8sNetfilter.Snapshots.Writing.SnapshotExport.Run(new LiveNode(KernelRoot.Live, space), folder, new K8sNetfilter.Snapshots.Writing.SnapshotExportOptions { Redact = true }, CancellationToken.None);
                var redacted = NodeServices.Read(new K8sNetfilter.Snapshots.Reading.SnapshotNode(folder), [], p => Assert.Fail(p.Message), CancellationToken.None)!;
                static string Kind(NodeService s) => $"{s.Type} {s.Port}/{s.Protocol} {s.Affinity} {s.IsLocalOnly} {s.Refusal} {s.SourceRanges.Length} {string.Join(',', s.EndpointDetails.Select(e => $"{e.Port}*{e.Weight}"))}";
                Assert.Equal(services.Select(Kind), redacted.Select(Kind));
                Assert.All(redacted, s => Assert.Matches("^ns-[0-9a-f]+/svc-[0-9a-f]+(:(http|grpc))?$", s.FullName));
                Assert.Equal(services.Select(s => s.FullName).Distinct().Count(), redacted.Select(s => s.FullName).Distinct().Count());
                string text = string.Concat(Directory.EnumerateFiles(folder, "nft-*").Select(File.ReadAllText));
                foreach (string told in (string[])["shop", "web", isV6 ? "fd00:10:" : "10.244.0.", isV6 ? "fd00.10." : "10.96.0.", isV6 ? "2001:db8:1:" : "203.0.113.1"])
                {
                    Assert.DoesNotContain(told, text, StringComparison.Ordinal);
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }

            // The same from a file that somebody saved, whose protocols have names.
            File.WriteAllText(file, Tool.Run(space, $"nft -j list table {(isV6 ? "ip6" : "ip")} kube-proxy"));
            Assert.Equal(services.Select(Say), ServiceFile.Read(file, [], new RulesetParserOptions(), CancellationToken.None).Select(Say));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
