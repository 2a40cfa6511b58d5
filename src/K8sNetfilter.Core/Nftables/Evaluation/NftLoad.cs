namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>How a load came out.</summary>
/// <param name="Presence">Whether the packet has it: if it has not, the rule breaks.</param>
/// <param name="Missing">Why bits of it are not known; null if all are.</param>
internal readonly record struct NftLoad(NftPresence Presence, string? Missing = null)
{
    /// <summary>It was loaded, and all bits are known.</summary>
    public static NftLoad Known => new(NftPresence.Present);

    /// <summary>The packet does not have it: the rule breaks.</summary>
    public static NftLoad Absent => new(NftPresence.Absent);

    /// <summary>It is there; not all bits are known.</summary>
    public static NftLoad Unknown(string missing) => new(NftPresence.Present, missing);

    /// <summary>It may be there or not.</summary>
    public static NftLoad Open(string missing) => new(NftPresence.Open, missing);
}

/// <summary>Whether something can be loaded.</summary>
internal enum NftPresence
{
    /// <summary>It is there.</summary>
    Present,

    /// <summary>It is not there.</summary>
    Absent,

    /// <summary>Not known.</summary>
    Open,
}
