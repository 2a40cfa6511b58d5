using K8sNetfilter.Addressing;

namespace K8sNetfilter.Forwarding;

/// <summary>What the routing policy and the routing tables look at in a packet (struct flowi4, struct flowi6).</summary>
internal readonly struct FibQuery
{
    public required IPFamily Family { get; init; }

    public required Bits128 Destination { get; init; }

    public Bits128 Source { get; init; }

    public bool SourceKnown { get; init; }

    public uint Mark { get; init; }

    /// <summary>The bits of the mark that are known.</summary>
    public uint MarkKnown { get; init; }

    /// <summary>The interface that it comes in by; empty for a packet that is made here, null where it is not known.</summary>
    public string? Input { get; init; }

    /// <summary>
    /// A process may have made it, whose user is not known; else it is user 0's, as the kernel has it (ip_route_input_slow,
    /// fib_validate_source).
    /// </summary>
    public bool HasSocket { get; init; }

    /// <summary>The interface that it has to leave by; null for any.</summary>
    public string? Output { get; init; }

    /// <summary>The protocol; 0 where the kernel looks a packet up without it.</summary>
    public byte Protocol { get; init; }

    /// <summary>The protocol has ports.</summary>
    public bool HasPorts { get; init; }

    /// <summary>It came back through lo.</summary>
    public bool Looped { get; init; }

    /// <summary>The source port; -1 where it is not known.</summary>
    public int SourcePort { get; init; }

    /// <summary>The destination port; -1 where it is not known.</summary>
    public int DestinationPort { get; init; }

    /// <summary>The type of service; -1 where it is not known.</summary>
    public int Tos { get; init; }

    /// <summary>The lookup of an address alone, as for a packet of this node that has no source yet.</summary>
    public static FibQuery To(IPFamily family, Bits128 destination) =>
        new() { Family = family, Destination = destination, MarkKnown = uint.MaxValue, Input = "" };
}
