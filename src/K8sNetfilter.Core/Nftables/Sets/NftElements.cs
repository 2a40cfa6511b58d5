using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables.Sets;

/// <summary>
/// The elements of a set, in columns: a set of a million addresses takes 5 bytes for each. <see cref="NftElementsBuilder"/> makes them. Not
/// a list of the framework's over <see cref="NftElement"/>, which would be compiled on the node at each start.
/// </summary>
public sealed class NftElements
{
    // The kernel's flags, and which columns hold something for an element.
    internal const byte KernelFlags = 0x0f;
    internal const byte HasKeyEnd = 0x10;
    internal const byte HasData = 0x20;
    internal const byte HasVerdict = 0x40;

    private readonly byte[] _keys;

    internal NftElements(int keyLength, int dataLength, int count, byte[] keys)
    {
        KeyLength = keyLength;
        DataLength = dataLength;
        Count = count;
        _keys = keys;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Bytes of a key.</summary>
    public int KeyLength { get; }

    /// <summary>Bytes of an element's data; 0 if the data are not values.</summary>
    public int DataLength { get; }

    /// <summary>All keys, one after the other; a catch-all element has zeros.</summary>
    public ReadOnlySpan<byte> Keys => _keys.AsSpan(0, Count * KeyLength);

    /// <summary>The number of the catch-all element (<c>*</c>); -1 if there is none.</summary>
    public int CatchAll { get; internal init; } = -1;

    internal byte[] Marks { get; init; } = [];

    internal byte[]? KeyEnds { get; init; }

    internal byte[]? Data { get; init; }

    internal NftVerdictCode[]? Codes { get; init; }

    // Chains of verdicts, or names of objects.
    internal string?[]? Names { get; init; }

    internal long[]? Timeouts { get; init; }

    internal long[]? Expirations { get; init; }

    internal string?[]? Comments { get; init; }

    internal NftExpression[]?[]? Expressions { get; init; }

    /// <summary>One of them.</summary>
    public NftElement this[int index] =>
        (uint)index < (uint)Count ? new NftElement(this, index) : throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>For <c>foreach</c>.</summary>
    public Enumerator GetEnumerator() => new(this);

    internal ReadOnlySpan<byte> Key(int index) => _keys.AsSpan(index * KeyLength, KeyLength);

    internal ReadOnlySpan<byte> KeyEnd(int index) => KeyEnds.AsSpan(index * KeyLength, KeyLength);

    internal ReadOnlySpan<byte> DataOf(int index) => Data.AsSpan(index * DataLength, DataLength);

    /// <summary>Steps from element to element.</summary>
    public struct Enumerator
    {
        private readonly NftElements _all;
        private int _index;

        internal Enumerator(NftElements all)
        {
            _all = all;
            _index = -1;
        }

        /// <summary>The element.</summary>
        public readonly NftElement Current => _all[_index];

        /// <summary>Goes to the next. False at the end.</summary>
        public bool MoveNext() => ++_index < _all.Count;
    }
}
