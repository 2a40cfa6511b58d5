namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>Why a line is not a rule.</summary>
internal enum RuleSyntaxError
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>It does not start as a rule does.</summary>
    NotARule,

    /// <summary>A quoted string is not closed.</summary>
    UnclosedQuote,

    /// <summary>The line ends where a value should be.</summary>
    MissingValue,

    /// <summary>A word belongs to no option.</summary>
    StrayWord,

    /// <summary>An option belongs to no extension of the rule.</summary>
    StrayOption,

    /// <summary>The rule has two targets.</summary>
    SecondTarget,
}
