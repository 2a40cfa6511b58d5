using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;

namespace K8sNetfilter.Simulation;

/// <summary>
/// A packet as netfilter sees it at one point of its way. Immutable. What is null is not known, and a rule that asks for it is
/// <see cref="MatchOutcome.Unknown"/>; an interface that is an empty string is known to be absent.
/// </summary>
public sealed record Packet
{
    /// <summary>The source address. Null where a rewrite chose one that cannot be known.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>The destination address.</summary>
    public required IPAddress Destination { get; init; }

    /// <summary>
    /// The protocol as iptables names it (<c>tcp</c>, <c>udp</c>, <c>icmp</c>, <c>ipv6-icmp</c>, <c>sctp</c>), or its number.
    /// </summary>
    public string Protocol { get; init; } = "tcp";

    /// <summary>The source port; for an ICMP echo its identifier.</summary>
    public int? SourcePort { get; init; }

    /// <summary>The destination port.</summary>
    public int? DestinationPort { get; init; }

    /// <summary>The ICMP type; echo request where null.</summary>
    public int? IcmpType { get; init; }

    /// <summary>The ICMP code; 0 where null and the type is an echo.</summary>
    public int? IcmpCode { get; init; }

    /// <summary>
    /// The TCP flags as in the header's byte 13 (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32); SYN for a new connection where null.
    /// </summary>
    public int? TcpFlags { get; init; }

    /// <summary>The length of the IP packet, in bytes.</summary>
    public int? Length { get; init; }

    /// <summary>Whether routers may not break it into fragments (DF, IPv4). Null where that is not known; TCP sets it.</summary>
    public bool? DontFragment { get; init; }

    /// <summary>The time to live (IPv4) or hop limit (IPv6).</summary>
    public int? Ttl { get; init; }

    /// <summary>The type of service byte or traffic class: DSCP in the upper six bits, ECN in the lower two.</summary>
    public int? Tos { get; init; }

    /// <summary>The packet mark. Null where a rewrite made it unknown.</summary>
    public uint? Mark { get; init; } = 0;

    /// <summary>The connection's mark.</summary>
    public uint? ConnectionMark { get; init; } = 0;

    /// <summary>The interface that it came in through; empty where it is made on this node.</summary>
    public string? InInterface { get; init; }

    /// <summary>The interface that it leaves through; empty where it does not leave, or not yet.</summary>
    public string? OutInterface { get; init; }

    /// <summary>The bridge port that it came in through, where bridge netfilter handed it to the IP hooks.</summary>
    public string? PhysicalIn { get; init; }

    /// <summary>The bridge port that a bridged packet leaves through.</summary>
    public string? PhysicalOut { get; init; }

    /// <summary>What connection tracking says of it.</summary>
    public ConnectionState State { get; init; }

    /// <summary>True for IPv6.</summary>
    public bool IsIPv6 => Destination.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Its family.</summary>
    internal IPFamily Family => IPFamilies.Of(Destination.AddressFamily);

    /// <summary>One line: <c>tcp 10.0.0.1:4321 -> 10.0.0.2:80 mark 0x4000</c>; <c>?</c> stands for what is not known.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(64);
        text.Append(Protocol).Append(' ');
        bool ports = Protocol is "tcp" or "udp" or "sctp" or "dccp" or "udplite";
        End(Source, ports ? SourcePort : null, ports);
        text.Append(" -> ");
        End(Destination, ports ? DestinationPort : null, ports);
        if (Mark != 0)
        {
            text.Append(" mark ").Append(Mark is { } mark ? "0x" + mark.ToString("x", CultureInfo.InvariantCulture) : "?");
        }

        return text.ToString();

        void End(IPAddress? address, int? port, bool withPort)
        {
            bool brackets = withPort && address is { AddressFamily: AddressFamily.InterNetworkV6 };
            text.Append(brackets ? "[" : "").Append(address?.ToString() ?? "?").Append(brackets ? "]" : "");
            if (withPort)
            {
                text.Append(':').Append(port?.ToString(CultureInfo.InvariantCulture) ?? "?");
            }
        }
    }
}
