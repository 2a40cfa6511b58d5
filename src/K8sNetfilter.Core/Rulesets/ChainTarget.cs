namespace K8sNetfilter.Rulesets;

/// <summary>A jump or goto to another chain of the same table.</summary>
public sealed class ChainTarget : RuleTarget
{
    internal ChainTarget(RulePartWords words, NetfilterChain? chain, RuleTargetKind kind)
        : base(words, kind)
    {
        Chain = chain;
    }

    /// <summary>The chain; null where the dump does not have it.</summary>
    internal NetfilterChain? Chain { get; }
}
