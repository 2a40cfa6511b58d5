namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>How the packet came: to this host, to all, or to a group.</summary>
public sealed class PacketTypeMatch : RuleMatch
{
    internal PacketTypeMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary><c>unicast</c>, <c>broadcast</c> or <c>multicast</c>.</summary>
    public required string Type { get; init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
