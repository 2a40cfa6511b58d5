namespace K8sNetfilter.Nftables.Expressions;

/// <summary>
/// Bytes of a register, a key or an element (NFTA_DATA_VALUE, at most 64). Compared by content. Numbers in it are in the byte order of what
/// they are compared with: network order for payload and conntrack tuples, host order for marks and interface indexes.
/// </summary>
/// <param name="bytes">The bytes; they may be a part of a larger block, and must not change.</param>
public readonly struct NftData(ReadOnlyMemory<byte> bytes) : IEquatable<NftData>
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => Bytes.Span;

    /// <summary>How many they are.</summary>
    public int Length => Bytes.Length;

    /// <summary>True if there are no bytes.</summary>
    public bool IsEmpty => Bytes.IsEmpty;

    /// <summary>Takes an array as it is.</summary>
    public static implicit operator NftData(byte[] bytes) => new(bytes);

    /// <summary>Whether both hold the same bytes.</summary>
    public static bool operator ==(NftData left, NftData right) => left.Equals(right);

    /// <summary>Whether they hold other bytes.</summary>
    public static bool operator !=(NftData left, NftData right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(NftData other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NftData other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Hexadecimal digits, <c>0x0a00000a</c>.</summary>
    public override string ToString() => "0x" + Convert.ToHexString(Span).ToLowerInvariant();
}
