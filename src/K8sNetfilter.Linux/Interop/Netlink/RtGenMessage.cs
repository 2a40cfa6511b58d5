using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>The header of a message about namespaces.</summary>
[KernelStruct("struct rtgenmsg", "linux/rtnetlink.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct RtGenMessage
{
    public byte rtgen_family;
}
