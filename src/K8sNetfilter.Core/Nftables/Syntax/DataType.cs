namespace K8sNetfilter.Nftables.Syntax;

/// <summary>The order of the bytes of a value in a register.</summary>
internal enum ValueOrder
{
    /// <summary>The order of the network: the highest byte first.</summary>
    Network,

    /// <summary>The order of the machine, which is little-endian on all that Kubernetes runs on but s390x.</summary>
    Host,
}

/// <summary>How a value of a type is written when it has no name.</summary>
internal enum ValueForm
{
    /// <summary>A decimal number.</summary>
    Decimal,

    /// <summary>A hexadecimal number; <see cref="DataType.Digits"/> is its width.</summary>
    Hexadecimal,

    /// <summary>10.0.0.1.</summary>
    IPv4,

    /// <summary>fd00::1.</summary>
    IPv6,

    /// <summary>00:11:22:33:44:55.</summary>
    LinkAddress,

    /// <summary>Quoted text, padded with zeros at its end; an asterisk at its end makes it a prefix.</summary>
    Text,

    /// <summary>1:2, each hexadecimal.</summary>
    ClassId,

    /// <summary>1d2h3m4s, in milliseconds.</summary>
    Time,

    /// <summary>"2022-01-01 00:00:00", in nanoseconds.</summary>
    Date,

    /// <summary>"12:00", in seconds.</summary>
    Hour,

    /// <summary>The number of the one bit that is set.</summary>
    Bit,

    /// <summary>The name of an interface, which is a number in the kernel.</summary>
    Interface,

    /// <summary>accept, drop, jump ...</summary>
    Verdict,
}

/// <summary>A data type of nft, as <c>nft describe</c> shows it: nft(8), "data types".</summary>
internal sealed class DataType
{
    private readonly Dictionary<string, ulong> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, string> _names = [];

    /// <summary>Makes a type.</summary>
    /// <param name="name">Its name in <c>type ...</c>.</param>
    /// <param name="number">Its number in the user data of sets: what nft keeps in NFTA_SET_KEY_TYPE.</param>
    /// <param name="bits">Its length in bits; 0 if that depends on what is loaded.</param>
    /// <param name="order">The order of its bytes.</param>
    /// <param name="form">How it is written.</param>
    public DataType(string name, int number, int bits, ValueOrder order, ValueForm form = ValueForm.Decimal)
    {
        Name = name;
        Number = number;
        Bits = bits;
        Order = order;
        Form = form;
    }

    public string Name { get; }

    public int Number { get; }

    public int Bits { get; }

    public ValueOrder Order { get; }

    public ValueForm Form { get; }

    /// <summary>How many digits a hexadecimal number has at least.</summary>
    public int Digits { get; init; } = 1;

    /// <summary>Whether a value is a set of flags: <c>ct state established</c> tests a bit.</summary>
    public bool IsBitmask { get; init; }

    /// <summary>Whether its names are written in quotes.</summary>
    public bool QuotesNames { get; init; }

    /// <summary>Whether a value with a mask is written as a prefix.</summary>
    public bool HasPrefixes { get; init; }

    /// <summary>The types of a concatenation; empty for every other type.</summary>
    public IReadOnlyList<DataType> Parts { get; private init; } = [];

    /// <summary>Whether it has names for values.</summary>
    public bool HasNames => _numbers.Count > 0;

    /// <summary>Whole bytes that a value takes; 0 if that depends on what is loaded.</summary>
    public int Bytes => Parts.Count == 0 ? (Bits + 7) / 8 : Parts.Sum(p => (p.Bytes + 3) / 4 * 4);

    /// <summary>The type of values with a dot between them.</summary>
    public static DataType Concatenation(IReadOnlyList<DataType> parts)
    {
        int number = 0;
        foreach (var part in parts)
        {
            number = unchecked((number << 6) | part.Number);
        }

        return new(string.Join(" . ", parts.Select(p => p.Name)), number, 0, ValueOrder.Network) { Parts = parts };
    }

    /// <summary>Adds names: <c>"echo-reply=0 echo-request=8"</c>. The first name of a number is the one that nft writes.</summary>
    public DataType With(string names)
    {
        foreach (string pair in names.Split(' '))
        {
            int at = pair.IndexOf('=', StringComparison.Ordinal);
            ulong number = ulong.Parse(pair.AsSpan(at + 1), System.Globalization.CultureInfo.InvariantCulture);
            _numbers[pair[..at]] = number;
            _names.TryAdd(number, pair[..at]);
        }

        return this;
    }

    public bool TryGetNumber(ReadOnlySpan<char> name, out ulong number)
    {
        number = 0;
        return _numbers.Count > 0 && _numbers.TryGetValue(name.ToString(), out number);
    }

    public string? NameOf(ulong number) => _names.GetValueOrDefault(number);

    public override string ToString() => Name;
}
