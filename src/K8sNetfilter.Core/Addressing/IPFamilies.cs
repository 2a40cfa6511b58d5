using System.Net.Sockets;

namespace K8sNetfilter.Addressing;

/// <summary>What follows from a family.</summary>
internal static class IPFamilies
{
    /// <summary>IPv4, then IPv6.</summary>
    public static readonly IPFamily[] Both = [IPFamily.IPv4, IPFamily.IPv6];

    extension(IPFamily family)
    {
        /// <summary>Its place in an array that has one for each family: 0 for IPv4, 1 for IPv6.</summary>
        public int Index => family == IPFamily.IPv6 ? 1 : 0;

        /// <summary>The address family of its sockets.</summary>
        public AddressFamily Socket => family == IPFamily.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

        /// <summary>The bits of an address.</summary>
        public int Bits => family == IPFamily.IPv6 ? 128 : 32;
    }

    /// <summary>The family of a socket address family.</summary>
    public static IPFamily Of(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? IPFamily.IPv6 : IPFamily.IPv4;
}
