namespace K8sNetfilter.Rulesets;

/// <summary>A node's iptables rules.</summary>
public interface IRulesetSource
{
    /// <summary>Reads the rules. A backend or family that cannot be read is a problem of the answer; the rest still comes.</summary>
    /// <param name="query">Which rules.</param>
    /// <param name="cancellation">Ends the reading, and what was started for it.</param>
    /// <returns>The tables; null if the node says nothing about its rules.</returns>
    Ruleset? Read(RulesetQuery query, CancellationToken cancellation);
}
