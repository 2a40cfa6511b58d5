using System.Net.Sockets;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// What else breaks a call: each case is put on a node for real, the diagnosis says verdict and cause, and the kernel agrees. Where the
/// remedy is a command of the node's own tools, it is run, and the call works.
/// </summary>
public sealed class HairpinCauseTests
{
    private static readonly LabScenario OwnService = new() { Name = "OwnService", Target = LabTarget.OwnService, Hairpin = true };
    private static readonly LabScenario SameBridge = new() { Name = "SameBridge" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<NetfilterBackend, AddressFamily> Kinds => new()
    {
        { NetfilterBackend.Nft, AddressFamily.InterNetwork },
        { NetfilterBackend.Legacy, AddressFamily.InterNetwork },
        { NetfilterBackend.Nft, AddressFamily.InterNetworkV6 },
        { NetfilterBackend.Legacy, AddressFamily.InterNetworkV6 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_rule_that_accepts_ahead_of_kube_proxys_masquerade_is_the_cause_and_its_place_the_remedy(NetfilterBackend backend, AddressFamily family)
    {
        var scenario = OwnService with { Family = family };
        string ahead(string rules) => rules.Replace(
            "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\"", "-A POSTROUTING -o br0 -j ACCEPT\n-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\"", StringComparison.Ordinal);
        var (said, kernel) = Run(scenario, backend, ahead);
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.RuleOrder), (said.Verdict, said.Cause));
        Assert.NotEqual(ServiceVerdict.Works, kernel.Verdict);
        Assert.Contains("rule 1 of nat POSTROUTING accepts the call before rule 3 of nat KUBE-POSTROUTING", said.Evidence, StringComparison.Ordinal);

        (said, kernel) = Run(scenario, backend, ahead, remedy: said.Remedy);
        Assert.Equal((ServiceVerdict.Works, ServiceVerdict.Works), (said.Verdict, kernel.Verdict));
    }

    public static TheoryData<NetfilterBackend, string, string> Orders => new(
        from backend in Enum.GetValues<NetfilterBackend>()
        from order in (((string, string)[])
        [
            // What flannel accepts, with what it masquerades behind: its own jump must not be what goes to the front.
            ("-A POSTROUTING -j FLANNEL-POSTRTG\n-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -j ACCEPT\n-A FLANNEL-POSTRTG -s 10.244.0.0/16 -j MASQUERADE\n", "KUBE-POSTROUTING"),
            ("-A POSTROUTING -j FLANNEL-POSTRTG\n-A POSTROUTING -s 10.0.0.0/8 -j RETURN\n-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -j ACCEPT\n", "KUBE-POSTROUTING"),
        ])
        select (backend, order.Item1, order.Item2));

    [Theory]
    [MemberData(nameof(Orders))]
    public void The_remedy_moves_the_jump_that_decides(NetfilterBackend backend, string rules, string moved)
    {
        string ahead(string text) => text
            .Replace("-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\"", rules + "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\"", StringComparison.Ordinal)
            .Replace(":KUBE-MARK-MASQ - [0:0]\n", ":FLANNEL-POSTRTG - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n", StringComparison.Ordinal);
        var (said, kernel) = Run(OwnService, backend, ahead);
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.RuleOrder), (said.Verdict, said.Cause));
        Assert.NotEqual(ServiceVerdict.Works, kernel.Verdict);
        Assert.Contains($"-j {moved};", said.Remedy, StringComparison.Ordinal);

        (said, kernel) = Run(OwnService, backend, ahead, remedy: said.Remedy);
        Assert.Equal((ServiceVerdict.Works, ServiceVerdict.Works), (said.Verdict, kernel.Verdict));
    }

    [Fact]
    public void Where_no_jump_helps_the_rule_that_accepts_goes()
    {
        const string chain = "-A POSTROUTING -j CNI-1\n-A CNI-1 -d 10.244.0.0/16 -j ACCEPT\n-A CNI-1 -j MASQUERADE\n";
        string ahead(string text) => string.Join('\n', text.Split('\n').Where(l => !l.StartsWith("-A POSTROUTING", StringComparison.Ordinal)))
            .Replace(":KUBE-MARK-MASQ - [0:0]\n", ":CNI-1 - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n" + chain, StringComparison.Ordinal);
        var (said, kernel) = Run(OwnService, NetfilterBackend.Nft, ahead);
        Assert.Equal((ServiceHairpinCause.RuleOrder, "iptables-nft -t nat -D CNI-1 1"), (said.Cause, said.Remedy));
        Assert.NotEqual(ServiceVerdict.Works, kernel.Verdict);
        (said, kernel) = Run(OwnService, NetfilterBackend.Nft, ahead, remedy: said.Remedy);
        Assert.Equal((ServiceVerdict.Works, ServiceVerdict.Works), (said.Verdict, kernel.Verdict));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_base_chain_that_no_longer_jumps_to_the_masquerade_is_told_by_the_mark(NetfilterBackend backend, AddressFamily family)
    {
        var scenario = OwnService with { Family = family };
        string flushed(string rules) => string.Join('\n', rules.Split('\n').Where(l => !l.StartsWith("-A POSTROUTING", StringComparison.Ordinal)));
        var (said, kernel) = Run(scenario, backend, flushed);
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.MasqueradeMissing), (said.Verdict, said.Cause));
        Assert.NotEqual(ServiceVerdict.Works, kernel.Verdict);
        Assert.Contains("0x4000", said.Evidence, StringComparison.Ordinal);

        (said, kernel) = Run(scenario, backend, flushed, remedy: said.Remedy!.Replace("tables ", backend == NetfilterBackend.Nft ? "tables-nft " : "tables-legacy ", StringComparison.Ordinal));
        Assert.Equal((ServiceVerdict.Works, ServiceVerdict.Works), (said.Verdict, kernel.Verdict));
    }

    [Theory]
    [InlineData("PREROUTING -d {0}", "the call is never translated")]
    [InlineData("PREROUTING -s {1} -p tcp -m tcp --sport 8080", "the answer is not translated back")]
    public void What_is_not_tracked_is_not_translated(string rule, string evidence)
    {
        var addresses = LabAddresses.For(SameBridge.Family, SameBridge.Target);
        string text = string.Format(System.Globalization.CultureInfo.InvariantCulture, rule, addresses.ServiceAddress, addresses.EndpointAddress);
        foreach (var backend in Enum.GetValues<NetfilterBackend>())
        {
            string raw(string rules) => rules + $"*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A {text} -j CT --notrack\nCOMMIT\n";
            var (said, kernel) = Run(SameBridge, backend, raw);
            Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.NotTracked), (said.Verdict, said.Cause));
            Assert.NotEqual(ServiceVerdict.Works, kernel.Verdict);
            Assert.Contains(evidence, said.Evidence, StringComparison.Ordinal);

            (said, kernel) = Run(SameBridge, backend, raw, remedy: said.Remedy);
            Assert.Equal((ServiceVerdict.Works, ServiceVerdict.Works), (said.Verdict, kernel.Verdict));
        }
    }

    [Fact]
    public void Bridged_frames_meet_the_forward_chain_where_bridge_netfilter_is_on()
    {
        Assert.SkipUnless(Directory.Exists("/proc/sys/net/bridge"), "br_netfilter is not loaded");
        foreach (var backend in Enum.GetValues<NetfilterBackend>())
        {
            // Only the bridged answer meets it: the call is accepted by its state.
            string drop(string rules) => rules.Replace(
                "-A FORWARD -m comment --comment \"kubernetes forwarding rules\"", "-A FORWARD -m physdev --physdev-is-bridged -j DROP\n-A FORWARD -m comment --comment \"kubernetes forwarding rules\"", StringComparison.Ordinal);
            var (said, kernel) = Run(SameBridge, backend, drop);
            Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.DroppedByRule), (said.Verdict, said.Cause));
            Assert.NotEqual(ServiceVerdict.Works, kernel.Verdict);
            Assert.Contains("bridge netfilter is on, so that what br0 forwards between its ports meets FORWARD too", said.Evidence, StringComparison.Ordinal);
            Assert.Contains("--physdev-is-bridged -j DROP", said.Evidence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_service_without_endpoints_is_refused()
    {
        string refuse(string _) => """
            *filter
            :INPUT ACCEPT [0:0]
            :FORWARD ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :KUBE-SERVICES - [0:0]
            -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
            COMMIT
            *nat
            :PREROUTING ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            :KUBE-SERVICES - [0:0]
            -A PREROUTING -j KUBE-SERVICES
            COMMIT

            """;
        foreach (var backend in Enum.GetValues<NetfilterBackend>())
        {
            // Without a route to it, the call would end before the rule does its work: a node has a default route.
            var (said, kernel) = Run(SameBridge, backend, refuse, before: lab =>
            {
                Tool.Run(lab.Node, "ip link add up0 up type veth peer name up1");
                Tool.Run(lab.Node, "ip link set up1 up");
                Tool.Run(lab.Node, "ip route add default dev up0");
            });
            Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.NoEndpoint), (said.Verdict, said.Cause));
            Assert.Equal(LabObservation.Refused, kernel.Observed);
            Assert.StartsWith("kubectl -n default get endpointslices", said.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_translates_without_iptables_rules_is_recognised_and_not_judged()
    {
        Each("ip link add kube-ipvs0 type veth peer name ipvs-peer|ip addr add 10.96.0.10/32 dev kube-ipvs0", "IPVS", ofTheService: true);
        Each("ip link add cilium_host type veth peer name cilium_net", "Cilium", ofTheService: true);
        Each("ip link add bpfin.cali type veth peer name bpfout.cali", "Calico", ofTheService: true);
        Each("nft add table ip kube-proxy|nft add chain ip kube-proxy nat-prerouting {{ type nat hook prerouting priority -100 ; }}", "nftables mode", ofTheService: true);

        static void Each(string commands, string name, bool ofTheService)
        {
            List<ServiceHairpinResult> all = [];
            _ = HairpinCell.Run([SameBridge], (lab, scenario) =>
            {
                HairpinCell.Arrange(lab, scenario, NetfilterBackend.Nft);
                foreach (string command in commands.Split('|'))
                {
                    Tool.Run(lab.Node, command.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal));
                }

                all = HairpinCell.Diagnose(lab, named: false);
                return null;
            }, Cancellation).Single();
            Assert.NotEmpty(all);
            Assert.All(all, r => Assert.Equal((ServiceVerdict.Unknown, ServiceHairpinCause.NotByRules), (r.Verdict, r.Cause)));
            Assert.Contains(all, r => r.Service is null && r.Evidence!.Contains(name, StringComparison.Ordinal));
            Assert.Equal(ofTheService, all.Exists(r => r.Service is not null));
        }
    }

    [Fact]
    public void Rules_of_nftables_that_are_not_read_leave_it_open_and_are_named()
    {
        List<ServiceHairpinResult> empty = [], full = [], all = [];
        _ = HairpinCell.Run([SameBridge], (lab, scenario) =>
        {
            HairpinCell.Arrange(lab, scenario, NetfilterBackend.Nft);
            Tool.Run(lab.Node, "nft add table inet firewall");
            Tool.Run(lab.Node, "nft add chain inet firewall forward { type filter hook forward priority 0 ; }");
            empty = HairpinCell.Diagnose(lab, named: false);
            Tool.Run(lab.Node, "nft add rule inet firewall forward tcp dport 8080 drop");
            full = HairpinCell.Diagnose(lab, named: false);
            Tool.Run(lab.Node, "nft flush chain inet firewall forward");
            Tool.Run(lab.Node, "nft add rule inet firewall forward drop");
            all = HairpinCell.Diagnose(lab, named: false);
            return null;
        }, Cancellation).Single();
        Assert.All(empty, r => Assert.NotEqual(ServiceVerdict.Unknown, r.Verdict));
        // A frame that the bridge does not send back is lost, whatever a filter makes of it.
        Assert.All(full.Concat(all).Where(r => r.SourcePod!.StartsWith("10.244.0.3", StringComparison.Ordinal)), r => Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.HairpinOff), (r.Verdict, r.Cause)));
        var others = full.Where(r => !r.SourcePod!.StartsWith("10.244.0.3", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(others);
        Assert.All(others, r =>
        {
            Assert.Equal((ServiceVerdict.Unknown, ServiceHairpinCause.Unknown), (r.Verdict, r.Cause));
            Assert.Contains("inet", r.Evidence, StringComparison.Ordinal);
            Assert.Contains("firewall", r.Evidence, StringComparison.Ordinal);
            Assert.Equal("Test-ServiceHairpin -Probe -ServiceIP 10.96.0.10 -Port 80", r.Remedy);
        });
        Assert.Contains(all, r => r is { Verdict: ServiceVerdict.Broken, Cause: ServiceHairpinCause.DroppedByRule } && r.Evidence!.Contains("firewall", StringComparison.Ordinal));
    }

    private static (ServiceHairpinResult Said, LabResult Kernel) Run(
        LabScenario scenario, NetfilterBackend backend, Func<string, string> change, string? remedy = null, Action<LabNode>? before = null)
    {
        Privilege.MakeNamespace().Dispose();
        Assert.SkipUnless(Directory.Exists("/proc/sys/net/bridge"), "br_netfilter is not loaded");
        ServiceHairpinResult? said = null;
        var kernel = HairpinCell.Run([scenario], (lab, cell) =>
        {
            before?.Invoke(lab);
            HairpinCell.Arrange(lab, cell, backend, change);
            if (remedy is not null)
            {
                Tool.Run(lab.Node, "sh", "-c", remedy);
            }

            return said = HairpinCell.Predict(lab, cell);
        }, Cancellation).Single();
        Assert.True(said is not null, kernel.Evidence);
        return (said, kernel);
    }
}
