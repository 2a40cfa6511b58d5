using K8sNetfilter.Links;
using K8sNetfilter.Modules;
using K8sNetfilter.Text;

namespace K8sNetfilter.Readiness;

/// <summary>
/// Whether a node's kernel is set up for Kubernetes: what its documentation ("Container runtimes", forwarding IPv4 and letting iptables see
/// bridged traffic) asks for, now and after the next boot. A null is something that the node does not say.
/// </summary>
public sealed class NodeBridgeNetfilter
{
    /// <summary>The node: <c>this node</c>, a network namespace, or the root whose files were read.</summary>
    public required string Node { get; init; }

    /// <summary>True where all that is asked for is so, now and after the next boot.</summary>
    public required bool Ready { get; init; }

    /// <summary>Whether it is so now; null without a running kernel, and where it is not known.</summary>
    public bool? ReadyNow { get; init; }

    /// <summary>Whether it will be so after the next boot; null where that is not known.</summary>
    public bool? ReadyAtBoot { get; init; }

    /// <summary>Whether it is ready, in words: <c>now, but not after the next boot</c>.</summary>
    public string Summary => BridgeNetfilterText.Ready(this);

    /// <summary>What is missing, each with the command that mends it, and what is not known.</summary>
    public ValueList<string> Reasons { get; init; } = [];

    /// <summary>The overlay file system's module now.</summary>
    public ModuleState? Overlay { get; init; }

    /// <summary>Whether the overlay file system is there after the next boot.</summary>
    public bool? OverlayAtBoot { get; init; }

    /// <summary>br_netfilter now.</summary>
    public ModuleState? BrNetfilter { get; init; }

    /// <summary>Whether br_netfilter is there by the time the boot applies the sysctl files.</summary>
    public bool? BrNetfilterAtBoot { get; init; }

    /// <summary>net.bridge.bridge-nf-call-iptables: bridged IPv4 packets meet the IPv4 hooks.</summary>
    public bool? CallIptables { get; init; }

    /// <summary>The same after the next boot.</summary>
    public bool? CallIptablesAtBoot { get; init; }

    /// <summary>net.bridge.bridge-nf-call-ip6tables: bridged IPv6 packets meet the IPv6 hooks.</summary>
    public bool? CallIp6tables { get; init; }

    /// <summary>The same after the next boot.</summary>
    public bool? CallIp6tablesAtBoot { get; init; }

    /// <summary>net.bridge.bridge-nf-call-arptables: bridged ARP packets meet the ARP hooks.</summary>
    public bool? CallArptables { get; init; }

    /// <summary>net.bridge.bridge-nf-filter-vlan-tagged: also packets with a VLAN tag do.</summary>
    public bool? FilterVlanTagged { get; init; }

    /// <summary>net.bridge.bridge-nf-filter-pppoe-tagged: also packets in PPPoE do.</summary>
    public bool? FilterPppoeTagged { get; init; }

    /// <summary>net.bridge.bridge-nf-pass-vlan-input-dev: rules see the VLAN's interface as the one a packet came in by.</summary>
    public bool? PassVlanInputDevice { get; init; }

    /// <summary>net.ipv4.ip_forward.</summary>
    public bool? IPv4Forwarding { get; init; }

    /// <summary>The same after the next boot.</summary>
    public bool? IPv4ForwardingAtBoot { get; init; }

    /// <summary>net.ipv6.conf.all.forwarding.</summary>
    public bool? IPv6Forwarding { get; init; }

    /// <summary>The same after the next boot.</summary>
    public bool? IPv6ForwardingAtBoot { get; init; }

    /// <summary>Everything above with what decides it, in the order in which it takes effect: modules, then parameters.</summary>
    public ValueList<BridgeNetfilterSetting> Settings { get; init; } = [];

    /// <summary>The bridges, each with its own flags and whether its packets meet the hooks; null where the node does not say.</summary>
    public ValueList<Bridge>? Bridges { get; init; }

    /// <summary>The bridges in words, each with what its frames meet: <c>cni0: IPv4 filtered, IPv6 not filtered, 2 ports</c>.</summary>
    public ValueList<string> BridgeSummary => [.. (Bridges ?? []).Select(BridgeNetfilterText.Line)];
}
