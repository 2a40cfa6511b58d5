namespace K8sNetfilter.Rulesets;

/// <summary>What a node says of its rules.</summary>
public interface IRulesetSource
{
    /// <summary>Reads the rules. A backend or family that the node cannot tell of is a problem of the answer; the rest still comes.</summary>
    /// <param name="query">Which rules.</param>
    /// <param name="cancellation">Ends the reading, and what was started for it.</param>
    /// <returns>The tables; null where the node does not say anything of its rules.</returns>
    Ruleset? Read(RulesetQuery query, CancellationToken cancellation);
}
