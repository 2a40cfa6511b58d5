using K8sNetfilter.Rulesets.Parts;

namespace K8sNetfilter.Rulesets;

/// <summary>A jump or goto to another chain of the same table.</summary>
public sealed class ChainTarget : RuleTarget
{
    internal ChainTarget(RulePartSource words, NetfilterChain? chain, RuleTargetKind kind)
        : base(words, kind)
    {
        Chain = chain;
    }

    /// <summary>
    /// What follows -j or -g: a chain of the same table if there is one of that name, unless it is a verdict; else a verdict or an
    /// extension.
    /// </summary>
    internal static RuleTarget Of(RulePartSource words, NetfilterChain? chain) =>
        words.Options[0].Name == "goto" ? new ChainTarget(words, chain, RuleTargetKind.Goto)
        : chain is not null && words.Name is not ("ACCEPT" or "DROP" or "RETURN" or "QUEUE")
        ? new ChainTarget(words, chain, RuleTargetKind.Jump)
        : Create(words);

    /// <summary>The chain; null where the dump does not have it.</summary>
    internal NetfilterChain? Chain { get; }
}
