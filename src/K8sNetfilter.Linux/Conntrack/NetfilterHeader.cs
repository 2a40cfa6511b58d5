using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace K8sNetfilter.Conntrack;

/// <summary>struct nfgenmsg (include/uapi/linux/netfilter/nfnetlink.h), which stands in front of every nfnetlink message.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct NetfilterHeader(byte family, ushort resource = 0)
{
    /// <summary>Bytes of it.</summary>
    internal const int Size = 4;

    /// <summary>nfgen_family.</summary>
    internal readonly byte Family = family;

    /// <summary>version: NFNETLINK_V0.</summary>
    internal readonly byte Version = 0;

    private readonly ushort _resource = BinaryPrimitives.ReverseEndianness(resource);

    /// <summary>res_id: for statistics the processor.</summary>
    internal ushort Resource => BinaryPrimitives.ReverseEndianness(_resource);
}
