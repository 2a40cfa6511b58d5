using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.IO;
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
        Assert.Contains(new NftBaseChain(HookLayer.IP, IPFamily.Unspecified, "fw", "f", "filter", HookPoint.Forward, 10, 2) { Accepts = true, IsInet = true, Effect = ChainEffect.Nothing }, hooks.BaseChains);
        Assert.Contains(new NftBaseChain(HookLayer.Bridge, IPFamily.Unspecified, "b", "p", "filter", HookPoint.Prerouting, -200, 0) { Accepts = true, Effect = ChainEffect.Nothing }, hooks.BaseChains);
        Assert.Contains(new NftBaseChain(HookLayer.IP, IPFamily.IPv6, "nat", "OUTPUT", "nat", HookPoint.Output, -100, 1) { Accepts = true }, hooks.BaseChains);
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

    [Fact]
    public void Functions_on_the_hooks_are_those_that_nft_lists()
    {
        using var space = Privilege.MakeNamespace();
        Tool.Require("nft");
        Tool.Run(space, "nft add table inet fw");
        Tool.Run(space, "nft", "add chain inet fw f { type filter hook forward priority 10 ; }");
        Tool.Run(space, "nft add table bridge b");
        Tool.Run(space, "nft", "add chain bridge b p { type filter hook prerouting priority -200 ; }");
        Tool.Run(space, "nft", "add table ip kube-proxy");
        Tool.Run(space, "nft", "add chain ip kube-proxy n { type nat hook prerouting priority -100 ; }");
        Tool.Run(space, "nft add rule ip kube-proxy n ct state new counter");
        var read = new LiveRulesetSource(KernelRoot.Live, space).ReadHooks(CancellationToken.None)!.Entries;
        Assert.SkipWhen(read is null, "this kernel has no nfnetlink_hook (CONFIG_NETFILTER_NETLINK_HOOK)");
        var ours = read.Select(e => $"{(e.Layer == HookLayer.Bridge ? "bridge" : e.Family == IPFamily.IPv6 ? "ip6" : "ip")} {HookName(e.Point)} {e.Priority} "
            + $"{(e.Chain is null ? e.Function : $"chain {e.Table} {e.Chain}")} {e.Module}").Order(StringComparer.Ordinal);
        Assert.Equal(NftHooks(Tool.Run(space, "nft list hooks")).Order(StringComparer.Ordinal), ours);
        Assert.Contains(read, e => e is { Table: "fw", Chain: "f", Point: HookPoint.Forward, Priority: 10 });
    }

    private static string HookName(HookPoint point) => point.ToString().ToLowerInvariant();

    /// <summary>What <c>nft list hooks</c> says of the families that are read here, a line a function.</summary>
    private static IEnumerable<string> NftHooks(string text)
    {
        string family = "", hook = "";
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "family")
            {
                family = words[1];
            }
            else if (words[0] == "hook")
            {
                hook = words[1];
            }
            else if (words.Length > 1 && family is "ip" or "ip6" or "bridge")
            {
                // -0000000100 chain ip nat PREROUTING [nf_tables], or +0000000300 function [module]
                int priority = int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture);
                string module = words[^1].StartsWith('[') ? words[^1].Trim('[', ']') : "";
                yield return words[1] == "chain" ? $"{family} {hook} {priority} chain {words[3]} {words[4]} {module}" : $"{family} {hook} {priority} {words[1]} {module}";
            }
        }
    }
}
