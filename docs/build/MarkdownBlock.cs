namespace K8sNetfilter.HelpBuild;

/// <summary>A paragraph, an item of a list, or a block of code.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="Language">The language of a block of code; empty if none is given.</param>
/// <param name="Text">A paragraph's or item's text on one line, or the lines of the code.</param>
internal sealed record MarkdownBlock(MarkdownBlockKind Kind, string Language, string Text);

/// <summary>The kinds of blocks that the pages have.</summary>
internal enum MarkdownBlockKind
{
    /// <summary>Text.</summary>
    Paragraph,

    /// <summary>An item of a list.</summary>
    Item,

    /// <summary>Code between fences.</summary>
    Code,
}
