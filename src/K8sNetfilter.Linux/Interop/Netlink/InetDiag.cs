using System.Runtime.InteropServices;

namespace K8sNetfilter.Interop.Netlink;

/// <summary>Numbers of sock_diag(7): include/uapi/linux/sock_diag.h and inet_diag.h.</summary>
internal static class InetDiag
{
    /// <summary>SOCK_DIAG_BY_FAMILY.</summary>
    public const ushort ByFamily = 20;

    /// <summary>INET_DIAG_SKV6ONLY.</summary>
    public const int IPv6Only = 11;

    /// <summary>TCP_CLOSE, which is also a UDP socket that is not connected.</summary>
    public const int Close = 7;

    /// <summary>TCP_LISTEN.</summary>
    public const int Listen = 10;

    /// <summary>Bytes of struct inet_diag_msg.</summary>
    public const int MessageSize = 72;

    /// <summary>struct inet_diag_req_v2; the socket that it could name is left empty.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 56)]
    internal struct Request
    {
        public byte Family;
        public byte Protocol;
        public byte Extensions;
        public byte Padding;
        public uint States;
    }
}
