namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The packet's transport protocol (<c>-p</c>).</summary>
public sealed class ProtocolMatch : RuleMatch
{
    internal ProtocolMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The protocol's number; 0 for any.</summary>
    public byte Protocol { get; internal init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }

    /// <summary>Whether a protocol meets the condition.</summary>
    public bool IsMetBy(byte protocol) => (Protocol == 0 || Protocol == protocol) != Negated;
}
