using System.Diagnostics;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

public sealed class LiveChainReportTests
{
    public static TheoryData<ChainOwner, NetfilterBackend> Owners { get; } = new(
        from owner in Enum.GetValues<ChainOwner>()
        from backend in Enum.GetValues<NetfilterBackend>()
        select (owner, backend));

    private static string TextOf(ChainOwner owner) => owner switch
    {
        ChainOwner.KubeProxy => OwnerRuleset.KubeProxy,
        ChainOwner.Cilium => OwnerRuleset.Cilium,
        ChainOwner.Calico => OwnerRuleset.Calico,
        ChainOwner.Flannel => OwnerRuleset.Flannel,
        ChainOwner.Docker => OwnerRuleset.Docker,
        ChainOwner.Kubelet => OwnerRuleset.Kubelet,
        _ => OwnerRuleset.CniPortmap,
    };

    private static NetfilterChainResult[] Judge(NetworkNamespace space, params ChainOwner[] owners) =>
        [.. ChainReport.Read(
            new LiveRulesetSource(KernelRoot.Live, space).Read(new RulesetQuery(), CancellationToken.None)!, owners.Length == 0 ? null : owners, isWhole: true)];

    // The command lines that a result gives are a user's: a shell runs them.
    private static void Obey(NetworkNamespace space, string remedy) => Tool.Run(space, "sh", "-c", remedy);

    [Theory]
    [MemberData(nameof(Owners))]
    public void What_a_component_writes_works_and_what_a_flush_leaves_does_not(ChainOwner owner, NetfilterBackend backend)
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, backend, IPFamily.IPv4, TextOf(owner));
        // kubelet's chain stands beside kube-proxy's.
        var before = Judge(space, owner);
        Assert.NotEmpty(before);
        Assert.All(before, r => Assert.Equal((owner, backend, IPFamily.IPv4), (r.Owner, r.Backend!.Value, r.Family)));
        Assert.All(before, r => Assert.True((r.Verdict, r.Cause) == (ChainVerdict.Works, ChainCause.None), r.ToString()));
        Assert.All(before, r => Assert.True(r.ChainCount > 0 && r.Remedy is null && r.RepairsItself is null, r.ToString()));

        // Somebody flushes the chain that all of this hangs on.
        string jumps = string.Join('\n', before.Select(r => r.Evidence));
        string[] tables = [.. before.Select(r => r.Table!).Distinct()];
        string tool = Restore.NameOf(backend, IPFamily.IPv4, "save")[..^5];
        foreach (string table in tables)
        {
            foreach (string chain in (string[])["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"])
            {
                if (Restore.Save(space, backend, IPFamily.IPv4, "-t", table).Any(l => l.StartsWith($":{chain} ", StringComparison.Ordinal)))
                {
                    Tool.Run(space, tool, "-t", table, "-F", chain);
                }
            }
        }

        var after = Judge(space, owner);
        Assert.Equal(before.Select(r => (r.Table, r.Group)), after.Select(r => (r.Table, r.Group)));
        Assert.All(after, r => Assert.True((r.Verdict, r.Cause) == (ChainVerdict.Broken, ChainCause.NotReached), r.ToString()));
        Assert.All(after, r => Assert.True(r.Remedy is not null && r.RepairsItself is not null && r.Repair is not null, r.ToString()));
        Assert.Equal(owner is ChainOwner.KubeProxy or ChainOwner.Calico or ChainOwner.Flannel or ChainOwner.Kubelet, after.All(r => r.RepairsItself == true));
        if (owner is ChainOwner.KubeProxy or ChainOwner.Flannel or ChainOwner.CniPortmap or ChainOwner.Kubelet)
        {
            foreach (var result in after.Where(r => r.Remedy!.StartsWith("iptables", StringComparison.Ordinal)))
            {
                Obey(space, result.Remedy!);
            }

            var again = Judge(space, owner);
            Assert.All(again, r => Assert.True(r.Verdict == ChainVerdict.Works, r.ToString()));
            // The same rules lead there as the component had written, in whatever order.
            Assert.Equal(jumps.Split(["; ", "\n"], 0).Order(StringComparer.Ordinal), string.Join('\n', again.Select(r => r.Evidence)).Split(["; ", "\n"], 0).Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData(NetfilterBackend.Legacy)]
    [InlineData(NetfilterBackend.Nft)]
    public void Kube_proxy_of_IPv6_works_as_well(NetfilterBackend backend)
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, backend, IPFamily.IPv6, KubeProxyRuleset.Generate(5, isV6: true));
        Assert.All(Judge(space), r => Assert.True((r.Verdict, r.Family) == (ChainVerdict.Works, IPFamily.IPv6), r.ToString()));
    }

    [Fact]
    public void Half_a_jump_an_empty_chain_a_missing_one_and_a_wall_are_told_apart()
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Nft, IPFamily.IPv4, OwnerRuleset.KubeProxy + OwnerRuleset.Docker);
        Tool.Run(space, "iptables-nft -t nat -D OUTPUT 1");
        Tool.Run(space, "iptables-nft -t nat -F KUBE-POSTROUTING");
        Tool.Run(space, "iptables-nft -I FORWARD -j ACCEPT");
        Tool.Run(space, "iptables-nft -F DOCKER-FORWARD");
        Tool.Run(space, "iptables-nft -F DOCKER-BRIDGE");
        Tool.Run(space, "iptables-nft -X DOCKER-BRIDGE");
        var found = Judge(space).ToDictionary(r => (r.Owner, r.Table, r.Group));
        Assert.Equal(ChainCause.JumpMissing, found[(ChainOwner.KubeProxy, "nat", "services")].Cause);
        Assert.Equal("OUTPUT has no jump to KUBE-SERVICES.", found[(ChainOwner.KubeProxy, "nat", "services")].Evidence);
        Assert.Equal("iptables-nft -t nat -I OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES", found[(ChainOwner.KubeProxy, "nat", "services")].Remedy);
        Assert.Equal(ChainCause.ChainEmpty, found[(ChainOwner.KubeProxy, "nat", "masquerade")].Cause);
        Assert.StartsWith("kubectl ", found[(ChainOwner.KubeProxy, "nat", "masquerade")].Remedy, StringComparison.Ordinal);
        // The canary still stands, so that kube-proxy does not notice before its next full sync.
        Assert.Contains("within an hour", found[(ChainOwner.KubeProxy, "nat", "masquerade")].Repair, StringComparison.Ordinal);
        var forward = found[(ChainOwner.KubeProxy, "filter", "forward")];
        Assert.Equal((ChainVerdict.Broken, ChainCause.Shadowed), (forward.Verdict, forward.Cause));
        Assert.StartsWith("-A FORWARD -j ACCEPT takes every packet before -A FORWARD -m comment", forward.Evidence, StringComparison.Ordinal);
        // The same wall stands before Docker's jumps; what else is wrong is said with it.
        Assert.Equal(ChainCause.Shadowed, found[(ChainOwner.Docker, "filter", "forward")].Cause);
        Assert.Contains("DOCKER-FORWARD has no rules.", found[(ChainOwner.Docker, "filter", "forward")].Evidence, StringComparison.Ordinal);
        Assert.Equal("systemctl restart docker", found[(ChainOwner.Docker, "filter", "forward")].Remedy);
        Assert.Equal(ChainVerdict.Works, found[(ChainOwner.Docker, "nat", "published-ports")].Verdict);

        // Without its canary, it looks at once.
        foreach (string table in (string[])["mangle", "nat", "filter"])
        {
            if (Restore.Save(space, NetfilterBackend.Nft, IPFamily.IPv4, "-t", table).Any(l => l.StartsWith(":KUBE-PROXY-CANARY ", StringComparison.Ordinal)))
            {
                Tool.Run(space, $"iptables-nft -t {table} -X KUBE-PROXY-CANARY");
            }
        }

        Assert.Contains("(30 s)", Judge(space, ChainOwner.KubeProxy).First(r => r.Verdict == ChainVerdict.Broken).Repair, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_over_is_told_with_commands_that_take_it_away()
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Legacy, IPFamily.IPv4, OwnerRuleset.Cilium + OwnerRuleset.CniPortmap + OwnerRuleset.KubeProxy + """
            *nat
            :OLD_CILIUM_POST_nat - [0:0]
            :CNI-DN-feed - [0:0]
            :KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
            :KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]
            -A POSTROUTING -m comment --comment "cilium-feeder: CILIUM_POST_nat" -j OLD_CILIUM_POST_nat
            -A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"cbr0\" id: \"dead\"" -m multiport --dports 8080 -j CNI-DN-feed
            -A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-BBBBBBBBBBBBBBBB
            -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            COMMIT

            """);
        var found = Judge(space).ToDictionary(r => (r.Owner, r.Table, r.Group));
        var old = found[(ChainOwner.Cilium, "nat", "earlier")];
        Assert.Equal((ChainVerdict.Stale, ChainCause.LeftOver), (old.Verdict, old.Cause));
        Assert.Contains("packets still come there by -A POSTROUTING", old.Evidence, StringComparison.Ordinal);
        Assert.Equal((ChainVerdict.Stale, ChainCause.Duplicate), (found[(ChainOwner.CniPortmap, "nat", "host-ports")].Verdict, found[(ChainOwner.CniPortmap, "nat", "host-ports")].Cause));
        Assert.Contains("is never taken", found[(ChainOwner.CniPortmap, "nat", "host-ports")].Evidence, StringComparison.Ordinal);
        var endpoints = found[(ChainOwner.KubeProxy, "nat", "endpoints")];
        Assert.Equal(ChainCause.LeftOver, endpoints.Cause);
        Assert.StartsWith("Nothing leads to 2 of ", endpoints.Evidence, StringComparison.Ordinal);
        var services = found[(ChainOwner.KubeProxy, "nat", "services")];
        Assert.Equal((ChainVerdict.Stale, ChainCause.Duplicate), (services.Verdict, services.Cause));

        Obey(space, old.Remedy!);
        Obey(space, endpoints.Remedy!);
        Obey(space, services.Remedy!);
        var after = Judge(space).ToDictionary(r => (r.Owner, r.Table, r.Group));
        Assert.DoesNotContain((ChainOwner.Cilium, "nat", "earlier"), after.Keys);
        Assert.Equal(ChainVerdict.Works, after[(ChainOwner.KubeProxy, "nat", "endpoints")].Verdict);
        Assert.Equal(ChainVerdict.Works, after[(ChainOwner.KubeProxy, "nat", "services")].Verdict);
    }

    [Fact]
    public void A_component_in_both_backends_is_stale_in_the_one_that_kubelet_does_not_use()
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Nft, IPFamily.IPv4, OwnerRuleset.KubeProxy);
        Restore.Do(space, NetfilterBackend.Legacy, IPFamily.IPv4, KubeProxyRuleset.Generate(3));
        var found = Judge(space);
        Assert.All(found.Where(r => r.Backend == NetfilterBackend.Nft), r => Assert.True(r.Verdict == ChainVerdict.Works, r.ToString()));
        var stale = found.Where(r => r.Backend == NetfilterBackend.Legacy).ToArray();
        Assert.All(stale, r => Assert.Equal((ChainVerdict.Stale, ChainCause.OtherBackend, false), (r.Verdict, r.Cause, r.RepairsItself)));
        foreach (string remedy in stale.Select(r => r.Remedy!).Distinct())
        {
            Obey(space, remedy);
        }

        Assert.DoesNotContain(Restore.Save(space, NetfilterBackend.Legacy, IPFamily.IPv4), l => l.Contains("KUBE-SERVICES", StringComparison.Ordinal));
        Assert.All(Judge(space), r => Assert.Equal((NetfilterBackend.Nft, ChainVerdict.Works), (r.Backend!.Value, r.Verdict)));

        // Where kubelet's chains are in neither, the rules do not say which is used.
        Restore.Do(space, NetfilterBackend.Legacy, IPFamily.IPv4, KubeProxyRuleset.Generate(1));
        Tool.Run(space, "iptables-nft -t mangle -X");
        Assert.All(Judge(space), r => Assert.Equal((ChainVerdict.Unknown, ChainCause.OtherBackend), (r.Verdict, r.Cause)));
    }

    [Fact]
    public void Two_pod_networks_are_told_of_and_the_idle_one_by_its_counters()
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Nft, IPFamily.IPv4, OwnerRuleset.Flannel + OwnerRuleset.Calico);
        var networks = Judge(space).Where(r => r.Cause == ChainCause.SeveralNetworks).ToArray();
        Assert.Equal([ChainOwner.Calico, ChainOwner.Flannel], networks.Select(r => r.Owner));
        Assert.All(networks, r => Assert.Equal((ChainVerdict.Unknown, "network"), (r.Verdict, r.Group)));

        // A packet of this namespace's own meets Calico's jumps in OUTPUT and INPUT, and not those of Flannel in FORWARD; POSTROUTING's is taken away.
        Tool.Run(space, "iptables-nft -t nat -F POSTROUTING");
        Tool.Run(space, "ip link set lo up");
        space.Run(() =>
        {
            using var socket = new System.Net.Sockets.UdpClient();
            return socket.Send([1], 1, "127.0.0.1", 9);
        });
        networks = [.. Judge(space).Where(r => r.Cause == ChainCause.SeveralNetworks)];
        Assert.Equal([(ChainOwner.Calico, ChainVerdict.Unknown), (ChainOwner.Flannel, ChainVerdict.Stale)], networks.Select(r => (r.Owner, r.Verdict)));
    }

    [Fact]
    public void A_component_without_chains_is_only_told_of_where_it_is_asked_for()
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Nft, IPFamily.IPv4, OwnerRuleset.KubeProxy);
        Assert.DoesNotContain(Judge(space), r => r.Owner == ChainOwner.Cilium);
        var asked = Assert.Single(Judge(space, ChainOwner.Cilium));
        Assert.Equal((ChainOwner.Cilium, ChainVerdict.Unknown, ChainCause.NotPresent), (asked.Owner, asked.Verdict, asked.Cause));
    }
}
