namespace K8sNetfilter.Sets;

/// <summary>One element of a set.</summary>
public sealed record NetfilterSetElement
{
    /// <summary>What is in the set, as the tool writes it: <c>10.0.0.0/8</c>, <c>10.96.0.1,tcp:443</c>.</summary>
    public required string Key { get; init; }

    /// <summary>What a map has for it; null for an element of a set.</summary>
    public string? Data { get; init; }

    /// <summary>An exception: what it fits is not in the set (<c>nomatch</c> of ipset).</summary>
    public bool IsException { get; init; }

    /// <summary>The seconds that it lives after it is added; null if it has no such time of its own, or that is not reported.</summary>
    public long? Timeout { get; init; }

    /// <summary>The seconds until it expires, as it was read; null if it does not expire.</summary>
    public long? Expires { get; init; }

    /// <summary>The packets that it matched; null if they are not counted.</summary>
    public ulong? Packets { get; init; }

    /// <summary>The bytes that it matched; null if they are not counted.</summary>
    public ulong? Bytes { get; init; }

    /// <summary>Its comment; null if it has none.</summary>
    public string? Comment { get; init; }

    /// <summary>The key, with an exclamation mark before an exception and the data after it.</summary>
    public override string ToString() => (IsException ? "!" : "") + Key + (Data is null ? "" : " : " + Data);
}
