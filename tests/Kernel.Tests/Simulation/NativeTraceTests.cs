using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Hooks;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>What Trace-NetfilterPacket does with a node whose rules are native tables: everything is read from the kernel.</summary>
[Collection("alone")]
public sealed class NativeTraceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_Service_of_kube_proxys_nftables_mode_leads_to_its_endpoints(bool isFrom36)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var lab = new PacketLab(LabAddressing.IPv4, call: PacketLab.HasBridgeNetfilter, hairpin: true);
        lab.Forward(true);
        lab.Shell("nft -f -", ProxyRules.Of(isFrom36, LabAddressing.IPv4));
        var node = lab.Node;
        var hooks = KernelHooks.Unknown;
        var rules = SteadyRuleset.Read(
            node.Rulesets, new RulesetQuery { Family = IPFamily.IPv4 }, () => hooks = node.Hooks.ReadHooks(cancellation)!, cancellation)!;
        var walk = BlindSpots.Walk(node, rules, hooks, warning => Assert.Fail(warning), cancellation);
        var spots = BlindSpots.Of(walk, rules, hooks, IPFamily.IPv4);
        Assert.Empty(spots.Notices);

        string[] Ends(string destination, int port, string protocol = "tcp")
        {
            var packet = new Packet
            {
                Source = IPAddress.Parse("10.1.0.2"), Destination = IPAddress.Parse(destination), Protocol = protocol, SourcePort = 40000, DestinationPort = port,
                TcpFlags = protocol == "tcp" ? 2 : null, InInterface = "eth1",
            };
            var branches = walk.Walk(packet, cancellation: cancellation).Branches.Select(b => spots.Qualify(b, packet));
            return [.. branches.Select(b => $"{b.Fate} {b.End.Destination}:{b.End.DestinationPort} {b.Probability} {(b.Fate == PacketFate.Sent ? "" : b.Reason)}".Trim()).Order(StringComparer.Ordinal)];
        }

        Assert.Equal(["Sent 10.2.0.2:80 0.5", "Sent 10.2.0.3:8080 0.5"], Ends("10.96.0.10", 80));
        Assert.StartsWith("Rejected", Assert.Single(Ends("10.96.0.10", 53, "udp")), StringComparison.Ordinal);
        Assert.StartsWith("Dropped", Assert.Single(Ends("10.96.0.11", 443)), StringComparison.Ordinal);
        Assert.Contains("of ip kube-proxy", Assert.Single(Ends("10.96.0.11", 443)), StringComparison.Ordinal);
        Assert.Equal(2, Ends("10.1.0.1", 1500).Length);
    }
}
