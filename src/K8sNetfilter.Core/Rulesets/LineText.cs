namespace K8sNetfilter.Rulesets;

/// <summary>Words of a line, where it is not a rule or not known to be one yet.</summary>
internal static class LineText
{
    /// <summary>True for a line that appends a rule, whatever follows.</summary>
    public static bool IsAppend(ReadOnlySpan<byte> text)
    {
        if (text[0] == '[')
        {
            Word(text, out text);
        }

        return Word(text, out _) is var command && (command.SequenceEqual("-A"u8) || command.SequenceEqual("--append"u8));
    }

    /// <summary>True for a target that is no chain and no extension.</summary>
    public static bool IsVerdict(ReadOnlySpan<byte> target) =>
        target.SequenceEqual("ACCEPT"u8) || target.SequenceEqual("DROP"u8) || target.SequenceEqual("RETURN"u8) || target.SequenceEqual("QUEUE"u8);

    /// <summary>The first word, and what follows it.</summary>
    public static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> rest)
    {
        text = text.TrimStart(" \t"u8);
        int end = text.IndexOfAny((byte)' ', (byte)'\t');
        rest = end < 0 ? default : text[end..];
        return end < 0 ? text : text[..end];
    }
}
