namespace K8sNetfilter.Rulesets;

/// <summary>What a command of iptables(8) does to a chain.</summary>
internal enum RuleEditKind
{
    /// <summary><c>-I</c>: puts a rule at a place.</summary>
    Insert,

    /// <summary><c>-A</c>: puts a rule at the end.</summary>
    Append,

    /// <summary><c>-R</c>: puts a rule in the place of another.</summary>
    Replace,

    /// <summary><c>-D</c>: takes a rule out.</summary>
    Delete,

    /// <summary><c>-F</c>: takes all rules out.</summary>
    Flush,

    /// <summary><c>-X</c>: removes the chain.</summary>
    Remove,

    /// <summary><c>-P</c>: sets the policy.</summary>
    Policy,
}
