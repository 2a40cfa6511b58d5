namespace K8sNetfilter.Tests.Truth;

/// <summary>What a call came to.</summary>
internal enum TruthKind
{
    /// <summary>The data went there and the answer came back.</summary>
    Works,

    /// <summary>The datagram arrived; nobody was to answer it.</summary>
    Arrives,

    /// <summary>The caller was told that nothing listens.</summary>
    Refused,

    /// <summary>The caller was told that there is no way, or that the packet is too large.</summary>
    Unreachable,

    /// <summary>The caller heard nothing.</summary>
    TimesOut,

    /// <summary>Not every time the same.</summary>
    Sometimes,
}

/// <summary>What a call came to, and what the server saw of it.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Server">Which machine answered.</param>
/// <param name="Seen">The client's address as the server saw it.</param>
internal sealed record TruthOutcome(TruthKind Kind, string? Server = null, string? Seen = null)
{
    public bool Works => Kind is TruthKind.Works or TruthKind.Arrives;

    public override string ToString() => Server is null ? Kind.ToString() : $"{Kind} ({Server} saw {Seen})";
}
