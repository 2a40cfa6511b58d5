namespace K8sNetfilter.HelpBuild;

/// <summary>A cmdlet's page.</summary>
internal sealed class CmdletPage
{
    /// <summary>Verb-Noun.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence.</summary>
    public required IReadOnlyList<string> Synopsis { get; init; }

    /// <summary>What it does.</summary>
    public required IReadOnlyList<string> Description { get; init; }

    /// <summary>The forms of the command.</summary>
    public required IReadOnlyList<SyntaxForm> Forms { get; init; }

    /// <summary>Its parameters.</summary>
    public required IReadOnlyList<ParameterEntry> Parameters { get; init; }

    /// <summary>What comes in through the pipeline: a type and what it is for.</summary>
    public required IReadOnlyList<TypeEntry> Inputs { get; init; }

    /// <summary>What goes out.</summary>
    public required IReadOnlyList<TypeEntry> Outputs { get; init; }

    /// <summary>Rights that it needs, limits, sources.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Examples.</summary>
    public required IReadOnlyList<ExampleEntry> Examples { get; init; }

    /// <summary>Names of other pages, or addresses.</summary>
    public required IReadOnlyList<string> Links { get; init; }

    /// <summary>Reads a page.</summary>
    /// <exception cref="PageException">A section is not there, or empty.</exception>
    public static CmdletPage Read(MarkdownPage page) => new()
    {
        Name = page.Top.Title,
        Synopsis = Texts(page, "SYNOPSIS"),
        Description = Texts(page, "DESCRIPTION"),
        Forms = [.. SyntaxForm.Read(page.Section("SYNTAX"))],
        Parameters = [.. page.Section("PARAMETERS").Sections.Select(s => ParameterEntry.Read(page, s))],
        Inputs = Types(page, "INPUTS"),
        Outputs = Types(page, "OUTPUTS"),
        Notes = Texts(page, "NOTES"),
        Examples = [.. page.Section("EXAMPLES").Sections.Select(s => ExampleEntry.Read(page, s))],
        Links = [.. page.Section("RELATED LINKS").Texts],
    };

    private static List<string> Texts(MarkdownPage page, string title) =>
        page.Section(title).Texts.ToList() is { Count: > 0 } texts
            ? texts
            : throw new PageException(page.File, $"the section \"{title}\" is empty.");

    private static List<TypeEntry> Types(MarkdownPage page, string title) =>
        [.. page.Section(title).Sections.Select(s => new TypeEntry(s.Title, [.. s.Texts]))];
}

/// <summary>A type in INPUTS or OUTPUTS.</summary>
internal sealed record TypeEntry(string Name, IReadOnlyList<string> Description);

/// <summary>A command line with what it is for.</summary>
internal sealed record ExampleEntry(string Title, string Code, IReadOnlyList<string> Remarks)
{
    /// <summary>Reads the section of an example.</summary>
    public static ExampleEntry Read(MarkdownPage page, MarkdownSection section) => new(
        section.Title,
        section.Blocks.Find(b => b.Kind == MarkdownBlockKind.Code)?.Text
            ?? throw new PageException(page.File, $"\"{section.Title}\" has no code."),
        [.. section.Texts]);
}

/// <summary>A parameter's text and facts.</summary>
internal sealed record ParameterEntry(string Name, IReadOnlyList<string> Description, IReadOnlyList<ParameterFacts> Facts)
{
    /// <summary>Reads the section of a parameter.</summary>
    public static ParameterEntry Read(MarkdownPage page, MarkdownSection section)
    {
        string name = section.Title.TrimStart('-');
        var facts = section.Blocks.Where(b => b is { Kind: MarkdownBlockKind.Code, Language: "yaml" })
            .Select(b => ParameterFacts.Read(page, name, b.Text)).ToList();
        return new ParameterEntry(name, [.. section.Texts], facts.Count == 0 ? [ParameterFacts.NotWritten] : facts);
    }

    /// <summary>What holds in one parameter set.</summary>
    public ParameterFacts In(string set) => Facts.FirstOrDefault(f => f.Sets.Contains(set)) ?? Facts[0];
}
