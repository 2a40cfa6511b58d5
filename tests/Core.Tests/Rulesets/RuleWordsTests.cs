using CsCheck;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Rulesets.Reading;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>
/// All readers of rule lines agree on what a word is, where it ends and what it says. <see cref="Words"/> is a second reading, byte by byte as
/// add_param_to_argv of iptables-restore has it (iptables/xshared.c), but for a closing quote, which does not end a word here.
/// </summary>
public sealed class RuleWordsTests
{
    private static readonly Gen<string> Piece = Gen.OneOf<string>(
        "a", "b", "-", "!", " ", "  ", "\t", "\"", "\"\"", "\\", "\\\"", "\\\\", "'", "--dport", "80", "-d", "10.0.0.1", " -d 10.0.0.1/32 ", " --dport 80 ", " -j X ", " --source ",
        "=", "\u0001", "ü", ":", "[", "]");

    private static readonly Gen<string> AnyLine = Gen.Select(
        Gen.OneOf<string>("", "-A C ", "-A C -m comment --comment ", "-A C -j LOG --log-prefix ", "-A C -d 10.0.0.1/32 -p tcp -m tcp "), Piece.Array[0, 12],
        (start, pieces) => start + string.Concat(pieces));

    // What a comment can hold: any bytes but zero, up to 255 of them.
    private static readonly Gen<string> Comment = Gen.OneOf(Piece, Gen.Const("\n"), Gen.Const("\n-A C -j Y\n"), Gen.Const(" -j Y")).Array[0, 12].Select(string.Concat);

    [Fact]
    public void The_grammar_splits_any_line_into_the_words_that_iptables_reads() => AnyLine.Sample(
        line =>
        {
            byte[] bytes = RulesetText.Encode(line);
            var grammar = new RuleLineGrammar();
            var fault = grammar.Read(bytes);
            if (Words(bytes) is not { } words)
            {
                return fault == RuleSyntaxError.UnclosedQuote;
            }

            return fault != RuleSyntaxError.UnclosedQuote
                && grammar.Words.All.ToArray().Select(w => (w.Start, w.End, w.Quoted)).SequenceEqual(words.Select(w => (w.Start, w.End, w.Quoted)))
                && words.All(w => RuleToken.Parse(bytes.AsSpan(w.Start..w.End), null).Text == w.Text);
        },
        iter: 20_000);

    [Fact]
    public void The_quick_scanner_takes_only_lines_whose_words_all_end_where_iptables_ends_them() => AnyLine.Sample(
        line =>
        {
            byte[] bytes = RulesetText.Encode(line);
            return !RuleLineScanner.TryScan(bytes, out var scan)
                || (Words(bytes) is { } words && words.Any(w => IsAt(w, scan.Chain)) && (scan.Target.Equals(default) || words.Any(w => IsAt(w, scan.Target))));
        },
        iter: 20_000);

    [Fact]
    public void The_fields_of_a_rule_begin_and_end_where_words_do() => AnyLine.Sample(
        line =>
        {
            byte[] bytes = RulesetText.Encode(line);
            if (!RuleFields.TryRead(bytes, out var fields))
            {
                return true;
            }

            return Words(bytes) is { } words
                && Holds(bytes, words, fields.Source) && Holds(bytes, words, fields.Destination) && Holds(bytes, words, fields.Protocol)
                && Holds(bytes, words, fields.In) && Holds(bytes, words, fields.Out) && Holds(bytes, words, fields.Rest)
                && Holds(bytes, words, fields.Target) && Holds(bytes, words, fields.TargetText)
                && (fields.Comment.IsEmpty || words.Any(w => w.Text == CommentOf(bytes)));
        },
        iter: 20_000);

    [Fact]
    public void The_index_of_a_chain_passes_over_no_rule_that_can_match() => AnyLine.Sample(
        line =>
        {
            var chain = RulesetParser.Parse($"*filter\n:C - [0:0]\n{line}\nCOMMIT\n").Tables[0].FindChain("C")!;
            if (chain.GetRules() is not [var rule])
            {
                return true;
            }

            var index = new ChainIndex(chain);
            var match = rule.Matches.OfType<AddressMatch>().FirstOrDefault(m => !m.IsSource);
            bool isForOneAddress = match is { Negated: false, Value.Prefix.IsSingle: true };
            // Without its protocol the option is of whatever extension comes before it: iptables takes no such line.
            bool isForOnePort = rule.Matches.SelectMany(m => m.Options).Concat(rule.Target?.Options ?? []).Any(o => o is { Name: "dport", Negated: false } && o.Value?.Split(' ')[0] == "80");
            bool skipsAddress = index.Next(0, AddressBits.From(System.Net.IPAddress.Parse("10.0.0.9")), 80, 1) == 1;
            bool skipsPort = index.Next(0, AddressBits.From(System.Net.IPAddress.Parse("10.0.0.1")), 81, 1) == 1;
            return (!skipsAddress || isForOneAddress) && (!skipsPort || isForOnePort);
        },
        iter: 20_000);

    [Fact]
    public void A_comment_that_iptables_save_prints_is_read_by_all_readers_as_it_was() => Comment.Where(c => c.Length is > 0 and < 250).Sample(
        comment =>
        {
            string line = $"-A C -d 10.0.0.1/32 -p tcp -m comment --comment {Saved(comment)} -m tcp --dport 80 -j LOG --log-prefix {Saved(comment)}";
            var ruleset = RulesetParser.Parse($"*filter\n:C - [0:0]\n{line}\n-A C -j ACCEPT\nCOMMIT\n");
            var rules = ruleset.Tables[0].FindChain("C")!.GetRules();
            if (ruleset.Problems.Count > 0 || rules.Count != 2 || rules[0].Comment != RulesetText.Decode(RulesetText.Encode(comment)) || rules[0].ToString() != RulesetText.Decode(RulesetText.Encode(line)))
            {
                return false;
            }

            byte[] bytes = RulesetText.Encode(line);
            bool isFast = RuleLineScanner.TryScan(bytes, out _) && RuleFields.TryRead(bytes, out _) && CommentOf(bytes) == rules[0].Comment;
            var index = new ChainIndex(rules[0].GetChain());
            return (isFast || IsOption(comment)) && !index.IsForAll(0);
        },
        iter: 10_000);

    // The lines between look like rules of another chain, and are none.
    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void A_rule_with_two_comments_of_several_lines_is_one_rule(string lineEnd)
    {
        string[] lines =
        [
            "*filter", ":C - [0:0]", ":D - [0:0]",
            "-A C -m comment --comment \"one", "-A D -j ACCEPT", "\" -m comment --comment \"two", "-A D -j DROP", "\" -j RETURN", "-A C -j ACCEPT", "COMMIT", "",
        ];
        var ruleset = RulesetParser.Parse(string.Join(lineEnd, lines));
        Assert.Empty(ruleset.Problems);
        Assert.Empty(ruleset.Tables[0].FindChain("D")!.GetRules());
        Assert.Equal(["RETURN", "ACCEPT"], ruleset.Tables[0].FindChain("C")!.GetRules().Select(r => r.Target?.Name));
    }

    // A bare comment that begins like an option: what it is depends on the option before it, so the quick readers leave the line.
    private static bool IsOption(string comment) => Saved(comment).StartsWith('-');

    private static string CommentOf(byte[] line)
    {
        Assert.True(RuleFields.TryRead(line, out var fields));
        Assert.True(line.AsSpan().Overlaps(fields.Comment, out int at));
        bool isQuoted = line[at - 1] == '"';
        return RuleToken.Parse(isQuoted ? line.AsSpan(at - 1, fields.Comment.Length + 2) : fields.Comment, null).Text;
    }

    private static bool Holds(byte[] line, List<Word> words, ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty)
        {
            return true;
        }

        Assert.True(line.AsSpan().Overlaps(part, out int at));
        int end = at + part.Length;
        return words.Any(w => w.Start == at) && words.Any(w => w.End == end);
    }

    private static bool IsAt(Word word, Range range) => word.Start == range.Start.Value && word.End == range.End.Value;

    // xtables_save_string (libxtables/xtables.c), and the quotes that --log-prefix always has.
    private static string Saved(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') && text.Length > 0 ? text : "\"" + string.Concat(text.Select(c => c is '"' or '\\' or '\'' ? "\\" + c : c.ToString())) + "\"";

    // Null for a line whose last quote is open.
    private static List<Word>? Words(byte[] line)
    {
        var words = new List<Word>();
        var text = new List<byte>();
        int start = -1;
        bool open = false, escaped = false, quoted = false;
        for (int i = 0; i <= line.Length; i++)
        {
            if (i == line.Length || (!open && line[i] is (byte)' ' or (byte)'\t'))
            {
                if (start >= 0)
                {
                    words.Add(new(start, i, quoted, RulesetText.Decode([.. text])));
                }

                text.Clear();
                (start, quoted) = (-1, false);
                continue;
            }

            start = start < 0 ? i : start;
            if (escaped)
            {
                text.Add(line[i]);
                escaped = false;
            }
            else if (line[i] == '"')
            {
                open = !open;
                quoted = true;
            }
            else if (open && line[i] == '\\')
            {
                escaped = true;
            }
            else
            {
                text.Add(line[i]);
            }
        }

        return open ? null : words;
    }

    private sealed record Word(int Start, int End, bool Quoted, string Text);
}
