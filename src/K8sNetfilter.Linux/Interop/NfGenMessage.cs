using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop;

/// <summary>The header of a netfilter message; res_id is in network byte order.</summary>
[KernelStruct("struct nfgenmsg", "linux/netfilter/nfnetlink.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct NfGenMessage
{
    public byte nfgen_family;
    public byte version;
    public ushort res_id;
}
