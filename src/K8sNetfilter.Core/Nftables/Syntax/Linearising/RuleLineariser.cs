using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;
using K8sNetfilter.Nftables.Expressions.Statements;

namespace K8sNetfilter.Nftables.Syntax.Linearising;

/// <summary>Turns the statements of a rule into the kernel's expressions, as nft does when it loads a file.</summary>
internal sealed partial class RuleLineariser
{
    private readonly TableLineariser _table;
    private readonly List<NftExpression> _all = [];
    private readonly RuleContext _context;
    private readonly PayloadMerge _whole = new();
    private int _slot;

    private RuleLineariser(TableLineariser table, string family)
    {
        _table = table;
        _context = new(family, _all, _whole);
    }

    /// <summary>The expressions of a rule.</summary>
    /// <exception cref="NotLinearisedException">A part of it is not known.</exception>
    public static NftExpression[] Expressions(TableLineariser table, string family, IReadOnlyList<StatementSyntax> statements)
    {
        var rule = new RuleLineariser(table, family);
        foreach (var statement in statements)
        {
            rule._slot = 0;
            if (statement is not MatchSyntax)
            {
                rule._whole.EndRun();
            }

            rule.Add(statement);
        }

        return rule._whole.Merge(rule._all);
    }

    private void Add(StatementSyntax statement)
    {
        switch (statement)
        {
            case MatchSyntax match:
                Prepare(match.Left);
                AddMatch(match);
                _context.Learn(match);
                break;
            case VerdictStatementSyntax { Verdict: VerdictSyntax verdict }:
                _all.Add(new VerdictExpression(TableLineariser.Verdict(verdict)));
                break;
            case VerdictStatementSyntax { Verdict: MapSyntax map }:
                Prepare(map.Key);
                AddMap(map, NftRegister.Verdict);
                break;
            case AssignmentSyntax assignment:
                AddAssignment(assignment);
                break;
            case ObjectStatementSyntax item:
                AddObject(item);
                break;
            case SetStatementSyntax set:
                AddDynset(set);
                break;
            default:
                if (Stateful(statement) is { } stateful)
                {
                    _all.Add(stateful);
                }
                else
                {
                    AddAction(statement);
                }

                break;
        }
    }

    /// <summary>What elements and objects can have too.</summary>
    internal static NftExpression? Stateful(StatementSyntax statement) => statement switch
    {
        CounterSyntax counter => new CounterExpression(counter.Packets ?? 0, counter.Bytes ?? 0),
        QuotaSyntax quota => new QuotaExpression(quota.Bytes, quota.Used, quota.Over ? 1u : 0),
        ConnectionLimitSyntax count => new ConnlimitExpression(count.Count, count.Over),
        LastSyntax last => new LastExpression(last.Used),
        LimitSyntax limit => new LimitExpression(
            limit.Rate * Unit(limit.Unit),
            limit.Per switch { "second" => 1, "minute" => 60, "hour" => 3600, "day" => 86400, _ => 604800 },
            (uint)(limit.Burst * Unit(limit.BurstUnit)),
            limit.Unit is not null,
            limit.Over),
        _ => null,
    };

    private static ulong Unit(string? unit) => unit switch { "kbytes" => 1024, "mbytes" => 1024 * 1024, _ => 1 };

    /// <summary>Tests for all headers that an expression loads from, in its order.</summary>
    private void Prepare(ExpressionSyntax expression)
    {
        switch (expression)
        {
            case PayloadSyntax payload:
                _context.Require(payload.Field.Header);
                _context.RequireType(payload.Field);
                break;
            case OptionSyntax { Header.Kind: OptionKind.Ip6Header }:
                _context.Require("ip6");
                break;
            case OptionSyntax { Header.Kind: OptionKind.Ip }:
                _context.Require("ip");
                break;
            case ConcatenationSyntax parts:
                foreach (var part in parts.Parts)
                {
                    Prepare(part);
                }

                break;
            case BinarySyntax binary:
                Prepare(binary.Left);
                Prepare(binary.Right);
                break;
            case MapSyntax map:
                Prepare(map.Key);
                break;
            case HashSyntax { Input: { } input }:
                Prepare(input);
                break;
        }
    }

    /// <summary>Takes whole registers for so many bytes.</summary>
    private NftRegister Take(int bytes)
    {
        int slot = _slot;
        _slot += Math.Max(1, (bytes + 15) / 16) * 4;
        return _slot <= 16 ? NftRegister.OfSlot(slot)
            : throw new NotLinearisedException("the rule needs more registers than the kernel has");
    }

    private static NftRegister After(NftRegister register, int bytes) => NftRegister.OfSlot(register.Slot + ((bytes + 3) / 4));

    private static int Bytes(int bits) => (bits + 7) / 8;

    private void AddMatch(MatchSyntax match)
    {
        var left = match.Left;
        if (match.Right is AnonymousSetSyntax or SetReferenceSyntax)
        {
            AddLookup(left, match.Right, match.Operator == "!=");
            return;
        }

        var register = Take(Bytes(left.Bits));
        if (left is ConcatenationSyntax)
        {
            throw new NotLinearisedException("a concatenation is compared without a set");
        }

        if (match.Right is PrefixSyntax prefix)
        {
            AddPrefixMatch(match, prefix, register);
            return;
        }

        int shift = Load(left, register, false);
        if (left is PayloadSyntax { Field: var field } && match.Operator is "" or "==" && match.Right is ValueSyntax
            && _all[^1] is PayloadExpression loaded)
        {
            _whole.Add(loaded, IsProtocol(field));
        }

        int length = Math.Max(1, LoadedBytes(left));
        var order = left.Order;
        bool flags = left.Type.IsBitmask && (match.Operator is "" or "!") && match.Right is ValueSyntax or FlagsSyntax or NameSyntax;
        if (flags)
        {
            byte[] mask = ValueBytes.Of(match.Right, length, order);
            _all.Add(new BitwiseExpression(register, register, (uint)length, mask, new byte[length]));
            _all.Add(new CmpExpression(register, match.Operator == "!" ? NftCmpOperator.Equal : NftCmpOperator.NotEqual,
                new byte[length]));
            return;
        }

        bool ordered = match.Right is RangeSyntax || match.Operator is "<" or ">" or "<=" or ">=";
        if (ordered && order == ValueOrder.Host && length > 1 && left.Type.Form != ValueForm.Text)
        {
            _all.Add(new ByteorderExpression(register, register, false, (uint)length, (uint)length));
            order = ValueOrder.Network;
        }

        if (match.Right is RangeSyntax range)
        {
            AddRange(register, match.Operator == "!=", ValueBytes.Of(range.Low, length, order, shift),
                ValueBytes.Of(range.High, length, order, shift));
            return;
        }

        _all.Add(new CmpExpression(register, Compare(match.Operator), ValueBytes.Of(match.Right, length, order, shift)));
    }

    private static bool IsProtocol(HeaderField field) =>
        field.Name is "nexthdr" or "protocol" || (field.Name == "type" && field.Header != "igmp");

    private static NftCmpOperator Compare(string operation) => operation switch
    {
        "!=" => NftCmpOperator.NotEqual, "<" => NftCmpOperator.Less, "<=" => NftCmpOperator.LessOrEqual, ">" => NftCmpOperator.Greater,
        ">=" => NftCmpOperator.GreaterOrEqual, _ => NftCmpOperator.Equal,
    };

    private void AddRange(NftRegister register, bool inverted, byte[] low, byte[] high)
    {
        if (inverted)
        {
            _all.Add(new RangeExpression(register, true, low, high));
            return;
        }

        _all.Add(new CmpExpression(register, NftCmpOperator.GreaterOrEqual, low));
        _all.Add(new CmpExpression(register, NftCmpOperator.LessOrEqual, high));
    }

    // A prefix of whole bytes is compared as so many bytes; another one with a mask.
    private void AddPrefixMatch(MatchSyntax match, PrefixSyntax prefix, NftRegister register)
    {
        var left = match.Left;
        int bits = left.Bits;
        int length = Bytes(bits);
        if (prefix.Length > bits)
        {
            throw new NotLinearisedException("a prefix is longer than what it is compared with");
        }

        bool text = prefix.Type.Form == ValueForm.Text;
        if (text || (left.Order == ValueOrder.Network && prefix.Length > 0 && prefix.Length % 8 == 0))
        {
            byte[] start = ValueBytes.Of(prefix.Value, length, left.Order)[..Bytes(prefix.Length)];
            if (left is PayloadSyntax { Field: var field })
            {
                _all.Add(new PayloadExpression((NftPayloadBase)HeaderFields.BaseOf(field.Header), (uint)OffsetOf(field) / 8,
                (uint)start.Length, register));
            }
            else
            {
                Load(left, register, false);
            }

            _all.Add(new CmpExpression(register, Compare(match.Operator), start));
            return;
        }

        Load(left, register, false);
        byte[] mask = ValueBytes.Of(ValueBytes.Mask(prefix.Length, bits), length, left.Order);
        _all.Add(new BitwiseExpression(register, register, (uint)length, mask, new byte[length]));
        _all.Add(new CmpExpression(register, Compare(match.Operator), ValueBytes.Of(prefix.Value, length, left.Order)));
    }

    private void AddLookup(ExpressionSyntax left, ExpressionSyntax set, bool inverted)
    {
        var register = Take(Bytes(left.Bits));
        bool ordered = _table.IsInterval(set);
        int shift = Load(left, register, set is SetReferenceSyntax, ordered);
        Reorder(left, register, ordered);
        string name = set is SetReferenceSyntax known ? known.Name : _table.AddAnonymous((AnonymousSetSyntax)set, left, null, shift);
        _all.Add(new LookupExpression(name, register, NftRegister.None, inverted));
    }

    // Ranges are in network order.
    private void Reorder(ExpressionSyntax loaded, NftRegister register, bool ordered)
    {
        int length = Bytes(loaded.Bits);
        if (ordered && loaded.Order == ValueOrder.Host && length > 1 && loaded is not ConcatenationSyntax
            && loaded.Type.Form != ValueForm.Text)
        {
            _all.Add(new ByteorderExpression(register, register, false, (uint)length, (uint)length));
        }
    }

    private void AddMap(MapSyntax map, NftRegister target)
    {
        int saved = _slot;
        bool ordered = _table.IsInterval(map.Map);
        var register = target.IsVerdict ? Take(Bytes(map.Key.Bits)) : target;
        int shift = Load(map.Key, register, map.Map is SetReferenceSyntax, ordered);
        Reorder(map.Key, register, ordered);
        string name = map.Map is SetReferenceSyntax known ? known.Name : _table.AddAnonymous((AnonymousSetSyntax)map.Map, map.Key,
            map.Type, shift);
        _all.Add(new LookupExpression(name, register, target, false));
        _slot = saved;
    }

    private void AddObject(ObjectStatementSyntax item)
    {
        var type = TableLineariser.ObjectType(item.Kind);
        if (item.Name is TextSyntax name)
        {
            _all.Add(new ObjrefExpression(type, name.Text));
            return;
        }

        var map = (MapSyntax)item.Name;
        Prepare(map.Key);
        var register = Take(Bytes(map.Key.Bits));
        Load(map.Key, register, true);
        string set = map.Map is SetReferenceSyntax known ? known.Name : _table.AddAnonymous((AnonymousSetSyntax)map.Map, map.Key, null,
            0, type);
        _all.Add(new ObjrefMapExpression(set, register));
    }

    private void AddDynset(SetStatementSyntax set)
    {
        Prepare(set.Element.Key);
        if (set.Element.Data is { } prepared)
        {
            Prepare(prepared);
        }

        var key = Take(Bytes(set.Element.Key.Bits));
        Load(set.Element.Key, key, true);
        var data = NftRegister.None;
        if (set.Element.Data is { } value)
        {
            data = Take(Math.Max(1, Bytes(value.Bits)));
            LoadInto(value, data, value.Type, Bytes(value.Bits), value.Order);
        }

        var operation = set.Operation switch { "add" => NftDynsetOperation.Add, "update" => NftDynsetOperation.Update,
            _ => NftDynsetOperation.Delete };
        NftExpression[] expressions = [.. (set.Element.Details?.Statements ?? []).Select(s => Stateful(s)
            ?? throw new NotLinearisedException("an element has a statement that is not known"))];
        _all.Add(new DynsetExpression(set.Set, operation, key, data, set.Element.Details?.Timeout ?? TimeSpan.Zero,
            expressions.Length > 1 ? 2u : 0, expressions));
    }
}
