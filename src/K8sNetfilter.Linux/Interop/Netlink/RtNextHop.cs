using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>One next hop in RTA_MULTIPATH; attributes follow it.</summary>
[KernelStruct("struct rtnexthop", "linux/rtnetlink.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct RtNextHop
{
    public ushort rtnh_len;
    public byte rtnh_flags;
    public byte rtnh_hops;
    public int rtnh_ifindex;
}
