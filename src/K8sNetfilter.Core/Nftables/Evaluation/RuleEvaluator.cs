using System.Globalization;
using System.Runtime.InteropServices;
using K8sNetfilter.Logic;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>
/// Evaluates rules as the kernel does (nft_do_chain in net/netfilter/nf_tables_core.c): expression by expression, until one breaks the rule
/// or gives a verdict. Where bits are not known that decide, both ways are followed; where chance decides, all. Not for several threads.
/// </summary>
/// <param name="table">The table of the rules.</param>
internal sealed class RuleEvaluator(NftTable table)
{
    // More numbers than these are not tried one by one.
    private const uint MaxCases = 1024;

    private readonly RuleRun _run = new() { Table = table };

    /// <summary>What a rule does with a packet.</summary>
    public NftOutcome Evaluate(NftRule rule, INftPacket packet)
    {
        _run.Start(rule.Expressions, packet);
        return Continue(_run, 0);
    }

    /// <summary>Goes on with an expression of a rule.</summary>
    internal static NftOutcome Continue(RuleRun run, int place)
    {
        for (; place < run.Expressions.Length; place++)
        {
            if (Step(run, place) is { } end)
            {
                return end;
            }
        }

        return run.End(NftAction.Next);
    }

    /// <summary>An expression that holds or does not, of which nothing says which: the rule goes on, or breaks.</summary>
    internal static NftOutcome Either(RuleRun run, int place, string why, int choice = 0)
    {
        // What the rule changes later is not part of the way on which it breaks here.
        var no = run.Broken();
        return Either(place, choice, why, Continue(run, place + 1), no);
    }

    /// <summary>One of two; only one if a packet can't tell them apart.</summary>
    internal static NftOutcome Either(int place, int choice, string why, NftOutcome yes, NftOutcome no) =>
        IsSame(yes, no) ? Doubtful(yes, no, why) : new NftEither(place, choice, why, yes, no);

    // Where both ways are the same to the packet, only the kernel's trace tells them apart.
    private static NftOutcome Doubtful(NftOutcome yes, NftOutcome no, string why) =>
        yes is NftResult one && no is NftResult other && (one.Action != other.Action || one.Doubt is not null || other.Doubt is not null)
            ? one with { Action = NftAction.Next, Doubt = why } : yes;

    private static bool IsSame(NftOutcome left, NftOutcome right) =>
        left is NftResult one && right is NftResult other ? one.IsLike(other) : left.Equals(right);

    // Null: the next expression.
    private static NftOutcome? Step(RuleRun run, int place)
    {
        var expression = run.Expressions[place];
        return expression switch
        {
            PayloadExpression or MetaExpression or CtExpression or FibExpression => Load(run, place),
            CmpExpression cmp => Compare(run, place, cmp),
            LookupExpression lookup => SetLookup.Apply(run, place, lookup),
            VerdictExpression verdict => Verdict(run, verdict.Verdict),
            ImmediateExpression constant => Constant(run, constant),
            BitwiseExpression or RegisterBitwiseExpression or ShiftExpression or ByteorderExpression =>
                RegisterOperations.Apply(run, expression),
            RangeExpression range => Range(run, place, range),
            NumgenExpression or HashExpression => Numbers(run, place),
            RtExpression or ExthdrExpression or SocketExpression or OsfExpression or XfrmExpression or TunnelExpression
                or InnerExpression =>
                Load(run, place),
            DynsetExpression dynset => SetLookup.Apply(run, place, dynset),
            ObjrefMapExpression map => SetLookup.Apply(run, place, map),
            _ => StatementEvaluation.Apply(run, place),
        };
    }

    /// <summary>What a verdict means; null for one that lets the rule go on.</summary>
    internal static NftOutcome? Verdict(RuleRun run, NftVerdict verdict) => verdict.Code switch
    {
        NftVerdictCode.Continue => null,
        NftVerdictCode.Break => run.Broken(),
        NftVerdictCode.Accept => run.End(NftAction.Accept),
        NftVerdictCode.Drop => run.End(NftAction.Drop),
        NftVerdictCode.Return => run.End(NftAction.Return),
        NftVerdictCode.Jump when verdict.Chain is not null => run.End(NftAction.Jump, verdict.Chain),
        NftVerdictCode.Goto when verdict.Chain is not null => run.End(NftAction.Goto, verdict.Chain),
        NftVerdictCode.Queue => run.End(NftAction.Queue, "queue"),
        NftVerdictCode.Stolen => run.End(NftAction.Stolen),
        _ => run.End(NftAction.Open, $"has the verdict {verdict}, which is not known here"),
    };

    private static NftResult? Constant(RuleRun run, ImmediateExpression constant)
    {
        if (!NftRegisters.Has(constant.Target, constant.Data.Length))
        {
            return NoRegister(run, constant);
        }

        run.Registers.Set(constant.Target, constant.Data.Span);
        return null;
    }

    /// <summary>No kernel would load such a rule.</summary>
    internal static NftResult NoRegister(RuleRun run, NftExpression expression) =>
        run.End(NftAction.Open, $"has an expression '{expression.Kind}' with a register that does not exist");

    private static NftOutcome? Load(RuleRun run, int place)
    {
        var expression = run.Expressions[place];
        var (target, length) = PacketLoads.Target(expression, run.Packet);
        if (length < 0)
        {
            return run.End(NftAction.Open, $"loads something with '{expression.Kind}' that is not known here");
        }

        if (!NftRegisters.Has(target, length))
        {
            return NoRegister(run, expression);
        }

        Span<byte> value = run.Registers.Value(target, length), known = run.Registers.Known(target, length);
        value.Clear();
        known.Clear();
        var load = PacketLoads.Load(run, expression, value, known);
        if (load.Presence == NftPresence.Absent)
        {
            return run.Broken();
        }

        if (load.Missing is null)
        {
            known.Fill(0xff);
        }

        run.Registers.Loaded(target, length, load.Missing);
        return load.Presence == NftPresence.Present ? null : Either(run, place, load.Missing!);
    }

    private static NftOutcome? Compare(RuleRun run, int place, CmpExpression cmp)
    {
        int length = cmp.Data.Length;
        if (!NftRegisters.Has(cmp.Source, length))
        {
            return NoRegister(run, cmp);
        }

        ReadOnlySpan<byte> value = run.Registers.Value(cmp.Source, length), known = run.Registers.Known(cmp.Source, length), other =
            cmp.Data.Span;
        var outcome = cmp.Operator switch
        {
            NftCmpOperator.Equal => NftBits.AreEqual(value, known, other),
            NftCmpOperator.NotEqual => MatchOutcomes.Invert(NftBits.AreEqual(value, known, other), true),
            NftCmpOperator.Less => NftBits.IsBelow(value, known, other, orEqual: false),
            NftCmpOperator.LessOrEqual => NftBits.IsBelow(value, known, other, orEqual: true),
            NftCmpOperator.Greater => MatchOutcomes.Invert(NftBits.IsBelow(value, known, other, orEqual: true), true),
            NftCmpOperator.GreaterOrEqual => MatchOutcomes.Invert(NftBits.IsBelow(value, known, other, orEqual: false), true),
            _ => MatchOutcome.Unknown,
        };
        return Decide(run, place, outcome, cmp.Source, length);
    }

    private static NftOutcome? Range(RuleRun run, int place, RangeExpression range)
    {
        int length = range.From.Length;
        if (!NftRegisters.Has(range.Source, length) || range.To.Length != length)
        {
            return NoRegister(run, range);
        }

        ReadOnlySpan<byte> value = run.Registers.Value(range.Source, length), known = run.Registers.Known(range.Source, length);
        var outcome = MatchOutcomes.Both(
            MatchOutcomes.Invert(NftBits.IsBelow(value, known, range.From.Span, orEqual: false), true),
            NftBits.IsBelow(value, known, range.To.Span, orEqual: true));
        return Decide(run, place, MatchOutcomes.Invert(outcome, range.IsInverted), range.Source, length);
    }

    private static NftOutcome? Decide(RuleRun run, int place, MatchOutcome outcome, NftRegister source, int length) => outcome switch
    {
        MatchOutcome.Yes => null,
        MatchOutcome.No => run.Broken(),
        _ => Either(run, place, run.Registers.Missing(source, length)),
    };

    private static NftOutcome? Numbers(RuleRun run, int place)
    {
        var (target, modulus, offset, why) = run.Expressions[place] switch
        {
            NumgenExpression number => (number.Target, number.Modulus, number.Offset, Name(number)),
            HashExpression hash => (hash.Target, hash.Modulus, hash.Offset, Name(hash)),
            _ => default,
        };
        if (!NftRegisters.Has(target, sizeof(uint)))
        {
            return NoRegister(run, run.Expressions[place]);
        }

        if (modulus is 0 or > MaxCases)
        {
            run.Registers.Lose(target, sizeof(uint), $"{why} is left to chance");
            return null;
        }

        return Numbers(run, place, target, modulus, offset, why);
    }

    // A method of its own: this is the rare way, and its variables would be made on the other too.
    private static NftOutcome? Numbers(RuleRun run, int place, NftRegister target, uint modulus, uint offset, string why)
    {
        var cases = new List<NftCase>();
        Span<byte> number = stackalloc byte[sizeof(uint)];
        double share = 1.0 / modulus;
        for (uint i = 0; i < modulus; i++)
        {
            uint value = i + offset;
            MemoryMarshal.Write(number, in value);
            var one = i + 1 == modulus ? run : run.Fork();
            one.Registers.Set(target, number);
            if (modulus == 1)
            {
                return null;
            }

            var outcome = Continue(one, place + 1);
            int same = cases.FindIndex(c => IsSame(c.Outcome, outcome));
            if (same >= 0)
            {
                cases[same] = new NftCase(cases[same].Share + share, Doubtful(cases[same].Outcome, outcome, why));
            }
            else
            {
                cases.Add(new NftCase(share, outcome));
            }
        }

        return cases.Count == 1 ? cases[0].Outcome : new NftChance(why, [.. cases]);
    }

    private static string Name(NumgenExpression number) =>
        string.Create(CultureInfo.InvariantCulture,
            $"numgen {(number.Mode == NftNumgenMode.Random ? "random" : "inc")} mod {number.Modulus}");

    private static string Name(HashExpression hash) =>
        string.Create(CultureInfo.InvariantCulture, $"{(hash.Mode == NftHashMode.Symmetric ? "symhash" : "jhash")} mod {hash.Modulus}");
}
