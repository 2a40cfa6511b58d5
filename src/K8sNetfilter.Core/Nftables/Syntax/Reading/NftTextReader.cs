using System.Globalization;

namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>
/// Reads what <c>nft list ruleset</c> prints (with -a, -n, -s or without), and the commands of a file for <c>nft -f</c>. A part that is not
/// understood is kept and named, and the rest is read: nothing in a file makes it fail.
/// </summary>
internal ref partial struct NftTextReader
{
    /// <summary>How deep expressions and blocks may be in each other: more than nft writes.</summary>
    private const int MaxDepth = 32;

    private readonly ReadOnlySpan<char> _text;
    private readonly RulesetBuilder _ruleset;
    private NftLexer _lexer;
    private TableBuilder? _table;
    private string? _reason;
    private Token _place;
    private int _depth;
    private int _line;
    private int _lineStart;

    private NftTextReader(ReadOnlySpan<char> text)
    {
        _text = text;
        _ruleset = new();
        _lexer = new(text);
        _line = 1;
    }

    /// <summary>Reads a listing or a file of commands.</summary>
    public static RulesetSyntax Read(ReadOnlySpan<char> text)
    {
        var reader = new NftTextReader(text);
        reader._lexer.Next();
        while (reader._lexer.Current.Kind != TokenKind.End)
        {
            if (reader._lexer.Current.Kind == TokenKind.Separator)
            {
                reader._lexer.Next();
                continue;
            }

            int start = reader._lexer.Current.Start;
            if (!reader.ReadCommand())
            {
                reader.Skip(start);
            }
        }

        return reader._ruleset.Build();
    }

    private bool ReadCommand()
    {
        _table = null;
        if (_lexer.IsWord("table"))
        {
            return ReadTable();
        }

        if (_lexer.IsWord("add") || _lexer.IsWord("create") || _lexer.IsWord("insert"))
        {
            bool first = _lexer.IsWord("insert");
            _lexer.Next();
            return ReadAddition(first);
        }

        if (_lexer.IsWord("flush"))
        {
            return ReadFlush();
        }

        if (_lexer.IsWord("include") || _lexer.IsWord("define") || _lexer.IsWord("redefine") || _lexer.IsWord("undefine"))
        {
            return Fail(_lexer.IsWord("include") ? "another file is included, which is not read: give what \"nft list ruleset\" prints"
                : "variables are not read: give what \"nft list ruleset\" prints");
        }

        return _lexer.IsWord("rule") || _lexer.IsWord("chain") || _lexer.IsWord("set") || _lexer.IsWord("map") || _lexer.IsWord("element")
            ? ReadAddition(false)
            : Fail($"\"{Shown()}\" is no command that is read");
    }

    // "flush ruleset" begins most files; with nothing before it, it says nothing.
    private bool ReadFlush()
    {
        _lexer.Next();
        if (!_lexer.IsWord("ruleset"))
        {
            return Fail("only \"flush ruleset\" is read of the flush commands");
        }

        _lexer.Next();
        return EndOfCommand();
    }

    private bool ReadAddition(bool first)
    {
        string what = _lexer.Word.ToString();
        if (_lexer.Current.Kind != TokenKind.Word)
        {
            return Fail("the kind of object is missing");
        }

        if (what == "table")
        {
            return ReadTable();
        }

        _lexer.Next();
        if (what == "ct" && _lexer.Current.Kind == TokenKind.Word)
        {
            what = string.Concat("ct ", _lexer.Word);
            _lexer.Next();
        }

        string family = TakeFamily() ?? "ip";
        if (TakeName() is not { } table || TakeName() is not { } name)
        {
            return Fail("the table or the name is missing");
        }

        _table = _ruleset.Table(family, table);
        return what switch
        {
            "rule" => ReadRuleCommand(name, first),
            "chain" => ReadChainCommand(name),
            "element" => ReadElements(name),
            _ when _lexer.IsMark("{") => ReadMember(what, name) && EndOfCommand(),
            "set" or "map" => Fail("the definition of the set is missing"),
            _ => Fail($"\"{what}\" without a definition is not read"),
        };
    }

    private bool ReadRuleCommand(string chain, bool first)
    {
        while (_lexer.IsWord("position") || _lexer.IsWord("handle") || _lexer.IsWord("index"))
        {
            return Fail("a rule's place in the chain by position, handle or index is not read");
        }

        int line = Line();
        var rule = ReadRule(line);
        var rules = _table!.Chain(chain).Rules;
        rules.Insert(first ? 0 : rules.Count, rule);
        return true;
    }

    private bool ReadChainCommand(string name) => _lexer.IsMark("{") ? ReadMember("chain",
        name) && EndOfCommand() : _table!.Chain(name) is not null && EndOfCommand();

    private bool ReadElements(string name)
    {
        if (_table!.FindSet(name) is not { } set)
        {
            return Fail($"there is no set {name} before its elements");
        }

        return Expect("{") && ReadElementList(set.Head, set.Elements) && EndOfCommand();
    }

    private bool EndOfCommand()
    {
        if (_lexer.Current.Kind is TokenKind.Separator or TokenKind.End)
        {
            return true;
        }

        return Fail($"\"{Shown()}\" is not expected");
    }

    private string? TakeFamily()
    {
        if (_lexer.Current.Kind == TokenKind.Word && _lexer.Word is "ip" or "ip6" or "inet" or "arp" or "bridge" or "netdev")
        {
            string family = _lexer.Word.ToString();
            _lexer.Next();
            return family;
        }

        return null;
    }

    private string? TakeName()
    {
        if (_lexer.Current.Kind is TokenKind.Word or TokenKind.Quoted)
        {
            string name = _lexer.Word.ToString();
            _lexer.Next();
            return name;
        }

        return null;
    }

    private bool TakeWord(ReadOnlySpan<char> word)
    {
        if (!_lexer.IsWord(word))
        {
            return false;
        }

        _lexer.Next();
        return true;
    }

    private bool TakeMark(ReadOnlySpan<char> mark)
    {
        if (!_lexer.IsMark(mark))
        {
            return false;
        }

        _lexer.Next();
        return true;
    }

    private bool Expect(ReadOnlySpan<char> mark) => TakeMark(mark) || Fail($"\"{mark}\" is expected before \"{Shown()}\"");

    private void SkipSeparators()
    {
        while (_lexer.Current.Kind == TokenKind.Separator)
        {
            _lexer.Next();
        }
    }

    /// <summary>A number of up to 64 bits.</summary>
    private bool TakeNumber(out ulong number)
    {
        number = 0;
        if (_lexer.Current.Kind != TokenKind.Word || !ValueReader.TryReadNumber(_lexer.Word, out var wide) || wide.High != 0)
        {
            return Fail($"a number is expected in place of \"{Shown()}\"");
        }

        number = wide.Low;
        _lexer.Next();
        return true;
    }

    private bool TakeTime(out TimeSpan time)
    {
        bool read = ValueReader.TryReadTime(_lexer.Word,
            out ulong milliseconds) && milliseconds <= (ulong)TimeSpan.MaxValue.TotalMilliseconds;
        time = read ? TimeSpan.FromTicks((long)milliseconds * TimeSpan.TicksPerMillisecond) : default;
        if (!read)
        {
            return Fail($"a time is expected in place of \"{Shown()}\"");
        }

        _lexer.Next();
        return true;
    }

    /// <summary>The token for a message.</summary>
    private readonly string Shown() => _lexer.Current.Kind switch
    {
        TokenKind.End => "the end",
        TokenKind.Separator => "the end of the line",
        _ => (_lexer.Word.Length > 40 ? _lexer.Word[..40] : _lexer.Word).ToString(),
    };

    /// <summary>Notes the first thing that is not understood.</summary>
    private bool Fail(string reason)
    {
        if (_reason is null)
        {
            _reason = reason;
            _place = _lexer.Current;
        }

        return false;
    }

    private T? Fail<T>(string reason)
        where T : class
    {
        Fail(reason);
        return null;
    }

    /// <summary>Goes to the end of the part that begins at <paramref name="start"/>, names it and gives its text.</summary>
    private string Skip(int start)
    {
        int depth = Depth(start, _lexer.Current.Start);
        while (_lexer.Current.Kind != TokenKind.End)
        {
            if (depth <= 0 && (_lexer.Current.Kind == TokenKind.Separator || (depth == 0 && _lexer.IsMark("}")
                && _lexer.Current.Start > start && _table is not null)))
            {
                break;
            }

            depth += _lexer.IsMark("{") ? 1 : _lexer.IsMark("}") ? -1 : 0;
            _lexer.Next();
        }

        int end = _lexer.Current.Start > start ? _lexer.Current.Start : _text.Length;
        string text = _text[start..Math.Min(end, start + 65536)].TrimEnd().ToString();
        int line = LineOf(_place.Start, out int column);
        _ruleset.AddUnread(line, column, text, _reason ?? "it is not understood",
            _table is { } table ? $"table {table.Family} {table.Name}" : "");
        _reason = null;
        return text;
    }

    // How many braces are open between two places.
    private readonly int Depth(int start, int end) => Math.Max(0, _text[start..end].Count('{') - _text[start..end].Count('}'));

    private int Line()
    {
        int line = LineOf(_lexer.Current.Start, out _);
        return line;
    }

    // The lines are counted on from the last place, which is nearly always before.
    private int LineOf(int place, out int column)
    {
        if (place < _lineStart)
        {
            int back = _text[place.._lineStart].Count('\n');
            column = place - _text[..place].LastIndexOf('\n');
            return _line - back;
        }

        var between = _text[_lineStart..Math.Min(place, _text.Length)];
        _line += between.Count('\n');
        int last = between.LastIndexOf('\n');
        _lineStart += last + 1;
        column = place - _lineStart + 1;
        return _line;
    }

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
