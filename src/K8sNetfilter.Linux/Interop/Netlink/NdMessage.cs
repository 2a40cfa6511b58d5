using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>The header of a neighbour or forwarding entry message.</summary>
[KernelStruct("struct ndmsg", "linux/neighbour.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct NdMessage
{
    public byte ndm_family;
    public byte ndm_pad1;
    public ushort ndm_pad2;
    public int ndm_ifindex;
    public ushort ndm_state;
    public byte ndm_flags;
    public byte ndm_type;
}
