using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Listeners;

/// <summary>A socket that takes packets from anybody: of TCP one that listens, of UDP one that is not connected; tcp(7), udp(7).</summary>
public sealed record Listener
{
    /// <summary>The protocol as /etc/protocols names it: <c>tcp</c> or <c>udp</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>
    /// The address that it is bound to; <see cref="IPAddress.Any"/> or <see cref="IPAddress.IPv6Any"/> for every address.
    /// </summary>
    public required IPAddress Address { get; init; }

    /// <summary>The port.</summary>
    public required int Port { get; init; }

    /// <summary>
    /// An IPv6 socket takes IPv6 alone (IPV6_V6ONLY, ipv6(7)); one that does not takes IPv4 as well. Null where the data does not tell.
    /// </summary>
    public bool? IsIPv6Only { get; init; } = false;

    /// <summary>
    /// The interface that it is bound to (SO_BINDTODEVICE, socket(7)); null for every interface, or where only its number is known.
    /// </summary>
    public string? Device { get; init; }

    /// <summary>That interface's number; 0 for every interface, or where only its name is known.</summary>
    public int DeviceIndex { get; init; }

    /// <summary>
    /// More connections wait for its process than it lets wait (Recv-Q above Send-Q in ss(8)), so that its kernel drops new ones
    /// (sk_acceptq_is_full). Of netstat(8) and /proc/net/tcp, which do not have the limit: some wait.
    /// </summary>
    public bool IsFull { get; init; }

    /// <summary>True for a socket of IPv6.</summary>
    public bool IsIPv6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>True for a socket of every address, be it of IPv4 alone.</summary>
    internal bool IsEvery => Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any)
        || (Address.IsIPv4MappedToIPv6 && Address.MapToIPv4().Equals(IPAddress.Any));

    /// <summary>As ss(8) prints it: <c>0.0.0.0:80</c>, <c>[::]:80</c>, <c>127.0.0.1%lo:53</c>; <c>*:80</c> takes both families.</summary>
    public override string ToString()
    {
        string address = !IsIPv6 ? Address.ToString() : IsIPv6Only == false && Address.Equals(IPAddress.IPv6Any)
            ? "*" : $"[{new IPAddress(Address.GetAddressBytes())}]";
        string device = Device is not null ? "%" + Device : DeviceIndex != 0
            ? string.Create(CultureInfo.InvariantCulture, $"%if{DeviceIndex}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{address}{device}:{Port}");
    }
}
