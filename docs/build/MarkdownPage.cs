using System.Text.RegularExpressions;

namespace K8sNetfilter.HelpBuild;

/// <summary>A page of Markdown, as far as the help uses it: headings, paragraphs, lists, fenced code.</summary>
internal sealed partial class MarkdownPage
{
    private MarkdownPage(string file, MarkdownSection top)
    {
        File = file;
        Top = top;
    }

    /// <summary>The file, for messages.</summary>
    public string File { get; }

    /// <summary>The page's title, and all below it.</summary>
    public MarkdownSection Top { get; }

    /// <summary>A section of the page by its heading.</summary>
    public MarkdownSection Section(string title) =>
        Top.Sections.Find(s => s.Title == title) ?? throw new PageException(File, $"there is no section \"## {title}\".");

    /// <summary>Reads a page.</summary>
    /// <exception cref="PageException">It has no title, or a block of code is not closed.</exception>
    public static MarkdownPage Read(string file)
    {
        string[] lines = System.IO.File.ReadAllLines(file);
        int at = lines is ["---", ..] ? Array.IndexOf(lines, "---", 1) + 1 : 0;
        var open = new Stack<MarkdownSection>();
        MarkdownSection? top = null;
        while (at < lines.Length)
        {
            if (Heading().Match(lines[at]) is { Success: true } heading)
            {
                var section = new MarkdownSection(heading.Groups["marks"].Length, heading.Groups["title"].Value);
                while (open.TryPeek(out var above) && above.Level >= section.Level)
                {
                    open.Pop();
                }

                if (open.TryPeek(out var parent))
                {
                    parent.Sections.Add(section);
                }
                else if (top is not null)
                {
                    throw new PageException(file, $"\"{section.Title}\" is a second title.");
                }

                top ??= section;
                open.Push(section);
                at++;
            }
            else if (lines[at].Length == 0)
            {
                at++;
            }
            else
            {
                var place = open.TryPeek(out var current) 
                    ? current
                    : throw new PageException(file, "the title (# Name) must be the first.");
                place.Blocks.Add(ReadBlock(file, lines, ref at));
            }
        }

        return new MarkdownPage(file, top ?? throw new PageException(file, "there is no title (# Name)."));
    }

    private static MarkdownBlock ReadBlock(string file, string[] lines, ref int at)
    {
        if (lines[at].StartsWith("```", StringComparison.Ordinal))
        {
            int end = Array.IndexOf(lines, "```", at + 1);
            if (end < 0)
            {
                throw new PageException(file, $"the code in line {at + 1} is not closed.");
            }

            var code = new MarkdownBlock(MarkdownBlockKind.Code, lines[at][3..], string.Join('\n', lines[(at + 1)..end]));
            at = end + 1;
            return code;
        }

        int start = at;
        bool item = lines[at].StartsWith("- ", StringComparison.Ordinal);
        do
        {
            at++;
        }
        while (at < lines.Length && lines[at].Length != 0 && !lines[at].StartsWith("- ", StringComparison.Ordinal)
            && !lines[at].StartsWith("```", StringComparison.Ordinal));
        string text = string.Join(' ', lines[start..at].Select(l => l.Trim()));
        return new MarkdownBlock(item ? MarkdownBlockKind.Item : MarkdownBlockKind.Paragraph, "", Plain(item ? text[2..] : text));
    }

    /// <summary>The text without the marks of code and links, as a terminal shows it.</summary>
    private static string Plain(string text)
    {
        string linked = Link().Replace(Address().Replace(text, "${url}"), m =>
            m.Groups["url"].Value.EndsWith(".md", StringComparison.Ordinal)
                ? m.Groups["text"].Value
                : $"{m.Groups["text"].Value} ({m.Groups["url"].Value})");
        return linked.Replace("`", "", StringComparison.Ordinal);
    }

    [GeneratedRegex("^(?<marks>#{1,3}) (?<title>.+?) *$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\[(?<text>[^\]]+)\]\((?<url>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("<(?<url>https?://[^>]+)>")]
    private static partial Regex Address();
}
