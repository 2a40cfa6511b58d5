using System.Text.RegularExpressions;

namespace K8sNetfilter.HelpBuild;

/// <summary>One form of a command: the parameters of a parameter set, in order.</summary>
/// <param name="Set">The parameter set's name; empty if the cmdlet has one set only.</param>
/// <param name="Parameters">Its parameters.</param>
internal sealed partial record SyntaxForm(string Set, IReadOnlyList<SyntaxParameter> Parameters)
{
    /// <summary>Reads the section SYNTAX.</summary>
    public static IEnumerable<SyntaxForm> Read(MarkdownSection section)
    {
        foreach (var code in section.Blocks.Where(b => b.Kind == MarkdownBlockKind.Code))
        {
            yield return new SyntaxForm("", Parse(code.Text));
        }

        foreach (var set in section.Sections)
        {
            string name = set.Title.Replace(" (Default)", "", StringComparison.Ordinal);
            yield return new SyntaxForm(name, Parse(set.Blocks.Single(b => b.Kind == MarkdownBlockKind.Code).Text));
        }
    }

    private static List<SyntaxParameter> Parse(string line) =>
    [
        .. Parameter().Matches(line).Select(m => new SyntaxParameter(
            m.Groups["name"].Value,
            m.Groups["type"].Success ? m.Groups["type"].Value : null,
            IsRequired: m.Groups["required"].Success)),
    ];

    // In this order: [[-Name] <type>], [-Name] <type>, [-Name <type>] or [-Name], -Name <type> or -Name.
    [GeneratedRegex("""
        \[\[-(?<name>\w+)\]\ <(?<type>[^>]+)>\]
        | (?<required>\[)-(?<name>\w+)\]\ <(?<type>[^>]+)>
        | \[-(?<name>\w+)(\ <(?<type>[^>]+)>)?\]
        | (?<required>(?<=\ )-)(?<name>\w+)(\ <(?<type>[^>]+)>)?
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Parameter();
}

/// <summary>A parameter in a form of a command.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its value; null for a switch.</param>
/// <param name="IsRequired">Whether this form must have it.</param>
internal sealed record SyntaxParameter(string Name, string? Type, bool IsRequired);
