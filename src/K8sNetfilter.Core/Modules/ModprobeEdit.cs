using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>Changes to a file of modprobe.d(5). What is not meant stays as it is, byte for byte.</summary>
public static class ModprobeEdit
{
    /// <summary>
    /// Sets parameters of a module: they are merged into the line of options that the file has for it (several such lines become one, at
    /// the place of the first), or get a line at the end. Null where the file says all of it already.
    /// </summary>
    /// <param name="content">The file; null if there is none yet.</param>
    /// <param name="module">The module.</param>
    /// <param name="parameters">The parameters, as <see cref="ModuleParameters.Join"/> gives them.</param>
    public static byte[]? SetOptions(byte[]? content, string module, string parameters)
    {
        string name = ModuleName.Check(module);
        byte[] old = content ?? [];
        var lines = ModprobeConfiguration.Lines(old)
            .Select(line => (line, rule: ModprobeConfiguration.ParseLine(line.Text, new("", line.Line))))
            .Where(l => l.line.Text is not ['#', ..] && l.rule is { Kind: ModprobeRuleKind.Options } && l.rule.Module == name)
            .ToList();
        string before = string.Join(' ', lines.Select(l => l.rule!.Value));
        string after = ModuleParameters.Merge(before, parameters);
        if (lines.Count != 0 && ModuleParameters.Split(before).SequenceEqual(ModuleParameters.Split(after)))
        {
            return null;
        }

        // Reading takes one backslash away, and leaves what stands behind it.
        string text = $"options {name} {after.Replace("\\", "\\\\", StringComparison.Ordinal)}";
        if (lines.Count == 0)
        {
            return Append(old, text);
        }

        var result = new List<byte>(old.Length + text.Length);
        int at = 0;
        foreach (var (line, _) in lines)
        {
            result.AddRange(old.AsSpan(at..line.Start));
            if (at == 0)
            {
                result.AddRange(ByteText.Encode(text));
                result.Add((byte)'\n');
            }

            at = line.Next;
        }

        result.AddRange(old.AsSpan(at));
        return [.. result];
    }

    // A carriage return would become a part of the last value, so a line ends here with a line feed in every file. A backslash at the end of
    // the file would join the new line with the last one: an empty line takes it up.
    private static byte[] Append(byte[] content, string text)
    {
        byte[] end = content.Length == 0 || content[^1] == '\n' ? [] : [.. "\n"u8];
        byte[] added = [.. content, .. end, .. ByteText.Encode(text), (byte)'\n'];
        return ModprobeConfiguration.Lines(added).Last().Start == content.Length + end.Length
            ? added
            : [.. content, .. end, (byte)'\n', .. ByteText.Encode(text), (byte)'\n'];
    }
}
