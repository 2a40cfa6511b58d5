using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Links;

namespace K8sNetfilter.Tests.Diagnosis;

public sealed class CallExplanationTests
{
    private const string Fingerprint =
        "ipv4     2 tcp      6 117 SYN_SENT src=10.244.0.2 dst=10.96.0.10 sport=38616 dport=80 [UNREPLIED] src=10.244.0.3 dst=10.244.0.2 sport=8080 dport=38616 mark=0 use=1";

    private static readonly IPAddress Client = IPAddress.Parse("10.244.0.2");

    private static ConntrackEntry Entry(string line)
    {
        Assert.True(ConntrackText.TryParse(line, out var record, out string? problem), problem);
        return new ConntrackEntry(record);
    }

    private static CallFacts Facts(bool? netfilter, bool hairpin = false) => new()
    {
        Bridges =
        [
            new Bridge
            {
                Name = "cni0", Index = 4, IPv4Netfilter = netfilter, Address = ["10.244.0.1/24"],
                Ports = [new BridgePort { Name = "veth1", Bridge = "cni0", Index = 5, Hairpin = hairpin, Addresses = [Client] }],
            },
        ],
        HasBridgeNetfilter = netfilter is not null,
        Forwarding = true,
        IsConntrackFull = false,
    };

    private static CallExplanation TimedOut(string? line, CallFacts facts) =>
        CallExplanation.For(LabObservation.TimedOut, line is null ? null : Entry(line), Client, AddressFamily.InterNetwork, facts);

    [Fact]
    public void An_unanswered_translated_call_on_a_bridge_without_netfilter_is_the_failure_that_this_is_about()
    {
        var explained = TimedOut(Fingerprint, Facts(netfilter: false));
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.BridgeNetfilterOff, "cni0"), (explained.Verdict, explained.Cause, explained.Bridge));
        Assert.Contains("bridge-nf-call-iptables -Value 1", explained.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_module_the_remedy_begins_with_it()
    {
        var explained = TimedOut(Fingerprint, Facts(netfilter: false) with { HasBridgeNetfilter = false });
        Assert.Equal(ServiceHairpinCause.ModuleMissing, explained.Cause);
        Assert.StartsWith("Enable-KernelModule -Name br_netfilter -Persist", explained.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void With_netfilter_on_it_is_the_endpoint_that_does_not_answer() =>
        Assert.Equal(ServiceHairpinCause.EndpointSilent, TimedOut(Fingerprint, Facts(netfilter: true)).Cause);

    [Fact]
    public void Where_the_node_does_not_say_there_is_no_verdict() =>
        Assert.Equal(ServiceVerdict.Inconclusive, TimedOut(Fingerprint, Facts(netfilter: null)).Verdict);

    [Fact]
    public void A_pod_that_is_its_Services_only_endpoint_meets_its_ports_hairpin_mode()
    {
        var facts = Facts(netfilter: true) with { Endpoints = [Client] };
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.HairpinOff), (TimedOut(null, facts).Verdict, TimedOut(null, facts).Cause));
        var several = facts with { Endpoints = [Client, IPAddress.Parse("10.244.0.3")] };
        Assert.Equal(ServiceVerdict.Inconclusive, TimedOut(null, several).Verdict);
        Assert.Equal(ServiceHairpinCause.DroppedByRule, TimedOut(null, Facts(netfilter: true, hairpin: true) with { Endpoints = [Client] }).Cause);
    }

    [Fact]
    public void A_call_without_an_entry_was_dropped_and_the_likeliest_place_comes_first()
    {
        Assert.Equal(ServiceHairpinCause.ConntrackFull, TimedOut(null, Facts(true) with { IsConntrackFull = true, Forwarding = false }).Cause);
        Assert.Equal(ServiceHairpinCause.ForwardingOff, TimedOut(null, Facts(true) with { Forwarding = false }).Cause);
        Assert.Equal(ServiceHairpinCause.DroppedByRule, TimedOut(null, Facts(true)).Cause);
        Assert.Equal(ServiceHairpinCause.DroppedByRule, TimedOut(null, Facts(true) with { TracksConnections = true }).Cause);
        Assert.Equal(ServiceVerdict.Inconclusive, TimedOut(null, Facts(true) with { TracksConnections = false }).Verdict);
        Assert.Equal(ServiceVerdict.Inconclusive, TimedOut(null, Facts(true) with { Forwarding = null }).Verdict);
    }

    [Fact]
    public void A_call_that_no_rule_translated_says_so() =>
        Assert.Equal(ServiceHairpinCause.NoTranslation, TimedOut(
            "ipv4 2 tcp 6 117 SYN_SENT src=10.244.0.2 dst=10.96.0.10 sport=38616 dport=80 [UNREPLIED] src=10.96.0.10 dst=10.244.0.2 sport=80 dport=38616 mark=0 use=1",
            Facts(true)).Cause);

    [Fact]
    public void The_fingerprints_of_one_Service_are_counted_together()
    {
        var found = HairpinFingerprint.Find([Entry(Fingerprint), Entry(Fingerprint.Replace("38616", "38617", StringComparison.Ordinal))], Facts(false), []);
        var result = Assert.Single(found);
        Assert.Equal((2, "10.244.0.3:8080", "cni0", ServiceHairpinCause.BridgeNetfilterOff), (result.Connections, result.Endpoint, result.Bridge, result.Cause));
    }

    [Fact]
    public void Calls_that_leave_the_bridge_carry_no_fingerprint() =>
        Assert.Empty(HairpinFingerprint.Find([Entry(Fingerprint.Replace("10.244.0.3", "10.244.9.3", StringComparison.Ordinal))], Facts(false), []));
}
