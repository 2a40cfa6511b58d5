namespace K8sNetfilter.Rulesets;

/// <summary>A rule of a chain by its place: what a loop over many rules asks, without making an object of each.</summary>
internal readonly struct RuleRef(NetfilterChain chain, int index)
{
    /// <summary>The chain that it stands in.</summary>
    public NetfilterChain InChain { get; } = chain;

    /// <summary>Its place among the chain's rules, from 0.</summary>
    public int Index { get; } = index;

    /// <summary>The line's bytes; empty for a rule that was made, not read.</summary>
    public ReadOnlySpan<byte> Line => InChain.LineAt(Index);

    /// <summary>
    /// Whether it leads to a chain. Asked before <see cref="JumpsTo"/> or <see cref="Line"/>, which are far away in memory.
    /// </summary>
    public bool Jumps => InChain.JumpsAt(Index);

    /// <summary>The chain that the target jumps or goes to; null for any other target.</summary>
    public NetfilterChain? JumpsTo => InChain.JumpAt(Index);

    /// <summary>True where the line is not what the rule means.</summary>
    public bool IsUnread => InChain.IsUnreadAt(Index);

    /// <summary>The rule itself, always the same object.</summary>
    public NetfilterRule Rule => InChain.RuleAt(Index);
}
