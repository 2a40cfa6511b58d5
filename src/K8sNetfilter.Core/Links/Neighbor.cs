using System.Net;

namespace K8sNetfilter.Links;

/// <summary>A neighbour: the link layer's address of an IP address, ip-neighbour(8).</summary>
public sealed record Neighbor
{
    /// <summary>The neighbour's IP address.</summary>
    public required IPAddress IPAddress { get; init; }

    /// <summary>The interface's number.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The neighbour's link layer address; null where it is not known.</summary>
    public string? MacAddress { get; init; }

    /// <summary>What is known of it.</summary>
    public NeighborState State { get; init; }

    /// <summary>True for a router (IPv6).</summary>
    public bool IsRouter { get; init; }

    /// <summary>True where something other than the kernel learnt it, such as a CNI plugin (NTF_EXT_LEARNED).</summary>
    public bool IsExternallyLearned { get; init; }
}
