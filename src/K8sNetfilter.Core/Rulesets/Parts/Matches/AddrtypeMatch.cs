namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>What kind of address, to the routing tables, the source or the destination is.</summary>
public sealed class AddrtypeMatch : RuleMatch
{
    internal AddrtypeMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>Kinds of the source; null where it is not looked at.</summary>
    public AddressTypes? SourceTypes { get; internal init; }

    /// <summary>True where they are inverted.</summary>
    public bool SourceNegated { get; internal init; }

    /// <summary>Kinds of the destination; null where it is not looked at.</summary>
    public AddressTypes? DestinationTypes { get; internal init; }

    /// <summary>True where they are inverted.</summary>
    public bool DestinationNegated { get; internal init; }

    /// <summary>True where only the interface that the packet came in by is asked.</summary>
    public bool LimitsToInput { get; internal init; }

    /// <summary>True where only the interface that it goes out by is asked.</summary>
    public bool LimitsToOutput { get; internal init; }
}
