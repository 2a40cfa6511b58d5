using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Operations;
using K8sNetfilter.Nftables.Expressions.Statements;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>Lookups in sets and maps, and what packets add to them (nft_lookup.c, nft_objref.c, nft_dynset.c).</summary>
internal static class SetLookup
{
    private const int NotFound = -1;

    // An element that rules added, of which the set as it was read knows nothing.
    private const int Added = -2;

    /// <summary>Looks a register up.</summary>
    public static NftOutcome? Apply(RuleRun run, int place, LookupExpression lookup)
    {
        if (Set(run, lookup.Set, lookup.Source, out var end) is not { } set)
        {
            return end;
        }

        return Candidates(run, set, lookup.Source, out int[] elements, out string why)
            ? elements.Length == 1 ? Found(run, place, lookup, set, elements[0], 0) : OneOf(run, place, lookup, set, elements, why)
            : run.End(NftAction.Open, $"looks up what is not known in {Text(set)}: {why}");
    }

    /// <summary>Runs the object that a map has for a register.</summary>
    public static NftOutcome? Apply(RuleRun run, int place, ObjrefMapExpression map)
    {
        if (Set(run, map.Set, map.Source, out var end) is not { } set)
        {
            return end;
        }

        if (!Candidates(run, set, map.Source, out int[] elements, out string why) || elements.Length > 1 || elements[0] == Added)
        {
            return RuleEvaluator.Either(run, place, why.Length > 0 ? why : $"what {Text(set)} has for the packet");
        }

        return elements[0] == NotFound ? run.Broken()
            : StatementEvaluation.Object(run, place, set.ObjectType, set.Elements[elements[0]].ObjectName ?? "");
    }

    /// <summary>Adds an element, renews or deletes it.</summary>
    public static NftOutcome? Apply(RuleRun run, int place, DynsetExpression dynset)
    {
        if (Set(run, dynset.Set, dynset.Key, out var end) is not { } set)
        {
            return end;
        }

        var (key, known) = run.Registers.Copy(dynset.Key, set.KeyLength);
        bool isThere = NftBits.AreKnown(known.Span) && Find(run, set, key.Span) != NotFound;
        var broken = run.Broken();
        run.Change(NftEffectKind.Element, 0, (int)dynset.Operation, key, known, set);
        if (dynset.Operation == NftDynsetOperation.Delete)
        {
            return null;
        }

        const uint Inverted = 1;
        bool mayBeFull = set.Size > 0 && !isThere && (uint)set.Elements.Count >= set.Size;
        if ((dynset.Flags & Inverted) != 0)
        {
            var added = run.Broken();
            return !mayBeFull ? added
                : RuleEvaluator.Either(place, 0, $"whether {Text(set)} has room for another element", added,
                    RuleEvaluator.Continue(run, place + 1));
        }

        bool isLimited = Limits(dynset.Expressions) || (isThere && Limits(set.Expressions));
        return mayBeFull || isLimited
            ? RuleEvaluator.Either(
                place, 0, mayBeFull ? $"whether {Text(set)} has room for another element" : $"the limit of an element of {Text(set)}",
                RuleEvaluator.Continue(run, place + 1), mayBeFull ? broken : run.Broken())
            : null;
    }

    private static string Text(NftSet set) => set.IsAnonymous ? "the rule's set" : $"set {set.Name}";

    private static NftSet? Set(RuleRun run, string name, NftRegister key, out NftOutcome? end)
    {
        end = null;
        if (run.Table.FindSet(name) is not { } set)
        {
            end = run.End(NftAction.Open, $"looks into the set {name}, which was not read");
            return null;
        }

        if (NftRegisters.Has(key, set.KeyLength))
        {
            return set;
        }

        end = run.End(NftAction.Open, $"looks into the set {name} with a register that does not exist");
        return null;
    }

    // The element that is found; NotFound among them if there may be none. False if there are too many to follow.
    private static bool Candidates(RuleRun run, NftSet set, NftRegister source, out int[] elements, out string why)
    {
        ReadOnlySpan<byte> key = run.Registers.Value(source, set.KeyLength), known = run.Registers.Known(source, set.KeyLength);
        bool isKnown = NftBits.AreKnown(known);
        why = isKnown ? $"what the packet's way added to {Text(set)}" : run.Registers.Missing(source, set.KeyLength);
        if (isKnown && !HasUnknownChange(run, set))
        {
            elements = [Find(run, set, key)];
            return true;
        }

        bool isWhole = PartialLookup.Find(set, key, known, out elements);
        if (!MayBeChanged(run.Effects, set, key, known) && !MayBeChanged(run.Packet.Before, set, key, known))
        {
            return isWhole;
        }

        // Added or deleted, or neither.
        elements = [Added, NotFound];
        return !set.IsMap;
    }

    // A change of the set by a key of which not all is known.
    private static bool HasUnknownChange(RuleRun run, NftSet set)
    {
        return Has(run.Effects) || Has(run.Packet.Before);

        bool Has(NftEffect? effect)
        {
            for (; effect is not null; effect = effect.Previous)
            {
                if (IsOf(effect, set) && !NftBits.AreKnown(effect.Known.Span))
                {
                    return true;
                }
            }

            return false;
        }
    }

    // What rules added and deleted on the packet's way counts before the set as it was read.
    private static int Find(RuleRun run, NftSet set, ReadOnlySpan<byte> key)
    {
        int read = set.Find(key);
        return (IsAdded(run.Effects, set, key) ?? IsAdded(run.Packet.Before, set, key)) switch
        {
            true => read >= 0 ? read : Added,
            false => set.Elements.CatchAll,
            null => read,
        };
    }

    private static bool? IsAdded(NftEffect? effect, NftSet set, ReadOnlySpan<byte> key)
    {
        for (; effect is not null; effect = effect.Previous)
        {
            if (IsOf(effect, set) && NftBits.AreKnown(effect.Known.Span) && effect.Value.Span.SequenceEqual(key))
            {
                return effect.Offset != (int)NftDynsetOperation.Delete;
            }
        }

        return null;
    }

    // Whether an element that was added or deleted may be the one that is looked up.
    private static bool MayBeChanged(NftEffect? effect, NftSet set, ReadOnlySpan<byte> key, ReadOnlySpan<byte> known)
    {
        for (; effect is not null; effect = effect.Previous)
        {
            if (IsOf(effect, set))
            {
                ReadOnlySpan<byte> value = effect.Value.Span, sure = effect.Known.Span;
                bool differs = false;
                for (int i = 0; i < key.Length; i++)
                {
                    differs |= ((key[i] ^ value[i]) & known[i] & sure[i]) != 0;
                }

                if (!differs)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsOf(NftEffect effect, NftSet set) => effect.Kind == NftEffectKind.Element && ReferenceEquals(effect.Set, set);

    // Several elements that it may be, one after the other.
    private static NftOutcome OneOf(RuleRun run, int place, LookupExpression lookup, NftSet set, int[] elements, string why)
    {
        NftOutcome rest = Outcome(run.Fork(), elements.Length - 1);
        for (int i = elements.Length - 2; i >= 0; i--)
        {
            rest = RuleEvaluator.Either(place, i, why, Outcome(run.Fork(), i), rest);
        }

        return rest;

        NftOutcome Outcome(RuleRun one, int i) => Found(one, place, lookup, set, elements[i], i) ?? RuleEvaluator.Continue(one, place + 1);
    }

    // Null: the next expression.
    private static NftOutcome? Found(RuleRun run, int place, LookupExpression lookup, NftSet set, int element, int choice)
    {
        if ((element != NotFound) == lookup.IsInverted)
        {
            return run.Broken();
        }

        if (element == NotFound)
        {
            return null;
        }

        if (Limits(set.Expressions))
        {
            return RuleEvaluator.Either(run, place, $"the limit of an element of {Text(set)}", choice + 100);
        }

        if (!lookup.Target.IsPresent)
        {
            return null;
        }

        if (element == Added)
        {
            return run.End(NftAction.Open, $"finds in {Text(set)} what a rule added, whose data are not known here");
        }

        var found = set.Elements[element];
        if (lookup.Target.IsVerdict)
        {
            return found.HasVerdict ? RuleEvaluator.Verdict(run, found.Verdict)
                : run.End(NftAction.Open, $"finds no verdict in {Text(set)}");
        }

        if (found.Data.IsEmpty || !NftRegisters.Has(lookup.Target, found.Data.Length))
        {
            return run.End(NftAction.Open, $"finds no data in {Text(set)}");
        }

        run.Registers.Set(lookup.Target, found.Data);
        return null;
    }

    private static bool Limits(NftExpression[] expressions)
    {
        foreach (var expression in expressions)
        {
            if (expression is LimitExpression or QuotaExpression or ConnlimitExpression)
            {
                return true;
            }
        }

        return false;
    }
}
