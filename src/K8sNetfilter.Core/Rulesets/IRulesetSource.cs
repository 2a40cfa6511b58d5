using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>What a node says of its rules.</summary>
public interface IRulesetSource
{
    /// <summary>Reads the rules. A backend or family that the node cannot tell of is a problem of the answer; the rest still comes.</summary>
    /// <param name="query">Which rules.</param>
    /// <param name="cancellation">Ends the reading, and what was started for it.</param>
    /// <returns>The tables; null where the node does not say anything of its rules.</returns>
    Ruleset? Read(RulesetQuery query, CancellationToken cancellation);

    /// <summary>
    /// What the kernel says of its hooks. Null where no running kernel is asked; the hooks then follow from the rules.
    /// </summary>
    KernelHooks? ReadHooks(CancellationToken cancellation) => null;
}
