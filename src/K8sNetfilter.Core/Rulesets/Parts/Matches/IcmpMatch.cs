namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The type and code of an ICMP or ICMPv6 message.</summary>
public sealed class IcmpMatch : RuleMatch
{
    internal IcmpMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>True for ICMPv6.</summary>
    public bool IsV6 { get; internal init; }

    /// <summary>The type; null for any.</summary>
    public byte? Type { get; internal init; }

    /// <summary>The first code.</summary>
    public byte FirstCode { get; internal init; }

    /// <summary>The last code.</summary>
    public byte LastCode { get; internal init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
