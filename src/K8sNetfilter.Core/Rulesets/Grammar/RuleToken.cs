using System.Text;

namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// One word of a rule: what it says, and what it takes to spell it again. Quoting follows iptables: only double quotes quote, a backslash
/// escapes within them and is an ordinary character outside (add_param_to_argv, iptables/xshared.c); iptables-save quotes a string with
/// anything but letters, digits, <c>_</c> and <c>-</c>, and escapes <c>"</c>, <c>\</c> and <c>'</c> (xtables_save_string,
/// libxtables/xtables.c).
/// </summary>
internal readonly struct RuleToken
{
    private RuleToken(string text, bool quoted, string? spelling, string? leading)
    {
        Text = text;
        Quoted = quoted;
        Spelling = spelling;
        Leading = leading;
    }

    /// <summary>What the word says, without quotes and escapes.</summary>
    public string Text { get; }

    /// <summary>The white space before it; null for one space.</summary>
    public string? Leading { get; }

    /// <summary>True where it stands in quotes.</summary>
    private bool Quoted { get; }

    /// <summary>How it is written, where the rule for quoted words would write it otherwise.</summary>
    private string? Spelling { get; }

    /// <summary>A word as iptables-save writes a keyword or a number: bare.</summary>
    public static RuleToken Bare(string text, string? leading = null) => new(text, false, null, leading);

    /// <summary>A word as iptables-save writes a free string: in quotes where it has to be.</summary>
    public static RuleToken String(string text, string? leading = null) => new(text, text.Length == 0 || !text.All(IsPlain), null, leading);

    /// <summary>Reads a word as it is written.</summary>
    public static RuleToken Parse(ReadOnlySpan<byte> raw, string? leading)
    {
        if (raw.IndexOf((byte)'"') < 0)
        {
            return new RuleToken(OptionNames.Intern(raw), false, null, leading);
        }

        Span<byte> plain = raw.Length <= 512 ? stackalloc byte[raw.Length] : new byte[raw.Length];
        string text = RulesetText.Decode(plain[..RuleWords.Unquote(raw, plain)]);
        var word = new RuleToken(text, true, null, leading);
        string spelling = RulesetText.Decode(raw);
        return word.Spell(new StringBuilder(spelling.Length), withLeading: false).Equals(spelling)
            ? word
            : new RuleToken(text, true, spelling, leading);
    }

    /// <summary>Appends the word as it is written, with its white space before it.</summary>
    public StringBuilder Spell(StringBuilder output, bool withLeading = true)
    {
        if (withLeading)
        {
            output.Append(Leading ?? " ");
        }

        if (Spelling is not null || !Quoted)
        {
            return output.Append(Spelling ?? Text);
        }

        output.Append('"');
        foreach (char c in Text)
        {
            if (c is '"' or '\\' or '\'')
            {
                output.Append('\\');
            }

            output.Append(c);
        }

        return output.Append('"');
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
}
