using System.Text;

namespace K8sNetfilter.HelpBuild;

/// <summary>Writes an about_ page as Get-Help shows it: plain text, headings in capitals, code indented.</summary>
internal static class TopicWriter
{
    private const int Width = 80;

    /// <summary>The text of the page.</summary>
    public static string Write(MarkdownPage page)
    {
        var text = new StringBuilder("TOPIC\n    ").Append(page.Top.Title).Append('\n');
        foreach (var section in page.Top.Sections)
        {
            text.Append('\n').Append(Capitals(section.Title)).Append('\n');
            WriteBlocks(text, section, isFirst: true);
            foreach (var part in section.Sections)
            {
                text.Append("\n    ").Append(Capitals(part.Title)).Append('\n');
                WriteBlocks(text, part, isFirst: false);
            }
        }

        return text.ToString();
    }

    private static string Capitals(string heading) => heading.Replace("`", "", StringComparison.Ordinal).ToUpperInvariant();

    private static void WriteBlocks(StringBuilder text, MarkdownSection section, bool isFirst)
    {
        MarkdownBlock? before = null;
        foreach (var block in section.Blocks)
        {
            if ((before is not null || !isFirst) && !(before?.Kind == MarkdownBlockKind.Item && block.Kind == MarkdownBlockKind.Item))
            {
                text.Append('\n');
            }

            before = block;
            switch (block.Kind)
            {
                case MarkdownBlockKind.Code:
                    foreach (string line in block.Text.Split('\n'))
                    {
                        text.Append(line.Length == 0 ? "" : "        ").Append(line).Append('\n');
                    }

                    break;
                case MarkdownBlockKind.Item when section.Title == "See also":
                    text.Append("    ").Append(block.Text).Append('\n');
                    break;
                default:
                    Wrap(text, block.Text, block.Kind == MarkdownBlockKind.Item ? "    - " : "    ");
                    break;
            }
        }
    }

    private static void Wrap(StringBuilder text, string paragraph, string start)
    {
        int column = start.Length;
        text.Append(start);
        bool isFirst = true;
        foreach (string word in paragraph.Split(' '))
        {
            if (!isFirst && column + 1 + word.Length > Width)
            {
                text.Append('\n').Append(' ', start.Length);
                column = start.Length;
                isFirst = true;
            }

            text.Append(isFirst ? "" : " ").Append(word);
            column += word.Length + (isFirst ? 0 : 1);
            isFirst = false;
        }

        text.Append('\n');
    }
}
