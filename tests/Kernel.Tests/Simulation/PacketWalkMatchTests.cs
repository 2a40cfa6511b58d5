using System.Globalization;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.IO;
using K8sNetfilter.Logic;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// Match by match, the walk against the counters of the kernel's own rules, in both families and both backends: one rule a match on each hook
/// that a packet of the node's own meets, and one packet at a time.
/// </summary>
public sealed class PacketWalkMatchTests(ITestOutputHelper output)
{
    private const int Payload = 12;

    // {own}, {peer}, {net}: an address of the node, one beside it, and what both are in; {hl} and {hl-eq} are ttl's names of either family.
    private static readonly string[] Both =
    [
        "-s {own}", "! -s {own}", "-d {peer}", "! -d {net}", "-d {holes}", "! -d {holes}", "-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL",
        "-m addrtype --dst-type UNICAST", "-m addrtype --dst-type MULTICAST", "-m addrtype --dst-type UNICAST,LOCAL", "-m addrtype --dst-type MULTICAST,LOCAL",
        "-m addrtype --dst-type UNICAST,MULTICAST", "-m addrtype ! --dst-type UNICAST,LOCAL", "-m addrtype ! --dst-type UNICAST,MULTICAST",
        "-m addrtype --src-type LOCAL", "-m addrtype --src-type UNICAST ! --dst-type LOCAL", "-m addrtype ! --src-type LOCAL --dst-type LOCAL",
        "-m pkttype --pkt-type unicast", "-m pkttype --pkt-type multicast", "-m pkttype --pkt-type broadcast", "-m pkttype ! --pkt-type unicast", "-m pkttype ! --pkt-type multicast",
        "-m iprange --src-range {own}-{peer}", "-m iprange ! --dst-range {own}-{peer}", "-m iprange --src-range {own}-{own} ! --dst-range {peer}-{peer}",
        "-m mark --mark 0x0", "-m mark ! --mark 0x0/0xff", "-m mark --mark 0x1/0x1", "-m connmark --mark 0x0", "-m connmark ! --mark 0x0", "-m connmark ! --mark 0x1/0xf",
        "-m conntrack --ctstate NEW", "-m conntrack ! --ctstate NEW,INVALID", "-m conntrack --ctstate UNTRACKED", "-m conntrack --ctstate NEW ! --ctproto 6",
        "-m conntrack --ctstate NEW --ctproto 6", "-m conntrack ! --ctorigsrc {own}", "-m conntrack --ctorigdst {net}", "-m conntrack --ctreplsrc {peer}", "-m conntrack ! --ctrepldst {own}",
        "-m conntrack --ctorigsrcport 4000:4100", "-m conntrack ! --ctorigdstport 8080", "-m conntrack --ctreplsrcport 8000:9000", "-m conntrack ! --ctrepldstport 4000:4100",
        "-m conntrack --ctstatus NONE", "-m conntrack ! --ctstatus NONE", "-m conntrack --ctstatus CONFIRMED", "-m conntrack ! --ctstatus CONFIRMED,SEEN_REPLY", "-m conntrack --ctstatus EXPECTED,ASSURED",
        "-m conntrack --ctdir ORIGINAL", "-m conntrack --ctdir REPLY", "-m state --state NEW", "-m state ! --state NEW", "-m udp --sport 4000:4100", "-m udp ! --dport 8080", "-m udp ! --sport 1:100 --dport :8080",
        "-m multiport --dports 80,8000:9000", "-m multiport ! --ports 4000:4100", "-m multiport ! --sports 80,443", "-m length --length {length}", "-m length ! --length 0:39",
        "-m {hl} --{hl}-eq 64", "-m {hl} --{hl}-lt 64", "-m {hl} --{hl}-gt 63", "-m {hl} ! --{hl}-eq 63", "-m dscp --dscp 0x00", "-m dscp ! --dscp 0x02", "-m tos --tos 0x00/0xff", "-m tos --tos 0x10/0x0f",
        "-m tos ! --tos 0x00/0x3f", "-m statistic --mode random --probability 0", "-m statistic --mode random ! --probability 0", "-m recent --name seen --set --rsource", "-m recent --name seen ! --set --rdest",
        "-m physdev ! --physdev-is-in", "-m physdev --physdev-is-in", "-m physdev ! --physdev-in p0", "-m physdev --physdev-in p0",
    ];

    private static readonly string[] Ipv6 =
    [
        "-m addrtype --dst-type ANYCAST", "-m addrtype --dst-type LOCAL,ANYCAST", "-m addrtype --dst-type UNICAST,ANYCAST", "-m addrtype ! --dst-type MULTICAST,ANYCAST", "-m addrtype --dst-type UNREACHABLE",
        "-m addrtype --src-type UNSPEC", "-m addrtype ! --dst-type UNSPEC,UNICAST",
    ];

    private static readonly string[] Ipv4 =
    [
        "-m addrtype --dst-type BROADCAST", "-m addrtype --dst-type LOCAL,BROADCAST", "-m addrtype --dst-type BLACKHOLE,UNREACHABLE", "-m addrtype ! --dst-type UNICAST,BROADCAST", "! -f", "-f",
    ];

    private static readonly string[] Leaving =
    [
        "-o {device}", "! -o {device}", "-o lo", "-o +", "-o d+", "! -o l+", "-m owner --socket-exists", "-m owner ! --socket-exists", "-m addrtype --limit-iface-out --dst-type LOCAL",
        "-m addrtype --limit-iface-out ! --dst-type LOCAL", "-m addrtype --limit-iface-out --src-type LOCAL",
    ];

    private static readonly string[] Entering =
        ["-i {device}", "! -i {device}", "-i lo", "-i +", "-i l+", "-m addrtype --limit-iface-in --dst-type LOCAL", "-m addrtype --limit-iface-in ! --src-type LOCAL"];

    // What targets do to marks shows in the bits that rules behind them find.
    private static readonly string[] Marks =
    [
        "-j MARK --set-xmark 0x5a5a/0xffff", "-j MARK --xor-mark 0xff", "-j CONNMARK --set-xmark 0xa5/0xff", "-j CONNMARK --save-mark --nfmask 0xff00 --ctmask 0xf0f0", "-j MARK --and-mark 0xf0ff",
        "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xffff", "-j CONNMARK --set-xmark 0x1100/0x0", "-j MARK --or-mark 0x21", "-j CONNMARK --set-mark 0x3/0x1", "-j CONNMARK --and-mark 0xfffe",
    ];

    [Theory]
    [InlineData(false, "legacy")]
    [InlineData(false, "nft")]
    [InlineData(true, "legacy")]
    [InlineData(true, "nft")]
    public void A_rule_counts_the_packets_that_the_walk_lets_it_match(bool v6, string backend)
    {
        string prefix = v6 ? "ip6tables" : "iptables";
        Tool.Require($"{prefix}-{backend}-restore");
        using var node = Privilege.MakeNamespace("the node");
        Shell(node, $"""
            set -e
            ip link set lo up; ip link add d0 type veth peer name d1; sysctl -q -w net.ipv6.conf.d1.disable_ipv6=1 net.ipv6.conf.all.forwarding=1
            ip link set d0 arp off addrgenmode none; ip link set d1 up; ip link set d0 up
            ip address add 10.9.0.1/24 dev d0; ip address add fd00:9::1/64 dev d0 nodad; ip route add 224.0.0.0/4 dev d0
            """);
        string[] hooks = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"];
        var lines = new List<string> { "*mangle", ":PREROUTING ACCEPT [0:0]", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]" };
        foreach (string hook in hooks)
        {
            foreach (string match in (string[])[.. Both, .. v6 ? Ipv6 : Ipv4, .. hook is "OUTPUT" or "POSTROUTING" ? Leaving : Entering])
            {
                lines.Add($"-A {hook} -p udp {Fill(match, v6)}");
            }

            foreach (string target in hook == "OUTPUT" ? Marks : [])
            {
                lines.Add($"-A {hook} -p udp {target}");
                for (int bit = 0; bit < 16; bit++)
                {
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"-A {hook} -p udp -m mark --mark 0x{1 << bit:x}/0x{1 << bit:x}"));
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"-A {hook} -p udp -m connmark --mark 0x{1 << bit:x}/0x{1 << bit:x}"));
                }
            }
        }

        lines.Add("COMMIT");
        Shell(node, $"{prefix}-{backend}-restore <<'RULES'\n{string.Join('\n', lines)}\nRULES");
        var live = new LiveNode(KernelRoot.Live, node);
        var own = IPAddress.Parse(v6 ? "fd00:9::1" : "10.9.0.1");
        string[] destinations = v6 ? ["fd00:9::2", "fd00:9::1", "ff05::9", "fd00:9::"] : ["10.9.0.2", "10.9.0.1", "224.0.0.9", "10.9.0.255"];
        int pairs = 0, unknown = 0;
        var differences = new List<string>();
        for (int i = 0; i < destinations.Length; i++)
        {
            var to = IPAddress.Parse(destinations[i]);
            Shell(node, $"{prefix}-{backend} -t mangle -Z");
            Send(node, own, 4000 + i, to);
            var ruleset = RulesetParser.Parse(Shell(node, $"{prefix}-{backend}-save -c -t mangle 2>/dev/null"));
            Assert.Empty(ruleset.Problems);
            var walk = PacketWalk.Create(ruleset, live.Links, live.Sysctls, warning => Assert.Fail(warning));
            var steps = walk.Walk(
                new Packet
                {
                    Source = own, Destination = to, Protocol = "udp", SourcePort = 4000 + i, DestinationPort = 8080, Ttl = 64, Tos = 0, InInterface = "",
                    Length = (v6 ? 40 : 20) + 8 + Payload,
                },
                new WalkOptions { KeepSteps = true, AllSteps = true }).Steps;

            // Of what goes to all, a copy comes back to the node itself, by POSTROUTING too: another packet, which these rules count as well.
            bool isOwn = destinations[i] == own.ToString();
            bool isForAll = destinations[i] == "10.9.0.255";
            foreach (var chain in ruleset.Tables[0].Chains.Where(c => c.Name == "OUTPUT" || (c.Name == "POSTROUTING" && !isForAll) || (isOwn && hooks.Contains(c.Name))))
            {
                foreach (var rule in chain.GetRules())
                {
                    var outcomes = steps.Where(s => s.Chain == chain.Name && s.RuleNumber == rule.Number).Select(s => s.Outcome).Distinct().ToArray();
                    pairs++;
                    unknown += outcomes is [MatchOutcome.Unknown] ? 1 : 0;
                    if (outcomes is not [MatchOutcome.Unknown] && (outcomes.Length != 1 || (outcomes[0] == MatchOutcome.Yes) != (rule.Packets > 0)))
                    {
                        differences.Add($"to {to}: {rule.Text}: the walk says {string.Join(" and ", outcomes)}");
                    }
                }
            }
        }

        output.WriteLine($"{prefix}-{backend}: {pairs} pairs of a rule and a packet, {unknown} unknown, {differences.Count} differences");
        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.True(pairs > 1000 && unknown == 0, $"{pairs} pairs, {unknown} unknown");
    }

    [Fact]
    public void An_IPv6_source_is_the_one_that_the_kernel_chooses_for_the_destination()
    {
        using var node = Privilege.MakeNamespace("the node");
        Shell(node, """
            set -e
            ip link set lo up; sysctl -q -w net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.forwarding=1
            ip link add d0 type veth peer name d1; ip link add e0 type veth peer name e1; ip link add f0 type veth peer name f1
            for l in d0 d1 e0 e1 f0 f1; do ip link set $l addrgenmode none; ip link set $l up; done
            ip address add fd00:9::1/64 dev d0 nodad; ip address add fd00:9::100/64 dev d0 nodad; ip address add 2001:db8:9::1/64 dev d0 nodad; ip address add fe80::1/64 dev d0 nodad
            ip address add fd00:9::1fe/64 dev d0 nodad preferred_lft 0
            ip address add fe80::2/64 dev e0 nodad; ip address add fd00:f::1/64 dev f0 nodad; ip address add fe80::3/64 dev f0 nodad
            ip route add fd00:77::/64 via fe80::7 dev e0; ip route add 2001:db8:77::/64 via fe80::7 dev d0; ip route add fd00:78::/64 via fe80::7 dev f0
            ip route add default via fe80::9 dev d0
            """);
        var ruleset = RulesetParser.Parse("""
            # Generated by ip6tables-save v1.8.9 on Mon Jan  1 00:00:00 2024
            *nat
            :PREROUTING ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            -A POSTROUTING -j MASQUERADE
            COMMIT
            """);
        var live = new LiveNode(KernelRoot.Live, node);
        var walk = PacketWalk.Create(ruleset, live.Links, live.Sysctls, warning => Assert.Fail(warning));
        string[] destinations = ["fd00:9::100", "fd00:9::2", "fd00:9::1ff", "2001:db8:9::9", "fd00:77::1", "2001:db8:77::1", "fd00:78::1", "fd00:f::9", "2600::1", "fd12::1"];
        foreach (string to in destinations)
        {
            string chosen = Tool.Json(node, $"ip -6 -j route get {to}").Single().GetProperty("prefsrc").GetString()!;
            var packet = new Packet { Destination = IPAddress.Parse(to), Protocol = "udp", DestinationPort = 80, SourcePort = 4000, InInterface = "" };
            Assert.Equal($"{to} from {chosen}", $"{to} from {Assert.Single(walk.Walk(packet).Branches).Packet.Source}");

            // Masquerading chooses in the same way.
            var own = packet with { Source = IPAddress.Parse("fd00:f::1") };
            Assert.Equal($"{to} from {chosen}", $"{to} from {Assert.Single(walk.Walk(own).Branches).Packet.Source}");
        }

        output.WriteLine($"{destinations.Length} sources, all as the kernel chooses them");
    }

    [Fact]
    public void An_address_that_is_still_checked_for_duplicates_is_no_source()
    {
        using var node = Privilege.MakeNamespace("the node");
        Shell(node, """
            set -e
            ip link set lo up; sysctl -q -w net.ipv6.conf.default.dad_transmits=100
            ip link add d0 type veth peer name d1; ip link set d0 addrgenmode none; ip link set d1 up; ip link set d0 up
            ip address add fe80::1/64 dev d0 nodad; ip address add fd00:9::1/64 dev d0; ip route add default via fe80::9 dev d0
            """);
        Assert.Contains("tentative", Tool.Run(node, "ip -6 address show dev d0"), StringComparison.Ordinal);
        string chosen = Tool.Json(node, "ip -6 -j route get 2600::1").Single().GetProperty("prefsrc").GetString()!;
        var live = new LiveNode(KernelRoot.Live, node);
        var walk = PacketWalk.Create(RulesetParser.Parse("# Generated by ip6tables-save v1.8.9 on Mon Jan  1 00:00:00 2024\n*filter\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"), live.Links, live.Sysctls, warning => Assert.Fail(warning));
        var packet = new Packet { Destination = IPAddress.Parse("2600::1"), Protocol = "udp", DestinationPort = 80, SourcePort = 4000, InInterface = "" };
        Assert.Equal(chosen, Assert.Single(walk.Walk(packet).Branches).Packet.Source!.ToString());
    }

    private static string Fill(string match, bool v6) => match
        .Replace("{own}", v6 ? "fd00:9::1" : "10.9.0.1", StringComparison.Ordinal).Replace("{peer}", v6 ? "fd00:9::2" : "10.9.0.2", StringComparison.Ordinal)
        .Replace("{net}", v6 ? "fd00:9::/64" : "10.9.0.0/24", StringComparison.Ordinal).Replace("{holes}", v6 ? "fd00::2/ffff::ffff" : "10.0.0.2/255.0.0.255", StringComparison.Ordinal)
        .Replace("{device}", "d0", StringComparison.Ordinal).Replace("{hl}", v6 ? "hl" : "ttl", StringComparison.Ordinal)
        .Replace("{length}", ((v6 ? 40 : 20) + 8 + Payload).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static void Send(NetworkNamespace node, IPAddress from, int port, IPAddress to) => node.Run(() =>
    {
        using var socket = new Socket(from.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        bool v6 = from.AddressFamily == AddressFamily.InterNetworkV6;
        var level = v6 ? SocketOptionLevel.IPv6 : SocketOptionLevel.IP;
        if (!v6)
        {
            socket.EnableBroadcast = true;
        }

        socket.SetSocketOption(level, SocketOptionName.MulticastLoopback, false);
        socket.SetSocketOption(level, SocketOptionName.MulticastTimeToLive, 64);
        socket.Bind(new IPEndPoint(from, port));
        return socket.SendTo(new byte[Payload], new IPEndPoint(to, 8080));
    });

    private static string Shell(NetworkNamespace node, string script) => Tool.Run(node, "bash", "-c", "PATH=$PATH:/usr/sbin:/sbin\n" + script);
}
