using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>The header of a link message.</summary>
[KernelStruct("struct ifinfomsg", "linux/rtnetlink.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct IfInfoMessage
{
    public byte ifi_family;
    public byte __ifi_pad;
    public ushort ifi_type;
    public int ifi_index;
    public uint ifi_flags;
    public uint ifi_change;
}
