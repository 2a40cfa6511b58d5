using System.Diagnostics.CodeAnalysis;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// One direction of a tracked connection, as numbers. What <see cref="First"/> and <see cref="Second"/> mean depends on the protocol:
/// ports; for ICMP the identifier, and type and code; for GRE the two keys.
/// </summary>
[SuppressMessage("Design", "CA1051",
    Justification = "A buffer that a decoder fills a million times a second; ConntrackEntry is what users see.")]
public struct ConntrackTuple : IEquatable<ConntrackTuple>
{
    /// <summary>Source address, as a number.</summary>
    public Bits128 Source;

    /// <summary>Destination address, as a number.</summary>
    public Bits128 Destination;

    /// <summary>Source port, ICMP identifier or source key.</summary>
    public ushort First;

    /// <summary>Destination port, ICMP type (high byte) and code (low byte), or destination key.</summary>
    public ushort Second;

    /// <inheritdoc/>
    public readonly bool Equals(ConntrackTuple other) =>
        Source == other.Source && Destination == other.Destination && First == other.First && Second == other.Second;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is ConntrackTuple other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(Source, Destination, First, Second);

    /// <summary>Whether two tuples are the same.</summary>
    public static bool operator ==(ConntrackTuple left, ConntrackTuple right) => left.Equals(right);

    /// <summary>Whether two tuples differ.</summary>
    public static bool operator !=(ConntrackTuple left, ConntrackTuple right) => !left.Equals(right);
}
