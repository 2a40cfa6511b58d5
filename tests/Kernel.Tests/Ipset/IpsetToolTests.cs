using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using K8sNetfilter.IO;
using K8sNetfilter.Ipset;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Ipset;

/// <summary>What netlink says of sets, as <c>ipset save</c> prints it.</summary>
[Collection("alone")]
public sealed partial class IpsetToolTests(ITestOutputHelper output)
{
    private const string Sets = """
        create a hash:net timeout 6000 counters comment skbinfo
        add a 10.0.0.0/8 timeout 5000 packets 5 bytes 6 comment "x y 'z" skbmark 0x11/0xff skbprio 1:10 skbqueue 3 nomatch
        add a 10.1.2.3 timeout 0
        create b bitmap:ip range 10.0.0.0-10.0.255.255 netmask 24 counters timeout 0
        add b 10.0.3.4
        create b2 bitmap:ip range 10.0.0.0/24 skbinfo comment
        add b2 10.0.0.3 skbprio 2:0 skbmark 0x5
        create m bitmap:ip,mac range 10.0.0.0/16
        add m 10.0.0.1,00:11:22:aa:bb:cc
        add m 10.0.0.2
        create p bitmap:port range 1-1024
        add p 80-82
        create ip hash:ip netmask 24 maxelem 100 hashsize 128
        add ip 10.2.3.4
        create ip6 hash:ip family inet6 netmask 64
        add ip6 fd00::1:2:3:4:5
        create pi hash:ip,port
        add pi 10.0.0.1,tcp:80
        add pi 10.0.0.1,udplite:80
        add pi 10.0.0.1,icmp:echo-request
        add pi 10.0.0.1,icmp:8/3
        add pi 10.0.0.1,vrrp:0
        add pi 10.0.0.1,200:0
        create pi6 hash:ip,port family inet6
        add pi6 fd00::1,icmpv6:echo-request
        create pip hash:ip,port,ip
        add pip 10.0.0.1,tcp:80,10.0.0.2
        create pin hash:ip,port,net
        add pin 10.0.0.1,tcp:80,10.0.0.0/24
        create np6 hash:net,port family inet6
        add np6 fd00::/48,tcp:80 nomatch
        create ni hash:net,iface
        add ni 10.0.0.0/24,eth0
        add ni 10.0.0.0/24,eth wildcard
        add ni 0.0.0.0/0,physdev:eth0 nomatch
        create l list:set size 8 timeout 1000
        add l a
        add l pi
        """;

    [Fact]
    public void Every_line_is_the_tools()
    {
        Tool.Require("ipset");
        using var space = Privilege.MakeNamespace("the node");
        Shell(space, $"ipset restore <<'E'\n{Sets}\nE");
        string expected = Shell(space, "ipset save");
        var source = new LiveNode(KernelRoot.Live, space).Ipsets;
        var sets = source.ReadIpsets(TestContext.Current.CancellationToken);
        var text = new StringWriter(CultureInfo.InvariantCulture);
        IpsetText.Write(text, sets, TestContext.Current.CancellationToken);
        Assert.Equal(Timeless(expected), Timeless(text.ToString()));
        Assert.Equal(sets.Sets.Select(s => s.Name), source.ReadIpsetNames(TestContext.Current.CancellationToken));

        // And the tool takes it.
        using var other = Privilege.MakeNamespace("another node");
        Shell(other, $"ipset restore <<'E'\n{text}\nE");
        Assert.Equal(Timeless(expected).Split('\n').Order(StringComparer.Ordinal),
            Timeless(Shell(other, "ipset save")).Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_namespace_without_sets_has_none()
    {
        using var space = Privilege.MakeNamespace("the node");
        var sets = new LiveNode(KernelRoot.Live, space).Ipsets.ReadIpsets(TestContext.Current.CancellationToken);
        Assert.True(sets.IsKnown);
        Assert.Empty(sets.Sets);
    }

    [Fact]
    public void A_million_elements_are_read_about_as_fast_as_the_tool_prints_them()
    {
        Tool.Require("ipset");
        using var space = Privilege.MakeNamespace("the node");
        Shell(space, "(echo create big hash:ip maxelem 1000000 hashsize 524288; for i in $(seq 0 63); do for j in $(seq 0 255); do echo 10.$i.$j; done; done | awk '{for(k=0;k<62;k++)print \"add big \"$1\".\"k}') | head -1000001 | ipset restore");
        var source = new LiveNode(KernelRoot.Live, space).Ipsets;
        TimeSpan tool = TimeSpan.MaxValue, own = TimeSpan.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            var clock = Stopwatch.StartNew();
            Shell(space, "ipset save >/dev/null");
            tool = clock.Elapsed < tool ? clock.Elapsed : tool;
            clock.Restart();
            Assert.Equal(1_000_000, source.ReadIpsets(TestContext.Current.CancellationToken).Find("big")!.Count);
            own = clock.Elapsed < own ? clock.Elapsed : own;
        }

        output.WriteLine($"1000000 elements: ipset save {tool.TotalSeconds:0.00} s, read {own.TotalSeconds:0.00} s");

        // About the same on a machine that does nothing else.
        Assert.True(own < 2 * tool, $"{own} is more than twice {tool}");
    }

    // What is left of a timeout goes down while the two are read.
    private static string Timeless(string text) =>
        Timeout().Replace(text, m => m.Groups[1].ValueSpan is "0" ? " timeout 0" : " timeout N").TrimEnd();

    private static string Shell(NetworkNamespace node, string script) =>
        Tool.Run(node, "bash", "-c", "PATH=$PATH:/usr/sbin:/sbin\n" + script);

    [GeneratedRegex(" timeout ([0-9]+)")]
    private static partial Regex Timeout();
}
