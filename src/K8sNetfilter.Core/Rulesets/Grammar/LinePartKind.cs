namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>What a part of a line is.</summary>
internal enum LinePartKind : byte
{
    /// <summary>A word beside the rule itself, such as <c>--ipv4</c>.</summary>
    Note,

    /// <summary><c>-A CHAIN</c>.</summary>
    Command,

    /// <summary>The counters.</summary>
    Counters,

    /// <summary>A condition without an extension: <c>-s</c>, <c>-p</c>.</summary>
    Header,

    /// <summary><c>-m</c> with its options.</summary>
    Match,

    /// <summary><c>-j</c> or <c>-g</c> with its options.</summary>
    Target,
}
