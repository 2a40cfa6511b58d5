using System.Net;
using System.Net.Sockets;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Packets;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Rulesets;

public sealed class HookTests
{
    [Theory]
    [InlineData("legacy", "nft")]
    [InlineData("nft", "legacy")]
    public void Of_two_tables_at_one_priority_the_one_that_was_made_last_runs_first(string first, string last)
    {
        using var space = Privilege.MakeNamespace();
        Tool.Run(space, "ip link set lo up");
        foreach (string backend in new[] { first, last })
        {
            Tool.Run(space, $"iptables-{backend} -A OUTPUT -p udp -j DROP");
        }

        space.Run(() =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            Assert.Throws<SocketException>(() => socket.SendTo(new byte[1], new IPEndPoint(IPAddress.Loopback, 9)));
        });
        var rules = new LiveRulesetSource(KernelRoot.Live, space).Read(new RulesetQuery { Family = IPFamily.IPv4 }, CancellationToken.None)!
            .Tables.SelectMany(t => t.Chains).SelectMany(c => c.GetRules()).ToDictionary(r => r.Backend!.Value.ToString().ToUpperInvariant(), r => r.Packets);
        Assert.Equal((1UL, 0UL), (rules[last.ToUpperInvariant()]!.Value, rules[first.ToUpperInvariant()]!.Value));
    }

    [Fact]
    public void Base_chains_of_nf_tables_are_found_with_their_rules_whoever_made_them()
    {
        using var space = Privilege.MakeNamespace();
        Tool.Run(space, "nft add table inet fw");
        Tool.Run(space, "nft", "add chain inet fw f { type filter hook forward priority 10 ; }");
        Tool.Run(space, "nft add rule inet fw f counter");
        Tool.Run(space, "nft add rule inet fw f accept");
        Tool.Run(space, "nft add chain inet fw unhooked");
        Tool.Run(space, "nft add table bridge b");
        Tool.Run(space, "nft", "add chain bridge b p { type filter hook prerouting priority -200 ; }");
        Tool.Run(space, "ip6tables-nft -t nat -A OUTPUT -j ACCEPT");
        var hooks = new LiveRulesetSource(KernelRoot.Live, space).ReadHooks(CancellationToken.None)!;
        Assert.Contains(new NftBaseChain(HookLayer.IP, IPFamily.Unspecified, "fw", "f", "filter", HookPoint.Forward, 10, 2), hooks.BaseChains);
        Assert.Contains(new NftBaseChain(HookLayer.Bridge, IPFamily.Unspecified, "b", "p", "filter", HookPoint.Prerouting, -200, 0), hooks.BaseChains);
        Assert.Contains(new NftBaseChain(HookLayer.IP, IPFamily.IPv6, "nat", "OUTPUT", "nat", HookPoint.Output, -100, 1), hooks.BaseChains);
        Assert.DoesNotContain(hooks.BaseChains, c => c.Name == "unhooked");
    }

    [Fact]
    public void Sysctls_of_a_node_are_those_of_its_network_namespace()
    {
        using var space = Privilege.MakeNamespace();
        string path = "net/ipv4/ip_forward";
        space.Run(() => File.WriteAllText("/proc/sys/" + path, "1"));
        Assert.Equal("1", new Nodes.LiveNode(KernelRoot.Live, space).Sysctls.ReadValue(path));
        space.Run(() => File.WriteAllText("/proc/sys/" + path, "0"));
        Assert.Equal("0", new Nodes.LiveNode(KernelRoot.Live, space).Sysctls.ReadValue(path));
    }
}
