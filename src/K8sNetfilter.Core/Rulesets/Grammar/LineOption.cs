namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>One option of a line, by the indexes of its words.</summary>
internal struct LineOption
{
    /// <summary>Its long name; empty for bare words.</summary>
    public string Name;

    /// <summary>The value that is attached to the name (<c>--name=value</c>, <c>-ptcp</c>).</summary>
    public string? Attached;

    /// <summary>The first word, which can be <c>!</c>.</summary>
    public int FirstWord;

    /// <summary>The word with the name; -1 for none.</summary>
    public int NameWord;

    /// <summary>The first word of the value.</summary>
    public int ValueWord;

    /// <summary>Behind its last word.</summary>
    public int EndWord;

    /// <summary>The part that it belongs to.</summary>
    public int Part;

    /// <summary>True after <c>!</c>.</summary>
    public bool Negated;
}
