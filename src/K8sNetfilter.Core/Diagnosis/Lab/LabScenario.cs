using System.Net.Sockets;

namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>One arrangement of a node, its bridge, its pods and a Service, to be built in private namespaces and tried.</summary>
public sealed record LabScenario
{
    /// <summary>A name for the table: what is special about it.</summary>
    public required string Name { get; init; }

    /// <summary>IPv4 or IPv6.</summary>
    public AddressFamily Family { get; init; } = AddressFamily.InterNetwork;

    /// <summary>TCP or UDP.</summary>
    public ProtocolType Protocol { get; init; } = ProtocolType.Tcp;

    /// <summary>Where the Service leads.</summary>
    public LabTarget Target { get; init; }

    /// <summary>net.bridge.bridge-nf-call-iptables (IPv6: -ip6tables).</summary>
    public bool Call { get; init; } = true;

    /// <summary>The bridge's own nf_call_iptables (IPv6: nf_call_ip6tables) flag.</summary>
    public bool BridgeFlag { get; init; }

    /// <summary>Hairpin mode of the pods' bridge ports.</summary>
    public bool Hairpin { get; init; }

    /// <summary>Which calls are masqueraded.</summary>
    public LabMasquerade Masquerade { get; init; } = LabMasquerade.Own;

    /// <summary>net.ipv4.ip_forward (IPv6: net.ipv6.conf.all.forwarding).</summary>
    public bool Forwarding { get; init; } = true;

    /// <summary>The FORWARD chain's policy is DROP and nothing accepts.</summary>
    public bool ForwardDrop { get; init; }

    /// <summary>The bridge device is promiscuous, as some CNI plugins set it for hairpin traffic.</summary>
    public bool Promiscuous { get; init; }

    /// <summary>How many bytes the client sends and wants back.</summary>
    public int PayloadBytes { get; init; } = 16;

    /// <summary>Effective bridge netfilter: the sysctl or the bridge's own flag (net/bridge/br_netfilter_hooks.c).</summary>
    public bool Effective => Call || BridgeFlag;

    /// <summary>
    /// The scenarios that a run without parameters shows: what breaks a same-node Service, what mends it, and what has nothing to do
    /// with it.
    /// </summary>
    public static IReadOnlyList<LabScenario> Defaults(AddressFamily family, ProtocolType protocol) =>
    [
        .. new LabScenario[]
        {
            new() { Name = "SameBridge" },
            new() { Name = "SameBridgeCallOff", Call = false },
            new() { Name = "BridgeOwnFlag", Call = false, BridgeFlag = true },
            new() { Name = "HairpinIsNoCure", Call = false, Hairpin = true },
            new() { Name = "MasqueradeAll", Call = false, Masquerade = LabMasquerade.All },
            new() { Name = "OwnService", Target = LabTarget.OwnService },
            new() { Name = "OwnServiceHairpin", Target = LabTarget.OwnService, Hairpin = true },
            new() { Name = "OwnServiceCallOff", Target = LabTarget.OwnService, Call = false },
            new() { Name = "ForwardingOff", Forwarding = false },
            new() { Name = "ForwardDrop", ForwardDrop = true },
            new() { Name = "PromiscuousCallOff", Call = false, Promiscuous = true },
            new() { Name = "RoutedPods", Target = LabTarget.Routed, Call = false },
            new() { Name = "OtherNode", Target = LabTarget.OtherNode, Call = false },
            new() { Name = "LargePackets", PayloadBytes = 4000 },
        }.Select(scenario => scenario with { Family = family, Protocol = protocol }),
    ];
}
