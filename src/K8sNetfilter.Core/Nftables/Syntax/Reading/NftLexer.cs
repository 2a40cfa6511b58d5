using System.Buffers;

namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>The end of a line, or a semicolon.</summary>
    Separator,

    /// <summary>A name, number, address; also . - / and * alone.</summary>
    Word,

    /// <summary>Text in quotes, without the quotes.</summary>
    Quoted,

    /// <summary>One of { } ( ) [ ] , : = @ $ + and the operators.</summary>
    Mark,
}

/// <summary>A token and its place in the text.</summary>
internal readonly record struct Token(TokenKind Kind, int Start, int Length)
{
    public int End => Start + Length;
}

/// <summary>Cuts the text of a listing or of a file of nft into tokens.</summary>
internal ref struct NftLexer(ReadOnlySpan<char> text)
{
    private static readonly SearchValues<char> ColonDigits = SearchValues.Create("0123456789abcdefABCDEF:");
    private static readonly SearchValues<char> AddressMarks = SearchValues.Create("0123456789abcdefABCDEF:./-");
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    /// <summary>The token.</summary>
    public Token Current { get; private set; }

    /// <summary>Where the token before ended.</summary>
    public int PreviousEnd { get; private set; }

    /// <summary>The number in the last <c># handle N</c>; 0 if there was none since it was taken.</summary>
    public ulong Handle { get; private set; }

    public readonly ReadOnlySpan<char> Word => _text.Slice(Current.Start, Current.Length);

    public readonly bool IsWord(ReadOnlySpan<char> word) => Current.Kind == TokenKind.Word && Word.SequenceEqual(word);

    public readonly bool IsMark(ReadOnlySpan<char> mark) => Current.Kind == TokenKind.Mark && Word.SequenceEqual(mark);

    /// <summary>Whether nothing is between the token and the one before.</summary>
    public readonly bool IsAdjacent => PreviousEnd == Current.Start;

    public ulong TakeHandle()
    {
        ulong handle = Handle;
        Handle = 0;
        return handle;
    }

    /// <summary>Goes to the next token.</summary>
    public void Next()
    {
        PreviousEnd = Current.Kind == TokenKind.Quoted ? Current.End + 1 : Current.End;
        SkipBlanks();
        if (_at >= _text.Length)
        {
            Current = new(TokenKind.End, _text.Length, 0);
            return;
        }

        char first = _text[_at];
        if (first is '\n' or ';')
        {
            Take(TokenKind.Separator, 1);
        }
        else if (first == '"')
        {
            var rest = _text[(_at + 1)..];
            int length = rest.IndexOfAny('"', '\n');
            if (length < 0 || rest[length] == '\n')
            {
                // A quote that does not end: the reader finds no rule for it and says where.
                Take(TokenKind.Mark, 1);
                return;
            }

            Current = new(TokenKind.Quoted, _at + 1, length);
            _at += length + 2;
        }
        else
        {
            int address = AddressLength(_text[_at..]);
            int word = address > 0 ? address : WordLength(_text[_at..]);
            Take(word > 0 ? TokenKind.Word : TokenKind.Mark, word > 0 ? word : MarkLength(_text[_at..]));
        }
    }

    private void Take(TokenKind kind, int length)
    {
        Current = new(kind, _at, length);
        _at += length;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c is ' ' or '\t' or '\r')
            {
                _at++;
            }
            else if (c == '\\' && _at + 1 < _text.Length && _text[_at + 1] == '\n')
            {
                _at += 2;
            }
            else if (c == '#')
            {
                var rest = _text[_at..];
                int end = rest.IndexOf('\n');
                rest = end < 0 ? rest : rest[..end];
                ReadHandle(rest);
                _at += rest.Length;
            }
            else
            {
                return;
            }
        }
    }

    private void ReadHandle(ReadOnlySpan<char> comment)
    {
        int at = comment.IndexOf("handle ");
        if (at is >= 1 and <= 2)
        {
            var digits = comment[(at + 7)..];
            int length = digits.IndexOfAnyExceptInRange('0', '9');
            if (ulong.TryParse(length < 0 ? digits : digits[..length], System.Globalization.CultureInfo.InvariantCulture,
                out ulong handle))
            {
                Handle = handle;
            }
        }
    }

    // An address with colons, IPv6 or of a link, has two of them; one colon is a separator.
    private static int AddressLength(ReadOnlySpan<char> text)
    {
        int length = text.IndexOfAnyExcept(ColonDigits);
        length = length < 0 ? text.Length : length;
        if (text[..length].Count(':') < 2)
        {
            return 0;
        }

        int rest = text[length..].IndexOfAnyExcept(AddressMarks);
        length = rest < 0 ? text.Length : length + rest;
        while (length > 0 && (text[length - 1] is '-' or '.' || (text[length - 1] == ':' && (length < 2 || text[length - 2] != ':'))))
        {
            length--;
        }

        return length < text.Length && (char.IsLetterOrDigit(text[length]) || text[length] == '_') ? 0 : length;
    }

    private static int WordLength(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && (char.IsLetterOrDigit(text[length]) || text[length] is '_' or '.' or '/' or '-' or '*' or '\\'))
        {
            if (text[length] == '\\' && (length + 1 >= text.Length || text[length + 1] == '\n'))
            {
                break;
            }

            length++;
        }

        return length;
    }

    private static int MarkLength(ReadOnlySpan<char> text) =>
        text.Length > 1 && text[..2] is "!=" or "==" or "<=" or ">=" or "<<" or ">>" ? 2 : 1;
}
