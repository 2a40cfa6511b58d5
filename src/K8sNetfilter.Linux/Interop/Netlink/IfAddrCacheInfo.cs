using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>How long an address stays, in seconds; all ones for ever.</summary>
[KernelStruct("struct ifa_cacheinfo", "linux/if_addr.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct IfAddrCacheInfo
{
    public uint ifa_prefered;
    public uint ifa_valid;
    public uint cstamp;
    public uint tstamp;
}
