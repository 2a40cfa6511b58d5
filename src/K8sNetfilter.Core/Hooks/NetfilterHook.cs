using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Hooks;

/// <summary>One thing that a packet meets on its way through a node.</summary>
public sealed record NetfilterHook
{
    /// <summary>The packet's way.</summary>
    public required HookScenario Scenario { get; init; }

    /// <summary>
    /// The family of what stands there: IPv4, IPv6, or Inet for both; Bridge, Netdev or Arp, which see frames of any packet.
    /// </summary>
    public required HookFamily Family { get; init; }

    /// <summary>The packet's family.</summary>
    public required IPFamily PacketFamily { get; init; }

    /// <summary>The place on the way, from 1.</summary>
    public required int Order { get; init; }

    /// <summary>Whose hook it stands on: that of IP, of bridges, of a device or of ARP.</summary>
    public required HookLayer Layer { get; init; }

    /// <summary>
    /// The hook: <c>PREROUTING</c>, <c>INPUT</c>, <c>FORWARD</c>, <c>OUTPUT</c>, <c>POSTROUTING</c>, <c>INGRESS</c> or <c>EGRESS</c>.
    /// </summary>
    public required string Hook { get; init; }

    /// <summary>Lower runs first (enum nf_ip_hook_priorities).</summary>
    public required int Priority { get; init; }

    /// <summary>
    /// What it is: <c>raw</c>, <c>conntrack</c>, <c>mangle</c>, <c>nat</c>, <c>filter</c>, <c>bridge netfilter</c> ...; else the function's
    /// name.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>Legacy or Nft for a table; null for anything else.</summary>
    public NetfilterBackend? Backend { get; init; }

    /// <summary>The table; null where it is none.</summary>
    public string? Table { get; init; }

    /// <summary>The chain that stands on the hook; null where it is none.</summary>
    public string? Chain { get; init; }

    /// <summary>How many rules that chain has itself; null where that is not known.</summary>
    public int? RuleCount { get; init; }

    /// <summary>
    /// How many rules a packet can meet from there, those of the chains that it leads to included; null where that is not known.
    /// </summary>
    public int? ReachableRuleCount { get; init; }

    /// <summary>The devices of a hook of devices; empty for any other, and where they are not known.</summary>
    public ValueList<string> Device { get; init; } = [];

    /// <summary>The kernel's function; null where the kernel does not tell it.</summary>
    public string? Function { get; init; }

    /// <summary>The module that the function is in; null where it is built in, or not told.</summary>
    public string? Module { get; init; }

    /// <summary>
    /// The bridges whose packets come here by bridge netfilter, or <c>*</c> for every bridge; empty where it is no detour.
    /// </summary>
    public ValueList<string> Detour { get; init; } = [];

    /// <summary>True where the kernel did not tell its hooks, and this is what tables and modules lead to expect.</summary>
    public required bool IsDerived { get; init; }

    /// <summary>What is uncertain about the place; null where nothing is.</summary>
    public string? Note { get; init; }
}
