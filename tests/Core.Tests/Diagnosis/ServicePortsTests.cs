using System.Net;
using K8sNetfilter.Diagnosis.Chains.KubeProxy;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>A call to a Service's address and a port that no Service has there leaves the node as it is.</summary>
public sealed class ServicePortsTests
{
    private static readonly Ruleset Rules = RulesetParser.Parse("""
        *nat
        :KUBE-SERVICES - [0:0]
        :KUBE-SVC-TCOU7JCQXEZGVUNU - [0:0]
        :KUBE-SVC-ERIFXISQEP7F7OF4 - [0:0]
        :KUBE-EXT-ABCDEFGHABCDEFGH - [0:0]
        :KUBE-SVC-ABCDEFGHABCDEFGH - [0:0]
        -A PREROUTING -j KUBE-SERVICES
        -A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
        -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp --dport 53 -j KUBE-SVC-ERIFXISQEP7F7OF4
        -A KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-ABCDEFGHABCDEFGH
        -A KUBE-SERVICES -d 203.0.113.7/32 -p tcp -m comment --comment "default/web:http external IP" -m tcp --dport 80 -j KUBE-EXT-ABCDEFGHABCDEFGH
        -A KUBE-EXT-ABCDEFGHABCDEFGH -j KUBE-SVC-ABCDEFGHABCDEFGH
        COMMIT

        """);

    private static WalkBranch Qualify(string destination, int port, string protocol = "tcp", MatchOutcome works = MatchOutcome.Yes, string? output = "eth0", string? translated = null)
    {
        var packet = new Packet { Source = IPAddress.Parse("10.244.0.2"), Destination = IPAddress.Parse(destination), Protocol = protocol, DestinationPort = port, InInterface = "veth0" };
        var sent = packet with { OutInterface = output, Destination = IPAddress.Parse(translated ?? destination) };
        return new ServicePorts(Rules).Qualify(
            new WalkBranch
            {
                Branch = 1,
                Direction = PacketDirection.Reply,
                Fate = PacketFate.Sent,
                Reason = "the answer arrives",
                End = packet,
                Arrived = sent,
                Works = works,
                Assumptions = [$"{destination} answers"],
            },
            packet);
    }

    [Theory]
    [InlineData("10.96.0.10", 80, "tcp", "no Service has port 80 (53/tcp, 53/udp): it leaves through eth0 for 10.96.0.10 as it is, which is a Service's address and nobody's")]
    [InlineData("10.96.0.20", 80, "udp", "no Service has port 80/udp (80/tcp): it leaves through eth0 for 10.96.0.20 as it is, which is a Service's address and nobody's")]
    public void A_port_that_no_Service_has_is_said_with_those_that_there_are(string destination, int port, string protocol, string reason)
    {
        var branch = Qualify(destination, port, protocol);
        Assert.Equal((MatchOutcome.No, PacketFate.Sent, reason), (branch.Works, branch.Fate, branch.Reason));
        Assert.Empty(branch.Assumptions);
        Assert.Equal("eth0", branch.Packet.OutInterface);
    }

    [Fact]
    public void An_external_address_is_somebody_s()
    {
        var branch = Qualify("203.0.113.7", 22);
        Assert.Equal(MatchOutcome.Yes, branch.Works);
        Assert.StartsWith("no Service has port 22 (80/tcp): it leaves through eth0", branch.Reason, StringComparison.Ordinal);
        Assert.Equal("203.0.113.7 answers", Assert.Single(branch.Assumptions));
    }

    [Fact]
    public void What_is_translated_dropped_or_of_no_Service_stays()
    {
        Assert.Equal("the answer arrives", Qualify("10.96.0.10", 53).Reason);
        Assert.Equal("the answer arrives", Qualify("10.96.0.20", 81, translated: "10.244.0.3").Reason);
        Assert.Equal("the answer arrives", Qualify("10.96.0.10", 80, works: MatchOutcome.No).Reason);
        Assert.Equal("the answer arrives", Qualify("10.96.0.10", 80, works: MatchOutcome.Unknown).Reason);
        Assert.Equal("the answer arrives", Qualify("10.96.0.10", 80, output: "").Reason);
        Assert.Equal("the answer arrives", Qualify("198.51.100.7", 80).Reason);
    }
}
