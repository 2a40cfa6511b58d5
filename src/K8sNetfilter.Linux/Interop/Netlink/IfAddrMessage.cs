using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>The header of an address message.</summary>
[KernelStruct("struct ifaddrmsg", "linux/if_addr.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct IfAddrMessage
{
    public byte ifa_family;
    public byte ifa_prefixlen;
    public byte ifa_flags;
    public byte ifa_scope;
    public int ifa_index;
}
