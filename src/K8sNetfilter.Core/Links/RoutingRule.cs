using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Links;

/// <summary>A rule that chooses the routing table, ip-rule(8).</summary>
public sealed record RoutingRule
{
    /// <summary>IPv4 or IPv6.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>The lower of two goes first.</summary>
    public required uint Priority { get; init; }

    /// <summary>What it does.</summary>
    public RoutingRuleAction Action { get; init; }

    /// <summary>The table that it sends to; null where it does something else.</summary>
    public uint? Table { get; init; }

    /// <summary>The priority of the rule that it goes to; null where it does something else.</summary>
    public uint? GotoPriority { get; init; }

    /// <summary>True where it is for the packets that do not match (<c>not</c>).</summary>
    public bool IsInverted { get; init; }

    /// <summary>The source network; null for all.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>Bits of the source's prefix.</summary>
    public int SourcePrefixLength { get; init; }

    /// <summary>The destination network; null for all.</summary>
    public IPAddress? Destination { get; init; }

    /// <summary>Bits of the destination's prefix.</summary>
    public int DestinationPrefixLength { get; init; }

    /// <summary>The interface that packets come in by; null for all, <c>lo</c> for the node's own.</summary>
    public string? InInterface { get; init; }

    /// <summary>The interface that a socket is bound to; null for all.</summary>
    public string? OutInterface { get; init; }

    /// <summary>The packet mark; null for all.</summary>
    public uint? Mark { get; init; }

    /// <summary>The bits of the mark that count.</summary>
    public uint MarkMask { get; init; }

    /// <summary>The type of service; 0 for all.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>The protocol's number, 6 for TCP; null for all.</summary>
    public byte? IPProtocol { get; init; }

    /// <summary>The lowest and highest source port; null for all.</summary>
    public (ushort From, ushort To)? SourcePorts { get; init; }

    /// <summary>The lowest and highest destination port; null for all.</summary>
    public (ushort From, ushort To)? DestinationPorts { get; init; }

    /// <summary>The lowest and highest user of the sending process; null for all.</summary>
    public (uint From, uint To)? Users { get; init; }

    /// <summary>The tunnel that the packet came through; null for all.</summary>
    public ulong? TunnelId { get; init; }

    /// <summary>A selector that is not read here, as the tools or the kernel's header name it; null if there is none.</summary>
    public string? OtherSelector { get; init; }

    /// <summary>Ignores routes through a link of this group; null where it does not.</summary>
    public uint? SuppressGroup { get; init; }

    /// <summary>Ignores routes with a prefix of at most so many bits; null where it does not.</summary>
    public int? SuppressPrefixLength { get; init; }

    /// <summary>True where it applies to what belongs to a VRF.</summary>
    public bool IsL3Mdev { get; init; }
}
