using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables.Sets;

/// <summary>Makes <see cref="NftElements"/>: <see cref="Add"/> begins an element, and the other methods are about the last one.</summary>
/// <param name="keyLength">Bytes of a key.</param>
/// <param name="dataLength">Bytes of an element's data; 0 for sets, and for maps of verdicts or objects.</param>
public sealed class NftElementsBuilder(int keyLength, int dataLength = 0)
{
    private byte[] _keys = [];
    private byte[] _marks = [];
    private byte[]? _keyEnds;
    private byte[]? _data;
    private NftVerdictCode[]? _codes;
    private string?[]? _names;
    private long[]? _timeouts;
    private long[]? _expirations;
    private string?[]? _comments;
    private NftExpression[]?[]? _expressions;
    private int _catchAll = -1;
    private int _capacity;

    /// <summary>How many there are so far.</summary>
    public int Count { get; private set; }

    private int Last => Count - 1;

    /// <summary>Begins an element.</summary>
    /// <param name="key">Its key; empty for a catch-all element.</param>
    /// <param name="flags">What it is.</param>
    public void Add(ReadOnlySpan<byte> key, NftElementFlags flags = NftElementFlags.None)
    {
        bool isCatchAll = (flags & NftElementFlags.CatchAll) != 0;
        if (key.Length != keyLength && !(isCatchAll && key.IsEmpty))
        {
            throw new ArgumentException($"A key of this set has {keyLength} bytes.", nameof(key));
        }

        if (Count == _capacity)
        {
            Grow(Math.Max(4, Count * 2));
        }

        key.CopyTo(_keys.AsSpan(Count * keyLength));
        _marks[Count] = (byte)((int)flags & NftElements.KernelFlags);
        _catchAll = isCatchAll ? Count : _catchAll;
        Count++;
    }

    /// <summary>The highest key of a range in a concatenation.</summary>
    public void KeyEnd(ReadOnlySpan<byte> key)
    {
        if (key.Length != keyLength)
        {
            throw new ArgumentException($"A key of this set has {keyLength} bytes.", nameof(key));
        }

        _keyEnds ??= new byte[_capacity * keyLength];
        key.CopyTo(_keyEnds.AsSpan(Last * keyLength));
        _marks[Last] |= NftElements.HasKeyEnd;
    }

    /// <summary>The element's data.</summary>
    public void Data(ReadOnlySpan<byte> data)
    {
        if (data.Length != dataLength)
        {
            throw new ArgumentException($"Data of this map have {dataLength} bytes.", nameof(data));
        }

        _data ??= new byte[_capacity * dataLength];
        data.CopyTo(_data.AsSpan(Last * dataLength));
        _marks[Last] |= NftElements.HasData;
    }

    /// <summary>The element's verdict.</summary>
    public void Verdict(NftVerdict verdict)
    {
        _codes ??= new NftVerdictCode[_capacity];
        _codes[Last] = verdict.Code;
        _marks[Last] |= NftElements.HasVerdict;
        if (verdict.Chain is not null)
        {
            _names ??= new string?[_capacity];
            _names[Last] = verdict.Chain;
        }
    }

    /// <summary>The element's object.</summary>
    public void MapsTo(string name)
    {
        _names ??= new string?[_capacity];
        _names[Last] = name;
    }

    /// <summary>How long it stays.</summary>
    public void Timeout(TimeSpan time) => (_timeouts ??= new long[_capacity])[Last] = time.Ticks;

    /// <summary>How long until it expires.</summary>
    public void Expiration(TimeSpan time) => (_expirations ??= new long[_capacity])[Last] = time.Ticks;

    /// <summary>Its comment.</summary>
    public void Comment(string text) => (_comments ??= new string?[_capacity])[Last] = text;

    /// <summary>Its expressions.</summary>
    public void Expressions(NftExpression[] expressions) => (_expressions ??= new NftExpression[]?[_capacity])[Last] = expressions;

    /// <summary>Makes the elements; nothing may be added afterwards.</summary>
    public NftElements Build()
    {
        if (_capacity > 8 && Count < _capacity)
        {
            Grow(Count);
        }

        return new NftElements(keyLength, dataLength, Count, _keys)
        {
            CatchAll = _catchAll,
            Marks = _marks,
            KeyEnds = _keyEnds,
            Data = _data,
            Codes = _codes,
            Names = _names,
            Timeouts = _timeouts,
            Expirations = _expirations,
            Comments = _comments,
            Expressions = _expressions,
        };
    }

    private void Grow(int capacity)
    {
        _capacity = capacity;
        Array.Resize(ref _keys, checked(capacity * keyLength));
        Array.Resize(ref _marks, capacity);
        Resize(ref _keyEnds, checked(capacity * keyLength));
        Resize(ref _data, checked(capacity * dataLength));
        Resize(ref _codes, capacity);
        Resize(ref _names, capacity);
        Resize(ref _timeouts, capacity);
        Resize(ref _expirations, capacity);
        Resize(ref _comments, capacity);
        Resize(ref _expressions, capacity);
    }

    private static void Resize<T>(ref T[]? column, int capacity)
    {
        if (column is not null)
        {
            Array.Resize(ref column, capacity);
        }
    }
}
