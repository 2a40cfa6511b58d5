namespace K8sNetfilter.Nftables.Syntax;

/// <summary>An element of a set or map.</summary>
/// <param name="Key">A value, a range, a prefix, a concatenation of those, or the asterisk.</param>
/// <param name="Data">What a map has for it; null for a set.</param>
internal sealed record ElementSyntax(ExpressionSyntax Key, ExpressionSyntax? Data = null)
{
    /// <summary>What few elements have.</summary>
    public ElementDetails? Details { get; init; }
}

/// <summary>What an element has beside key and data.</summary>
internal sealed record ElementDetails
{
    public TimeSpan? Timeout { get; init; }

    public TimeSpan? Expires { get; init; }

    public string? Comment { get; init; }

    /// <summary>Counter, limit, quota and the like of the element.</summary>
    public IReadOnlyList<StatementSyntax> Statements { get; init; } = [];
}
