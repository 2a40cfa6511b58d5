using System.Globalization;
using System.Text.Json.Nodes;

namespace K8sNetfilter.Tests.Deploy;

/// <summary>
/// Reads the part of YAML that the manifests of deploy/ are written in: block mappings and sequences, flow sequences of quoted texts, and
/// scalars of one line. Anything else is an error.
/// </summary>
internal static class Yaml
{
    /// <summary>The documents of a file.</summary>
    public static IReadOnlyList<JsonNode> Documents(string path)
    {
        var documents = new List<JsonNode>();
        var lines = new List<(int Indent, string Text)>();
        foreach (string line in File.ReadLines(path).Append("---"))
        {
            string text = line.TrimStart();
            if (line == "---")
            {
                int at = 0;
                documents.Add(Block(lines, ref at) ?? throw new FormatException($"{path} has an empty document."));
                lines.Clear();
            }
            else if (text.Length != 0 && text[0] != '#')
            {
                lines.Add((line.Length - text.Length, text.TrimEnd()));
            }
        }

        return documents;
    }

    private static JsonNode? Block(List<(int Indent, string Text)> lines, ref int at)
    {
        if (at >= lines.Count)
        {
            return null;
        }

        int indent = lines[at].Indent;
        JsonNode block = lines[at].Text.StartsWith("- ", StringComparison.Ordinal) ? Sequence(lines, ref at, indent) : Mapping(lines, ref at, indent);
        return at < lines.Count && lines[at].Indent > indent ? throw new FormatException($"Indented too far: {lines[at].Text}") : block;
    }

    private static JsonArray Sequence(List<(int Indent, string Text)> lines, ref int at, int indent)
    {
        var items = new JsonArray();
        while (at < lines.Count && lines[at].Indent == indent && lines[at].Text.StartsWith("- ", StringComparison.Ordinal))
        {
            string text = lines[at].Text[2..];
            if (KeyEnd(text) < 0)
            {
                items.Add(Scalar(text));
                at++;
            }
            else
            {
                lines[at] = (indent + 2, text);
                items.Add(Block(lines, ref at));
            }
        }

        return items;
    }

    private static JsonObject Mapping(List<(int Indent, string Text)> lines, ref int at, int indent)
    {
        var map = new JsonObject();
        while (at < lines.Count && lines[at].Indent == indent)
        {
            string text = lines[at].Text;
            int end = KeyEnd(text);
            string key = end < 0 ? throw new FormatException($"There is no key in: {text}") : text[..end], value = text[(end + 1)..].Trim();
            at++;
            map.Add(key, value.Length != 0 ? Scalar(value) : at < lines.Count && lines[at].Indent > indent ? Block(lines, ref at) : null);
        }

        return map;
    }

    private static int KeyEnd(string text) =>
        text[0] is '"' or '\'' or '[' or '{' ? -1 : text.EndsWith(':') ? text.Length - 1 : text.IndexOf(": ", StringComparison.Ordinal);

    private static JsonNode? Scalar(string text) => text switch
    {
        "true" or "false" => text == "true",
        ['"' or '[' or '{', ..] => JsonNode.Parse(text),
        ['\'' or '|' or '>' or '&' or '*' or '!' or '%', ..] => throw new FormatException($"This is not read here: {text}"),
        _ when text.Contains(" #", StringComparison.Ordinal) => throw new FormatException($"A comment has its own line: {text}"),
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) => number,
        _ => text,
    };
}
