namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>One part of a line: a command, a condition or a target, with the options that belong to it.</summary>
internal struct LinePart
{
    /// <summary>What it is.</summary>
    public LinePartKind Kind;

    /// <summary>True where <c>-m</c>, <c>-j</c> or <c>-g</c> introduces it.</summary>
    public bool Introduced;

    /// <summary>True for <c>-g</c>.</summary>
    public bool IsGoto;

    /// <summary>The name.</summary>
    public string Name;

    /// <summary>The options that its extension has; null where that is not known.</summary>
    public ExtensionOptions? Known;

    /// <summary>The index of its first option.</summary>
    public int FirstOption;

    /// <summary>How many options it has.</summary>
    public int Count;
}
