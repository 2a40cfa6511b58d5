namespace K8sNetfilter.HelpBuild;

/// <summary>A heading, with all that follows up to the next heading of its level or above.</summary>
internal sealed class MarkdownSection(int level, string title)
{
    /// <summary>1 for the page's title.</summary>
    public int Level => level;

    /// <summary>The heading's text.</summary>
    public string Title => title;

    /// <summary>What follows the heading directly.</summary>
    public List<MarkdownBlock> Blocks { get; } = [];

    /// <summary>The headings one level below.</summary>
    public List<MarkdownSection> Sections { get; } = [];

    /// <summary>The paragraphs and items that follow the heading directly.</summary>
    public IEnumerable<string> Texts => Blocks.Where(b => b.Kind != MarkdownBlockKind.Code).Select(b => b.Text);
}
