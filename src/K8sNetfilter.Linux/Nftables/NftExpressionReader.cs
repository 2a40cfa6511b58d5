using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Expressions;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>
/// Reads expressions (NFTA_LIST_ELEM with NFTA_EXPR_NAME and NFTA_EXPR_DATA). Most of them are there many times, such as a load of the
/// destination address: of equal messages one object is made.
/// </summary>
internal sealed class NftExpressionReader(NftNames names)
{
    // As deep as nf_tables has it: an expression in a dynset or inner expression has none in it.
    private const int Deepest = 3;
    private const int CacheSize = 2048;
    private const int LongestCached = 128;

    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    private readonly NftExpression?[] _cached = new NftExpression?[CacheSize];
    private readonly byte[] _messages = new byte[CacheSize * LongestCached];
    private readonly byte[] _lengths = new byte[CacheSize];
    private NftExpression[] _list = new NftExpression[32];
    private int _used;
    private int _depth;

    /// <summary>Names.</summary>
    public NftNames Names { get; } = names;

    /// <summary>What is kept of messages.</summary>
    public NftDataStore Store { get; } = new();

    /// <summary>Reads a list (NFTA_RULE_EXPRESSIONS, NFTA_SET_EXPRESSIONS …).</summary>
    public NftExpression[] ReadList(NetlinkAttributes list)
    {
        int start = _used;
        foreach (var element in list)
        {
            if (element.Type != NFTA_LIST_ELEM)
            {
                continue;
            }

            var expression = Read(element.Payload);
            if (_used == _list.Length)
            {
                Array.Resize(ref _list, _used * 2);
            }

            _list[_used++] = expression;
        }

        var all = _list[start.._used];
        _used = start;
        return all;
    }

    /// <summary>Reads one: the attributes with its name and its own.</summary>
    public NftExpression Read(ReadOnlySpan<byte> message)
    {
        if (message.Length > LongestCached)
        {
            return Decode(message);
        }

        int slot = (int)(NftHash.Of(message, Seed) >> 32) & (CacheSize - 1);
        var room = _messages.AsSpan(slot * LongestCached, LongestCached);
        if (_cached[slot] is { } known && room[.._lengths[slot]].SequenceEqual(message))
        {
            return known;
        }

        var made = Decode(message);
        message.CopyTo(room);
        _lengths[slot] = (byte)message.Length;
        _cached[slot] = made;
        return made;
    }

    private NftExpression Decode(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> name = default, data = default;
        foreach (var part in new NetlinkAttributes(message))
        {
            if (part.Type == NFTA_EXPR_NAME)
            {
                name = part.Payload.TrimEnd((byte)0);
            }
            else if (part.Type == NFTA_EXPR_DATA)
            {
                data = part.Payload;
            }
        }

        NftExpression? expression = null;
        if (_depth < Deepest)
        {
            _depth++;
            expression = NftLoadReader.Read(name, data, this) ?? NftOperationReader.Read(name, data, this) ?? NftStatementReader.Read(name,
                data, this);
            _depth--;
        }

        return expression ?? new RawExpression(Names.Of(name), Store.Keep(data));
    }
}
