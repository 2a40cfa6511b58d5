namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>An entry of an ipset(8).</summary>
public sealed class SetMatch : RuleMatch
{
    internal SetMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The set's name.</summary>
    public required string Set { get; init; }

    /// <summary>Which address, port or interface goes into each dimension: <c>src</c> or <c>dst</c>.</summary>
    public required IReadOnlyList<string> Directions { get; init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }

    /// <summary>True where counters or nomatch entries are looked at too.</summary>
    public bool HasMore { get; internal init; }
}
