namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The ports of a bridge that the packet came in by or goes out by.</summary>
public sealed class PhysdevMatch : RuleMatch
{
    internal PhysdevMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The port that it came in by, perhaps with a <c>+</c>; null where it is not looked at.</summary>
    public string? Input { get; internal init; }

    /// <summary>True where that is inverted.</summary>
    public bool InputNegated { get; internal init; }

    /// <summary>The port that it goes out by, perhaps with a <c>+</c>; null where it is not looked at.</summary>
    public string? Output { get; internal init; }

    /// <summary>True where that is inverted.</summary>
    public bool OutputNegated { get; internal init; }

    /// <summary>True where the packet must have come in by a bridge, false where it must not; null where it is not looked at.</summary>
    public bool? IsIn { get; internal init; }

    /// <summary>The same for going out.</summary>
    public bool? IsOut { get; internal init; }

    /// <summary>True where it must be bridged and not routed, false where it must not.</summary>
    public bool? IsBridged { get; internal init; }
}
