using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Links;
using K8sNetfilter.Services;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>What unanswered entries say of a Service, and what they do not.</summary>
public sealed class HairpinFingerprintTests
{
    private static readonly CallFacts Facts = new()
    {
        Bridges =
        [
            new Bridge
            {
                Name = "cni0", Index = 4, IPv4Netfilter = true, Address = ["10.244.0.1/24"],
                Ports = [new BridgePort { Name = "veth1", Bridge = "cni0", Index = 5, Hairpin = false, Addresses = [IPAddress.Parse("10.244.0.2")] }],
            },
        ],
        HasBridgeNetfilter = true,
    };

    private static NodeService Service(string protocol, params string[] endpoints) => new()
    {
        Namespace = "kube-system", Name = "dns", PortName = "dns", Type = NodeServiceType.ClusterIP, Address = IPAddress.Parse("10.96.0.10"), Port = 53, Protocol = protocol,
        ProxyMode = KubeProxyMode.Iptables, Family = IPFamily.IPv4,
        EndpointDetails = [.. endpoints.Select(e => new ServiceEndpoint { Address = IPAddress.Parse(e), Port = 53, Chain = null })],
    };

    private static List<ServiceHairpinResult> Find(string line, params NodeService[] services)
    {
        Assert.True(ConntrackText.TryParse(line, out var record, out string? problem), problem);
        return [.. HairpinFingerprint.Find([new ConntrackEntry(record)], Facts, services)];
    }

    private static string Udp(string replySource, string unreplied = "[UNREPLIED] ") =>
        $"ipv4     2 udp      17 27 src=10.244.0.2 dst=10.96.0.10 sport=40000 dport=53 {unreplied}src={replySource} dst=10.244.0.2 sport=53 dport=40000 mark=0 use=1";

    [Fact]
    public void An_entry_that_leads_to_no_endpoint_is_stale()
    {
        var hole = Assert.Single(Find(Udp("10.96.0.10"), Service("udp", "10.244.0.3")));
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.StaleEntry, "kube-system/dns:dns", null), (hole.Verdict, hole.Cause, hole.Service, hole.Endpoint));
        Assert.Equal("Get-ConntrackEntry -Protocol udp -Destination 10.96.0.10 -DestinationPort 53 -Unreplied | Remove-ConntrackEntry", hole.Remedy);
        var gone = Assert.Single(Find(Udp("10.244.0.9"), Service("udp", "10.244.0.3")));
        Assert.Equal((ServiceHairpinCause.StaleEntry, "10.244.0.9:53"), (gone.Cause, gone.Endpoint));
        Assert.Contains("-ReplySource 10.244.0.9", gone.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_answered_what_no_Service_is_and_a_Service_without_endpoints_are_passed_over()
    {
        Assert.Empty(Find(Udp("10.96.0.10", ""), Service("udp", "10.244.0.3")));
        Assert.Empty(Find(Udp("10.96.0.10"), Service("tcp", "10.244.0.3")));
        Assert.Empty(Find(Udp("10.96.0.10"), Service("udp")));
    }

    /// <summary>A pod that calls an address with a local policy is led to the Service's other endpoints too.</summary>
    [Fact]
    public void An_endpoint_of_another_address_of_the_Service_is_one()
    {
        var elsewhere = Service("udp", "10.244.7.3") with { Address = IPAddress.Parse("10.96.0.99") };
        Assert.Empty(Find(Udp("10.244.7.3"), Service("udp", "10.244.0.3"), elsewhere));
    }

    [Fact]
    public void A_datagram_that_was_not_answered_is_no_failure_where_nothing_on_the_way_is_wrong()
    {
        var result = Assert.Single(Find(Udp("10.244.0.3"), Service("udp", "10.244.0.3")));
        Assert.Equal((ServiceVerdict.Inconclusive, ServiceHairpinCause.EndpointSilent), (result.Verdict, result.Cause));
        Assert.Contains("statsd", result.Remedy, StringComparison.Ordinal);
    }
}
