using K8sNetfilter.Addressing;

namespace K8sNetfilter.Nftables.Syntax;

/// <summary>
/// An expression of nft's language, as a listing has it: the values are read (a name is the number that it means), what a listing
/// leaves out is left out (<c>tcp dport 22</c> says nothing of <c>meta l4proto tcp</c>).
/// </summary>
/// <param name="Type">The type of its value.</param>
internal abstract record ExpressionSyntax(DataType Type)
{
    /// <summary>The length in a register, in bits; 0 if what it is compared with decides.</summary>
    public virtual int Bits => Type.Bits;

    /// <summary>The order of the bytes in a register.</summary>
    public virtual ValueOrder Order => Type.Order;
}

/// <summary>A value.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Value">A number; of text the bytes, the first one the highest of 16.</param>
internal sealed record ValueSyntax(DataType Type, Bits128 Value) : ExpressionSyntax(Type);

/// <summary>A name that the listing alone does not turn into a number: an interface, a cgroup's path, a group of /etc/iproute2.</summary>
internal sealed record NameSyntax(DataType Type, string Name) : ExpressionSyntax(Type);

/// <summary>Text that is longer than a value can be, or that is no value: a helper's name, a path.</summary>
internal sealed record TextSyntax(string Text) : ExpressionSyntax(DataTypes.Text)
{
    public override int Bits => 0;
}

/// <summary>The first bits of a value: 10.0.0.0/8.</summary>
internal sealed record PrefixSyntax(ExpressionSyntax Value, int Length) : ExpressionSyntax(Value.Type)
{
    public override int Bits => Value.Bits;
}

/// <summary>All values between two: 80-90.</summary>
internal sealed record RangeSyntax(ExpressionSyntax Low, ExpressionSyntax High) : ExpressionSyntax(Low.Type)
{
    public override int Bits => Low.Bits;
}

/// <summary>The asterisk: every key that no other element has.</summary>
internal sealed record WildcardSyntax(DataType Type) : ExpressionSyntax(Type);

/// <summary>Values with a dot between them.</summary>
internal sealed record ConcatenationSyntax(DataType Type, IReadOnlyList<ExpressionSyntax> Parts) : ExpressionSyntax(Type)
{
    public override int Bits => Parts.Sum(p => (p.Bits + 31) / 32 * 32);

    public override ValueOrder Order => ValueOrder.Network;
}

/// <summary>Flags with a comma between them.</summary>
internal sealed record FlagsSyntax(DataType Type, IReadOnlyList<ExpressionSyntax> Parts) : ExpressionSyntax(Type);

/// <summary>A set that only its rule has: { 22, 80 }. In a map each element has data.</summary>
internal sealed record AnonymousSetSyntax(DataType Type, IReadOnlyList<ElementSyntax> Elements) : ExpressionSyntax(Type);

/// <summary>A set or map of the table: @name.</summary>
internal sealed record SetReferenceSyntax(DataType Type, string Name) : ExpressionSyntax(Type);

/// <summary>What a map has for a key: <c>tcp dport map { 22 : 10.0.0.1 }</c>; <c>vmap</c> if that is a verdict.</summary>
internal sealed record MapSyntax(DataType Type, ExpressionSyntax Key, ExpressionSyntax Map) : ExpressionSyntax(Type);

/// <summary>What is done with a packet: accept, drop, continue, return, jump NAME, goto NAME, queue.</summary>
internal sealed record VerdictSyntax(string Verdict, string? Chain = null) : ExpressionSyntax(DataTypes.Verdict);

/// <summary>An operation on bits: &amp;, |, ^, &lt;&lt;, &gt;&gt;.</summary>
internal sealed record BinarySyntax(string Operator, ExpressionSyntax Left, ExpressionSyntax Right) : ExpressionSyntax(Left.Type)
{
    public override int Bits => Left.Bits;

    public override ValueOrder Order => Left.Order;
}

/// <summary>A field of a header: <c>tcp dport</c>.</summary>
internal sealed record PayloadSyntax(HeaderField Field) : ExpressionSyntax(Field.Type)
{
    public override int Bits => Field.Bits;

    public override ValueOrder Order => Field.Order;
}

/// <summary>Bits of a packet by their place: <c>@nh,32,16</c>.</summary>
internal sealed record RawPayloadSyntax(HeaderBase Base, int Offset, int Length) : ExpressionSyntax(DataTypes.Hexadecimal)
{
    public override int Bits => Length;

    public override ValueOrder Order => ValueOrder.Network;
}

/// <summary>A field of an option or whether the option is there: <c>tcp option maxseg size</c>, <c>exthdr frag</c>.</summary>
/// <param name="Header">The option; for one that nft has no name for, <c>tcp option 254</c>, it has only a number.</param>
/// <param name="Field">The field; null asks whether the option exists.</param>
internal sealed record OptionSyntax(OptionHeader Header, HeaderField? Field) : ExpressionSyntax(Field?.Type ?? DataTypes.Boolean)
{
    /// <summary>Whether the field is one of <c>tcp option @kind,offset,length</c>.</summary>
    public bool IsRaw { get; init; }

    public override int Bits => Field?.Bits ?? 8;

    public override ValueOrder Order => ValueOrder.Network;
}

/// <summary>What the kernel keeps of a packet: <c>meta mark</c>.</summary>
internal sealed record MetaSyntax(SelectorKey Key) : ExpressionSyntax(Key.Type)
{
    public override int Bits => Key.Bits;

    public override ValueOrder Order => Key.Order;
}

/// <summary>What conntrack has: <c>ct original ip saddr</c>.</summary>
/// <param name="Key">The key.</param>
/// <param name="Direction">original, reply; null if none is named.</param>
internal sealed record CtSyntax(SelectorKey Key, string? Direction = null) : ExpressionSyntax(Key.Type)
{
    public override int Bits => Key.Bits;

    public override ValueOrder Order => Key.Order;
}

/// <summary>What the route says: <c>rt ip nexthop</c>. A table of one family may leave the family out.</summary>
internal sealed record RtSyntax(SelectorKey Key) : ExpressionSyntax(Key.Type)
{
    public override int Bits => Key.Bits;

    public override ValueOrder Order => Key.Order;
}

/// <summary>What the local socket has: <c>socket transparent</c>.</summary>
/// <param name="Key">The key.</param>
/// <param name="Level">Of cgroupv2: how deep in the tree.</param>
internal sealed record SocketSyntax(SelectorKey Key, int Level = 0) : ExpressionSyntax(Key.Type)
{
    public override int Bits => Key.Bits;

    public override ValueOrder Order => Key.Order;
}

/// <summary>The sender's system by its SYN: <c>osf ttl skip name</c>.</summary>
internal sealed record OsfSyntax(string? Ttl, bool Version) : ExpressionSyntax(DataTypes.Text)
{
    public override int Bits => 128;
}

/// <summary>An answer of the routing tables: <c>fib saddr . iif oif</c>.</summary>
/// <param name="Type">The type of the answer: boolean where <c>oif exists</c> is compared.</param>
/// <param name="Inputs">saddr, daddr, mark, iif, oif.</param>
/// <param name="Result">oif, oifname, type, check.</param>
internal sealed record FibSyntax(DataType Type, IReadOnlyList<string> Inputs, string Result) : ExpressionSyntax(Type)
{
    public override int Bits => Type == DataTypes.Boolean ? 8 : Type == DataTypes.InterfaceName ? 128 : 32;

    public override ValueOrder Order => ValueOrder.Host;
}

/// <summary>A number that changes with each packet: <c>numgen random mod 2 offset 5</c>.</summary>
internal sealed record NumgenSyntax(string Mode, uint Modulus, uint Offset) : ExpressionSyntax(DataTypes.Integer)
{
    public override int Bits => 32;

    public override ValueOrder Order => ValueOrder.Host;
}

/// <summary>A hash of a packet: <c>jhash ip saddr mod 7 seed 0x3 offset 4</c>; symhash has no expression.</summary>
internal sealed record HashSyntax(ExpressionSyntax? Input, uint Modulus, uint? Seed, uint Offset) : ExpressionSyntax(DataTypes.Integer)
{
    public override int Bits => 32;

    public override ValueOrder Order => ValueOrder.Host;
}

/// <summary>The state of IPsec: <c>ipsec in spnum 1 ip saddr</c>.</summary>
internal sealed record IPsecSyntax(string Direction, uint Number, SelectorKey Key) : ExpressionSyntax(Key.Type)
{
    public override int Bits => Key.Bits;

    public override ValueOrder Order => Key.Order;
}
