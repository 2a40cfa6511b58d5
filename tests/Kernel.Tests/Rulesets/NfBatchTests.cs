using System.Net;
using System.Text.RegularExpressions;
using K8sNetfilter.Interop;
using K8sNetfilter.Netlink;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Rulesets;

public sealed partial class NfBatchTests
{
    private static readonly IPAddress Service = IPAddress.Parse("10.96.0.10");
    private static readonly IPAddress Pod = IPAddress.Parse("10.244.0.3");
    private static readonly IPAddress Pod6 = IPAddress.Parse("fd00:10:244::3");

    [GeneratedRegex(@"[ \t]+")]
    private static partial Regex Blanks();

    private static string Normal(string text) =>
        string.Join('\n', text.Split('\n').Select(l => Blanks().Replace(l.Trim(), " ")).Where(l => l.Length > 0));

    [Fact]
    public void Nft_lists_what_was_installed()
    {
        using var space = Privilege.MakeNamespace();
        new NfBatch(NfFamily.IPv4, "lab")
            .AddTable()
            .AddChain("services")
            .AddChain("endpoint")
            .AddBaseChain("prerouting", "nat", NfHook.Prerouting, -100)
            .AddBaseChain("postrouting", "nat", NfHook.Postrouting, 100)
            .AddBaseChain("forward", "filter", NfHook.Forward, 0, accepts: false)
            .AddRule("prerouting", r => r.Counter().Jump("services"))
            .AddRule("services", r => r.Protocol(6).Destination(Service).DestinationPort(80).OneIn(2).Goto("endpoint"))
            .AddRule("services", r => r.Protocol(17).Source(IPAddress.Parse("10.244.0.0"), 16, not: true).Destination(Service).SetMark(0x4000, 0x4000))
            .AddRule("endpoint", r => r.Protocol(6).DnatTo(Pod, 8080))
            .AddRule("endpoint", r => r.DnatTo(Pod))
            .AddRule("postrouting", r => r.Mark(0, 0x4000).Return())
            .AddRule("postrouting", r => r.SetMark(0x1234))
            .AddRule("postrouting", r => r.Mark(7, not: true).Protocol(6).SnatTo(Service, 99))
            .AddRule("postrouting", r => r.Masquerade(fullyRandom: true))
            .AddRule("postrouting", r => r.Masquerade())
            .AddRule("forward", r => r.InInterface("cni0").OutInterface("eth0", not: true).State(2 | 4).Accept())
            .AddRule("forward", r => r.Status(32).Drop())
            .AddRule("forward", r => r.Protocol(6).SourcePort(7).RejectWithReset())
            .AddRule("forward", r => r.Reject())
            .Commit(space);
        Assert.Equal(
            Normal("""
                table ip lab {
                chain services {
                ip daddr 10.96.0.10 tcp dport 80 numgen random mod 2 0 goto endpoint
                meta l4proto udp ip saddr != 10.244.0.0/16 ip daddr 10.96.0.10 meta mark set meta mark | 0x00004000
                }
                chain endpoint {
                meta l4proto tcp dnat to 10.244.0.3:8080
                dnat to 10.244.0.3
                }
                chain prerouting {
                type nat hook prerouting priority dstnat; policy accept;
                counter packets 0 bytes 0 jump services
                }
                chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                meta mark & 0x00004000 == 0x00000000 return
                meta mark set 0x00001234
                meta mark != 0x00000007 meta l4proto tcp snat to 10.96.0.10:99
                masquerade fully-random
                masquerade
                }
                chain forward {
                type filter hook forward priority filter; policy drop;
                iifname "cni0" oifname != "eth0" ct state established,related accept
                ct status dnat drop
                tcp sport 7 reject with tcp reset
                reject
                }
                }
                """),
            Normal(Tool.Run(space, "nft list table ip lab")));
    }

    [Fact]
    public void Nft_lists_what_was_installed_for_IPv6_and_both_families()
    {
        using var space = Privilege.MakeNamespace();
        new NfBatch(NfFamily.IPv6, "lab6")
            .AddTable()
            .AddBaseChain("prerouting", "nat", NfHook.Prerouting, -100)
            .AddBaseChain("input", "filter", NfHook.Input, 0)
            .AddRule("prerouting", r => r.Protocol(6).Destination(IPAddress.Parse("fd00:10:96::a")).DestinationPort(80).DnatTo(Pod6, 8080))
            .AddRule("input", r => r.Source(IPAddress.Parse("fd00:10:244::"), 64).Reject())
            .Commit(space);
        new NfBatch(NfFamily.Inet, "both")
            .AddTable()
            .AddBaseChain("output", "filter", NfHook.Output, 10)
            .AddRule("output", r => r.Destination(Service).Accept())
            .AddRule("output", r => r.Source(Pod6).Reject())
            .Commit(space);
        Assert.Equal(
            Normal("""
                table ip6 lab6 {
                chain prerouting {
                type nat hook prerouting priority dstnat; policy accept;
                ip6 daddr fd00:10:96::a tcp dport 80 dnat to [fd00:10:244::3]:8080
                }
                chain input {
                type filter hook input priority filter; policy accept;
                ip6 saddr fd00:10:244::/64 reject
                }
                }
                table inet both {
                chain output {
                type filter hook output priority filter + 10; policy accept;
                ip daddr 10.96.0.10 accept
                ip6 saddr fd00:10:244::3 reject
                }
                }
                """),
            Normal(Tool.Run(space, "nft list ruleset")));
        new NfBatch(NfFamily.IPv6, "lab6").DeleteTable().Commit(space);
        Assert.DoesNotContain("lab6", Tool.Run(space, "nft list ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_batch_changes_nothing_and_says_which_message()
    {
        using var space = Privilege.MakeNamespace();
        var batch = new NfBatch(NfFamily.IPv4, "lab").AddTable().AddBaseChain("input", "filter", NfHook.Input, 0)
            .AddRule("no_such_chain", r => r.Accept());
        var failure = Assert.Throws<NetlinkException>(() => batch.Commit(space));
        Assert.Equal((Errno.ENOENT, 2), (failure.Errno, failure.MessageIndex));
        Assert.Equal("", Tool.Run(space, "nft list ruleset").Trim());
    }

    [Fact]
    public void A_batch_larger_than_the_first_buffer_goes_out_whole()
    {
        using var space = Privilege.MakeNamespace();
        var batch = new NfBatch(NfFamily.IPv4, "many").AddTable().AddChain("c");
        for (ushort i = 0; i < 300; i++)
        {
            ushort port = i;
            batch.AddRule("c", r => r.Protocol(6).DestinationPort(port).Accept());
        }

        batch.Commit(space);
        Assert.Equal(300, Tool.Run(space, "nft list ruleset").Split('\n').Count(l => l.Contains("accept", StringComparison.Ordinal)));
    }
}
