namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>Words of a line that is not a rule, or not known to be one yet.</summary>
internal static class LineTokens
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
        target.SequenceEqual("ACCEPT"u8) || target.SequenceEqual("DROP"u8) || target.SequenceEqual("RETURN"u8)
            || target.SequenceEqual("QUEUE"u8);

    /// <summary>
    /// True for a shell's prompt (<c>root@node:~#</c>, <c>[root@node ~]#</c>, <c>$</c>, or the <c>+</c> of set -x), with the command behind
    /// it, which may be empty.
    /// </summary>
    public static bool TryPrompt(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> command)
    {
        const int Longest = 80;
        command = default;
        if (text[0] == '+')
        {
            int end = text.IndexOfAnyExcept((byte)'+');
            command = end < 0 ? default : text[end..];
            return end > 0 && text[end] == ' ';
        }

        int at = text[..Math.Min(text.Length, Longest)].IndexOfAny((byte)'#', (byte)'$');
        if (at < 0 || (at + 1 < text.Length && text[at + 1] != ' '))
        {
            return false;
        }

        // Nothing before the sign, or a user at a machine.
        var user = text[..at];
        command = text[(at + 1)..];
        return user.IsEmpty ? !command.IsEmpty : user.Contains((byte)'@') && user[0] != '-' && !user.Contains((byte)'"');
    }

    /// <summary>
    /// The first word, and what follows it. Only white space ends it: iptables-restore splits the line of a chain with strtok, where quotes
    /// are ordinary characters (iptables/iptables-restore.c), and iptables-save prints the name of a chain as it is. Words of rules are
    /// read by
    /// <see cref="RuleWords"/>.
    /// </summary>
    public static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> rest)
    {
        text = text.TrimStart(" \t"u8);
        int end = text.IndexOfAny((byte)' ', (byte)'\t');
        rest = end < 0 ? default : text[end..];
        return end < 0 ? text : text[..end];
    }
}
