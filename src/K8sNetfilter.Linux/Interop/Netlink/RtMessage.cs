using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>The header of a route message.</summary>
[KernelStruct("struct rtmsg", "linux/rtnetlink.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct RtMessage
{
    public byte rtm_family;
    public byte rtm_dst_len;
    public byte rtm_src_len;
    public byte rtm_tos;
    public byte rtm_table;
    public byte rtm_protocol;
    public byte rtm_scope;
    public byte rtm_type;
    public uint rtm_flags;
}
