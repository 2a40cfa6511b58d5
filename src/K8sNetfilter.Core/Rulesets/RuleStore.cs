namespace K8sNetfilter.Rulesets;

/// <summary>
/// Where the rules of a table stand in the text that was read: twenty bytes a rule, and nothing in them that the garbage collector has to
/// look at. A node with 50,000 Services has more than half a million rules, of which few are ever asked for as objects.
/// </summary>
internal sealed class RuleStore
{
    // A block stays below the size from which the collector never moves an array.
    private const int BlockBits = 12;
    private const int BlockSize = 1 << BlockBits;
    private const int FirstSize = 8;

    private readonly List<(byte[] Text, int FirstLine)> _pieces = [];
    private readonly List<Spot[]> _blocks = [];

    /// <summary>How many places there are; some may belong to no rule any more.</summary>
    public int Count { get; private set; }

    /// <summary>Makes room for rules at the end, and gives the first place.</summary>
    public int Reserve(int count)
    {
        int first = Count;
        Count += count;
        while (Room < Count)
        {
            if (_blocks.Count == 0)
            {
                _blocks.Add(new Spot[FirstSize]);
            }
            else if (_blocks[0].Length < BlockSize)
            {
                // A small table has a small block: a dump can have many.
                var only = _blocks[0];
                Array.Resize(ref only, only.Length * 2);
                _blocks[0] = only;
            }
            else
            {
                _blocks.Add(new Spot[BlockSize]);
            }
        }

        return first;
    }

    /// <summary>Puts a line at a place.</summary>
    /// <param name="at">The place.</param>
    /// <param name="piece">The text that has the line; null for a rule that was made.</param>
    /// <param name="offset">Where the line begins.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="number">The rule's number in its chain, from 1.</param>
    /// <param name="jumpsTo">The number of the chain that the rule leads to, from 1; 0 for none.</param>
    /// <param name="sourceLine">The line of the source that it is; looked at once for each piece, since the others follow from it.</param>
    public void Put(int at, byte[]? piece, int offset, int length, int number, int jumpsTo, int sourceLine)
    {
        if (piece is not null && (_pieces.Count == 0 || !ReferenceEquals(_pieces[^1].Text, piece)))
        {
            _pieces.Add((piece, sourceLine - piece.AsSpan(0, offset).Count((byte)'\n')));
        }

        At(at) = new Spot { Piece = piece is null ? 0 : _pieces.Count, Offset = offset, Length = length, Number = number,
            JumpsTo = jumpsTo };
    }

    /// <summary>
    /// Takes over the text that the lines of another table stand in, so that <see cref="Put(int, RuleStore, int, int, int)"/> can.
    /// </summary>
    public void Share(RuleStore from) => _pieces.AddRange(from._pieces);

    /// <summary>Puts a line of another table at a place.</summary>
    public void Put(int at, RuleStore from, int fromAt, int number, int jumpsTo)
    {
        var spot = from.At(fromAt);
        (spot.Number, spot.JumpsTo) = (number, jumpsTo);
        At(at) = spot;
    }

    /// <summary>Copies places.</summary>
    public void Move(int from, int to, int count)
    {
        for (int i = 0; i < count; i++)
        {
            At(to + i) = At(from + i);
        }
    }

    /// <summary>The number of the chain that the rule at a place leads to, from 1; 0 for none.</summary>
    public ref int JumpsTo(int at) => ref At(at).JumpsTo;

    /// <summary>The number in its chain of the rule at a place, from 1.</summary>
    public int Number(int at) => At(at).Number;

    /// <summary>The line at a place; empty for a rule that was made, not read.</summary>
    public ReadOnlySpan<byte> Line(int at)
    {
        ref var spot = ref At(at);
        return spot.Piece == 0 ? default : _pieces[spot.Piece - 1].Text.AsSpan(spot.Offset, spot.Length);
    }

    /// <summary>The text, and where the line at a place stands in it; null for a rule that was made.</summary>
    public (byte[]? Piece, int Offset, int Length) Find(int at)
    {
        ref var spot = ref At(at);
        return (spot.Piece == 0 ? null : _pieces[spot.Piece - 1].Text, spot.Offset, spot.Length);
    }

    /// <summary>The line of the source that the rule at a place was read from, from 1; 0 for a rule that was made.</summary>
    public int SourceLine(int at)
    {
        ref var spot = ref At(at);
        return spot.Piece == 0 ? 0 : _pieces[spot.Piece - 1].FirstLine + _pieces[spot.Piece - 1].Text.AsSpan(0, spot.Offset)
            .Count((byte)'\n');
    }

    private int Room => _blocks.Count switch { 0 => 0, 1 => _blocks[0].Length, var blocks => blocks << BlockBits };

    private ref Spot At(int at) => ref _blocks[at >> BlockBits][at & (BlockSize - 1)];

    private struct Spot
    {
        public int Piece;
        public int Offset;
        public int Length;
        public int Number;
        public int JumpsTo;
    }
}
