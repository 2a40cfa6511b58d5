namespace K8sNetfilter.Nftables;

/// <summary>The kernel's numbers of hooks (linux/netfilter.h, netfilter_arp.h, netfilter_bridge.h).</summary>
public static class NftHookNumber
{
    private const int InetIngress = 5;

    /// <summary>The hook of a number in a family.</summary>
    public static NftHook Hook(NftFamily family, uint number) => (family, number) switch
    {
        (NftFamily.IPv4 or NftFamily.IPv6 or NftFamily.Bridge, <= 4) => (NftHook)number,
        (NftFamily.Inet, <= InetIngress) => (NftHook)number,
        (NftFamily.Netdev, 0) => NftHook.Ingress,
        (NftFamily.Netdev, 1) => NftHook.Egress,
        (NftFamily.Arp, 0) => NftHook.Input,
        (NftFamily.Arp, 1) => NftHook.Output,
        (NftFamily.Arp, 2) => NftHook.Forward,
        _ => NftHook.Unknown,
    };
}
