using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// The kernel's numbers of hooks, which differ by family (include/uapi/linux/netfilter.h, netfilter_arp.h, netfilter_bridge.h).
/// </summary>
internal static class NfHooks
{
    // NF_INET_INGRESS, NF_NETDEV_INGRESS and NF_NETDEV_EGRESS, NF_ARP_IN, NF_ARP_OUT, NF_ARP_FORWARD.
    private const int InetIngress = 5;

    private static readonly HookPoint[] Netdev = [HookPoint.Ingress, HookPoint.Egress];
    private static readonly HookPoint[] Arp = [HookPoint.Input, HookPoint.Output, HookPoint.Forward];

    /// <summary>Where a hook of a family is; null for one that is not known.</summary>
    public static (HookLayer Layer, IPFamily Family, HookPoint Point)? Place(byte family, int hook) => ((NfFamily)family, hook) switch
    {
        (NfFamily.Inet, InetIngress) => (HookLayer.Netdev, IPFamily.Unspecified, HookPoint.Ingress),
        (NfFamily.Inet, >= 0 and <= 4) => (HookLayer.IP, IPFamily.Unspecified, (HookPoint)hook),
        (NfFamily.IPv4, >= 0 and <= 4) => (HookLayer.IP, IPFamily.IPv4, (HookPoint)hook),
        (NfFamily.IPv6, >= 0 and <= 4) => (HookLayer.IP, IPFamily.IPv6, (HookPoint)hook),
        (NfFamily.Bridge, >= 0 and <= 4) => (HookLayer.Bridge, IPFamily.Unspecified, (HookPoint)hook),
        (NfFamily.Netdev, >= 0 and <= 1) => (HookLayer.Netdev, IPFamily.Unspecified, Netdev[hook]),
        (NfFamily.Arp, >= 0 and <= 2) => (HookLayer.Arp, IPFamily.Unspecified, Arp[hook]),
        _ => null,
    };
}
