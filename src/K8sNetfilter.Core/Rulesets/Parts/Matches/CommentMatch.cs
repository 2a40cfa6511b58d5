namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>A comment: it matches every packet.</summary>
public sealed class CommentMatch : RuleMatch
{
    internal CommentMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The text, at most 255 bytes in the kernel.</summary>
    public required string Comment { get; init; }
}
