using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>The header of a netfilter message.</summary>
[KernelStruct("struct nfgenmsg", "linux/netfilter/nfnetlink.h")]
[StructLayout(LayoutKind.Sequential)]
internal struct NfGenMessage
{
    /// <summary>Bytes of it.</summary>
    public const int Size = 4;

    public byte nfgen_family;

    /// <summary>NFNETLINK_V0.</summary>
    public byte version;

    /// <summary>In network byte order; see <see cref="Resource"/>.</summary>
    public ushort res_id;

    /// <summary>Makes one for a family.</summary>
    public NfGenMessage(byte family) => nfgen_family = family;

    /// <summary>res_id as a number: in an answer about statistics, the processor.</summary>
    public readonly ushort Resource => BinaryPrimitives.ReverseEndianness(res_id);
}
