using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>A test of an address.</summary>
/// <param name="Value">The address under its mask.</param>
/// <param name="Negated">True where it is inverted.</param>
public readonly record struct AddressCondition(AddressMask Value, bool Negated)
{
    /// <summary>Whether an address meets it.</summary>
    public bool IsMetBy(Bits128 address) => Value.Contains(address) != Negated;
}
