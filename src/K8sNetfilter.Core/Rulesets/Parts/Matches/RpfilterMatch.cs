namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The way back to the packet's source is the interface that it came in by; iptables-extensions(8), rpfilter.</summary>
public sealed class RpfilterMatch : RuleMatch
{
    internal RpfilterMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>True if any interface will do (<c>--loose</c>).</summary>
    public bool IsLoose { get; internal init; }

    /// <summary>True if the packet's mark takes part in the lookup (<c>--validmark</c>).</summary>
    public bool UsesMark { get; internal init; }

    /// <summary>True if the source may be an address of this node (<c>--accept-local</c>).</summary>
    public bool AcceptsLocal { get; internal init; }

    /// <summary>True if packets that fail the test match (<c>--invert</c>).</summary>
    public bool Negated { get; internal init; }
}
