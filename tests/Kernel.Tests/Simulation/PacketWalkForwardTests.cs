using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>What the kernel forwards from link to link, what it keeps and whom it tells, against the walk: IPv6 looks at the source there (ip6_forward).</summary>
public sealed class PacketWalkForwardTests(ITestOutputHelper output)
{
    private const string Rules = "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A FORWARD -p udp -m udp --dport 8080\nCOMMIT\n";

    [Fact]
    public void A_packet_with_a_link_local_source_goes_back_to_its_link_and_to_no_other()
    {
        Tool.Require("ip6tables-nft-restore");
        using var router = Privilege.MakeNamespace("the router");
        using var host = Privilege.MakeNamespace("the host");
        Shell(router, """
            set -e
            ip link set lo up; sysctl -q -w net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.forwarding=1
            ip link add e0 type veth peer name e1; ip link set e1 up; ip link set e0 up; ip address add fd00:2::1/64 dev e0 nodad
            """);
        using (var holder = host.Run(() => Process.Start("sleep", "60")))
        {
            Shell(router, string.Create(CultureInfo.InvariantCulture, $"""
                set -e
                ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02 netns {holder.Id}
                ip link set d0 addrgenmode none; ip link set d0 up; ip address add fd00:1::1/64 dev d0 nodad; ip address add fe80::1/64 dev d0 nodad
                ip route add fd00:55::/64 dev d0; ip neighbor add fd00:55::2 lladdr 02:00:00:00:00:02 dev d0 nud permanent
                ip neighbor add fd00:2::2 lladdr 02:00:00:00:00:03 dev e0 nud permanent
                """));
            holder.Kill();
        }

        Shell(host, """
            set -e
            sysctl -q -w net.ipv6.conf.default.accept_dad=0; ip link set d1 addrgenmode none; ip link set d1 up
            ip address add fd00:1::5/64 dev d1 nodad; ip address add fe80::5/64 dev d1 nodad
            ip neighbor add fd00:1::1 lladdr 02:00:00:00:00:01 dev d1 nud permanent; ip route add fd00:2::/64 via fd00:1::1; ip route add fd00:55::/64 via fd00:1::1
            """);
        long index = Tool.Json(host, "ip -j link show d1").Single().GetProperty("ifindex").GetInt64();
        var live = new LiveNode(KernelRoot.Live, router);
        foreach (var (source, scope, destination) in new[] { ("fd00:1::5", 0, "fd00:2::2"), ("fe80::5", index, "fd00:2::2"), ("fd00:1::5", 0, "fd00:55::2"), ("fe80::5", index, "fd00:55::2") })
        {
            Shell(router, $"ip6tables-nft-restore <<'RULES'\n{Rules}RULES");
            host.Run(() =>
            {
                using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(new IPEndPoint(new IPAddress(IPAddress.Parse(source).GetAddressBytes(), scope), 4000));
                return socket.SendTo(new byte[8], new IPEndPoint(IPAddress.Parse(destination), 8080));
            });
            var ruleset = RulesetParser.Parse(Shell(router, "ip6tables-nft-save -c -t mangle 2>/dev/null"));
            var rule = Assert.Single(ruleset.Tables[0].FindChain("FORWARD")!.GetRules());
            var result = PacketWalk.Create(ruleset, live.Links, live.Sysctls, warning => Assert.Fail(warning)).Walk(
                new Packet { Source = IPAddress.Parse(source), Destination = IPAddress.Parse(destination), Protocol = "udp", SourcePort = 4000, DestinationPort = 8080, InInterface = "d0", Ttl = 64 });
            var branch = Assert.Single(result.Branches);
            output.WriteLine($"{source} to {destination}: the kernel forwards {rule.Packets}, the walk says {branch.Fate}: {branch.Reason}");
            Assert.Equal((rule.Packets == 1, $"{source} to {destination}"), (branch.Fate == PacketFate.Sent, $"{source} to {destination}"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_sender_is_told_of_a_missing_route_but_not_by_a_bridge_that_rewrote_to_it_in_IPv6(bool v6)
    {
        var addressing = v6 ? LabAddressing.IPv6 : LabAddressing.IPv4;
        Tool.Require(addressing.Tables("restore"));
        string family = v6 ? "ip6" : "ip";
        foreach (bool call in new[] { true, false })
        {
            if (call && !PacketLab.HasBridgeNetfilter)
            {
                output.WriteLine("This kernel has no bridge netfilter: that half is left out.");
                continue;
            }

            using var lab = new PacketLab(addressing, call, hairpin: true);
            lab.Forward(true);
            lab.Shell($"sysctl -q -w net.{(v6 ? "ipv6.icmp.ratelimit" : "ipv4.icmp_ratelimit")}=0; nft add table {family} told; nft add chain {family} told out '{{ type filter hook output priority -2000; }}'");
            lab.Shell(addressing.Tables("restore"), addressing.Spell("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.96.0.10 -j DNAT --to-destination 10.67.0.1\nCOMMIT"));
            var walk = lab.Walk(RulesetParser.Parse(lab.Shell(addressing.Tables("save") + " 2>/dev/null")));
            foreach (string to in (string[])["10.96.0.10", "10.67.0.1", "10.66.0.1"])
            {
                var packet = new Packet { Source = addressing.Address("10.2.0.2"), Destination = addressing.Address(to), Protocol = "udp", SourcePort = 4000, DestinationPort = 80, InInterface = "p0", Ttl = 64 };
                lab.Shell($"nft flush chain {family} told out; nft add rule {family} told out {(v6 ? "icmpv6" : "icmp")} type destination-unreachable counter");
                lab.Trace.Clear();
                lab.Send("p0", packet, 7);
                while (lab.Trace.Read(TimeSpan.FromMilliseconds(50)))
                {
                }

                Assert.NotEmpty(lab.Trace.Of(7));
                bool told = lab.Shell($"nft list chain {family} told out").Contains("packets 1 ", StringComparison.Ordinal);
                var branch = Assert.Single(walk.Walk(packet).Branches);
                output.WriteLine($"bridge netfilter {call}, {packet.Destination}: the kernel {(told ? "tells" : "does not tell")} the sender, the walk says {branch.Fate}: {branch.Reason}");
                Assert.Equal((told, to), (branch.Fate == PacketFate.Rejected, to));
            }
        }
    }

    private static string Shell(NetworkNamespace node, string script) => Tool.Run(node, "bash", "-c", "PATH=$PATH:/usr/sbin:/sbin\n" + script);
}
