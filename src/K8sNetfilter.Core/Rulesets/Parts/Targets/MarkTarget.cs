namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>Changes the packet's mark: the bits of <see cref="Mask"/> are cleared, then <see cref="Value"/> is XORed in.</summary>
public sealed class MarkTarget : RuleTarget
{
    internal MarkTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>What is XORed in.</summary>
    public uint Value { get; internal init; }

    /// <summary>The bits that are cleared first.</summary>
    public uint Mask { get; internal init; }

    /// <summary>The mark afterwards.</summary>
    public uint Apply(uint mark) => (mark & ~Mask) ^ Value;
}
