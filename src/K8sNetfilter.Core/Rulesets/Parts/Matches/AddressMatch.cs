using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The packet's source (<c>-s</c>) or destination address (<c>-d</c>).</summary>
public sealed class AddressMatch : RuleMatch
{
    internal AddressMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>True for the source.</summary>
    public bool IsSource { get; internal init; }

    /// <summary>The address under its mask.</summary>
    internal AddressMask Value { get; init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }

    /// <summary>The family of the address.</summary>
    public IPFamily Family => Value.Family;

    /// <summary>Whether the packet's address meets the condition.</summary>
    public bool IsMetBy(Bits128 address) => Value.Contains(address) != Negated;
}
