using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>A range of addresses.</summary>
public sealed class IprangeMatch : RuleMatch
{
    internal IprangeMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The source; null where it is not looked at.</summary>
    internal AddressRange? Source { get; init; }

    /// <summary>True where it is inverted.</summary>
    public bool SourceNegated { get; internal init; }

    /// <summary>The destination; null where it is not looked at.</summary>
    internal AddressRange? Destination { get; init; }

    /// <summary>True where it is inverted.</summary>
    public bool DestinationNegated { get; internal init; }
}
