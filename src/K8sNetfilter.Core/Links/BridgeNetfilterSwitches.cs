using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Links;

/// <summary>
/// A network namespace's switches for bridge netfilter; null where they are not known. Without br_netfilter all are off, whatever a
/// bridge's own flags say.
/// </summary>
/// <param name="IsPresent">Whether br_netfilter is there, loaded or built in.</param>
/// <param name="IPv4">net.bridge.bridge-nf-call-iptables.</param>
/// <param name="IPv6">net.bridge.bridge-nf-call-ip6tables.</param>
/// <param name="Arp">net.bridge.bridge-nf-call-arptables.</param>
public sealed record BridgeNetfilterSwitches(bool? IsPresent, bool? IPv4, bool? IPv6, bool? Arp)
{
    /// <summary>Nothing is known.</summary>
    public static BridgeNetfilterSwitches Unknown { get; } = new(null, null, null, null);

    /// <summary>Reads the switches of a running kernel: it has their files exactly where br_netfilter is there.</summary>
    public static BridgeNetfilterSwitches Read(ISysctlSource sysctls)
    {
        ArgumentNullException.ThrowIfNull(sysctls);
        // A node that does not say its parameters (a snapshot without them) says neither that the module is there nor that it is not.
        bool? ip4 = Read(sysctls, "iptables"), ip6 = Read(sysctls, "ip6tables"), arp = Read(sysctls, "arptables");
        return ip4 is not null || ip6 is not null || arp is not null ? new BridgeNetfilterSwitches(true, ip4, ip6, arp)
            : sysctls.Knows("net/bridge/bridge-nf-call-iptables") ? new BridgeNetfilterSwitches(false, ip4, ip6, arp) : Unknown;
    }

    /// <summary>
    /// Whether packets of a bridge meet the hooks: the module is there, and the namespace's switch or the bridge's own is on.
    /// </summary>
    /// <param name="global">The namespace's switch.</param>
    /// <param name="own">The bridge's own.</param>
    public bool? Effective(bool? global, bool? own) =>
        IsPresent == false ? false
        : global == true || own == true ? (IsPresent is null ? null : true)
        : global is null || own is null ? null
        : false;

    private static bool? Read(ISysctlSource sysctls, string name) =>
        sysctls.ReadValue("net/bridge/bridge-nf-call-" + name) is { } value ? value.Trim() != "0" : null;
}
