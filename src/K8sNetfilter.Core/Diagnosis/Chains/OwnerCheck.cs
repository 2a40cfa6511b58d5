using K8sNetfilter.Addressing;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>One component's chains in one backend and family.</summary>
internal sealed class OwnerCheck
{
    private const int MostNamed = 10;

    private readonly OwnerDefinition _owned;
    private readonly TableSet _place;
    private readonly Dictionary<string, List<NetfilterChain>> _own;
    private readonly bool _canaryGone;

    public OwnerCheck(OwnerDefinition owned, TableSet place)
    {
        _owned = owned;
        _place = place;
        _own = place.Tables.GroupBy(t => t.Name)
            .ToDictionary(g => g.Key, g => g.First().Chains.Where(owned.Owns).ToList(), StringComparer.Ordinal);
        _canaryGone = owned.Canary is { } canary && place.IsWhole && place.Tables.All(t => t.FindChain(canary) is null);
    }

    /// <summary>True where it has chains here that it uses today.</summary>
    private bool IsAtWork => _own.Values.Any(chains => chains.Exists(c => c.Name != _owned.Canary));

    /// <summary>What there is to say of each group; nothing where the component has no chains here.</summary>
    public IEnumerable<NetfilterChainResult> Results()
    {
        if (IsAtWork)
        {
            foreach (var group in _owned.Groups)
            {
                if (Judge(group) is { } result)
                {
                    yield return result;
                }
            }
        }

        foreach (var table in _place.Tables)
        {
            if (Earlier(table) is { } result)
            {
                yield return result;
            }
        }
    }

    private NetfilterChainResult? Judge(ChainGroup group)
    {
        var table = _place.Table(group.Table);
        var always = Always(group, table);
        var members = table is null ? []
            : _own[table.Name].Where(c => group.Chains.Any(e => e.Name == c.Name)
            || OwnerDefinition.StartsWithAny(c.Name, group.Prefixes)).ToList();
        var judgement = new ChainAssessment(_owned, _place, group, members, _canaryGone);
        if (table is null)
        {
            if (always.Length == 0)
            {
                return null;
            }

            if (_place.IsWhole)
            {
                judgement.Missing(always);
            }
            else
            {
                judgement.NotGiven(ChainMessages.TextHasNoTable(group.Table));
            }

            return judgement.Result();
        }

        var missing = always.Where(e => table.FindChain(e.Name) is null).ToArray();
        if (members.Count == 0 && missing.Length == 0)
        {
            if (group.WhenMissing is null || group.Prefixes.Count > 0)
            {
                return null;
            }

            judgement.MayBeMissing();
            return judgement.Result();
        }

        if (missing.Length > 0 && !table.IsComplete)
        {
            judgement.NotGiven(ChainMessages.TextOfTableIsCut(group.Table, string.Join(", ", missing.Select(m => m.Name))));
        }
        else if (missing.Length > 0)
        {
            judgement.Missing(missing);
        }

        foreach (var expected in group.Chains)
        {
            if (table.FindChain(expected.Name) is { } chain)
            {
                judgement.Look(expected, chain, table);
            }
        }

        if (group.Prefixes.Count > 0)
        {
            LookAtMany(group, members, table, judgement);
        }

        return judgement.Result();
    }

    // The chains that the component always has in a table of this family and mode.
    private ExpectedChain[] Always(ChainGroup group, RulesetTable? table)
    {
        bool isOtherMode = group.NotWith is { } mode
            && _own.Values.Any(chains => chains.Exists(c => c.Name.StartsWith(mode, StringComparison.Ordinal)));
        return isOtherMode || (group.AlwaysIn != IPFamily.Unspecified && group.AlwaysIn != _place.Family) ? []
            : [.. group.Chains.Where(c => c.IsAlways
                || (table is not null && c.AlwaysWith.Count > 0 && TableSet.HasAny(table, c.AlwaysWith)))];
    }

    /// <summary>Chains that come and go: those that no way leads to even from the component's own heads are left over.</summary>
    private void LookAtMany(ChainGroup group, List<NetfilterChain> members, RulesetTable table, ChainAssessment judgement)
    {
        var many = members.Where(c => OwnerDefinition.StartsWithAny(c.Name, group.Prefixes)).ToList();
        if (many.Count == 0)
        {
            return;
        }

        var heads = _owned.Groups.Where(g => g.Table == table.Name).SelectMany(g => g.Chains)
            .Select(e => table.FindChain(e.Name)).OfType<NetfilterChain>().ToList();
        var led = TableSet.Reach([.. table.Chains.Where(c => c.IsBuiltIn), .. heads]);
        var left = many.Where(c => !led.Contains(c)).ToList();
        if (left.Count > 0)
        {
            judgement.LeftOver(left);
        }

        if (many.Find(c => led.Contains(c) && !_place.IsReached(c)) is { } cut)
        {
            judgement.CutOff(cut, heads.FirstOrDefault(h => !_place.IsReached(h) && TableSet.Reach([h]).Contains(cut)));
        }

        if (group.Dispatch is { } dispatch && table.FindChain(dispatch) is { } chain)
        {
            judgement.LookForTwins(chain);
        }
    }

    private NetfilterChainResult? Earlier(RulesetTable table)
    {
        var old = table.Chains.Where(_owned.OwnedBefore).ToList();
        var rules = _owned.OldComments.Count == 0 ? [] : table.Chains.Where(c => c.IsBuiltIn).SelectMany(c => c.GetRules())
            .Where(r => r.JumpsTo is null && r.Comment is { } comment
                && _owned.OldComments.Contains(comment, StringComparer.Ordinal)).ToList();
        if (old.Count == 0 && rules.Count == 0)
        {
            return null;
        }

        var reached = old.Where(_place.IsReached).ToList();
        var jumps = reached.SelectMany(c => c.Referrers).Distinct().SelectMany(c => c.GetRules())
            .Where(r => r.JumpsTo is { } to && old.Contains(to) && !old.Contains(r.InChain)).ToList();
        var evidence = old.Count == 0 ? "" : $"{string.Join(", ", old.Take(MostNamed).Select(c => Printable.Text(c.Name)))}: "
            + (reached.Count == 0 ? ChainMessages.EarlierNotReached : jumps.Count == 0 ? ChainMessages.EarlierReached
                : ChainMessages.EarlierReachedBy(Printable.Text(jumps[0].Bare)));
        if (rules.Count > 0)
        {
            evidence = ChainMessages.EarlierRules(evidence, Counted.Of(rules.Count, "rule"), rules.Count == 1 ? "stands" : "stand", Printable.Text(rules[0].Bare)).Trim();
        }

        // By its words, which no other change moves; else from the end of each chain, so that the numbers of those before stay.
        RuleEdit[] edits =
        [
            .. jumps.Concat(rules).Take(MostNamed).OrderByDescending(r => r.Number).Select(Delete),
            .. old.Take(MostNamed).Select(c => new RuleEdit(RuleEditKind.Flush, c.Name)),
                .. old.Take(MostNamed).Select(c => new RuleEdit(RuleEditKind.Remove, c.Name)),
        ];
        bool isPlain = old.Concat(rules.Concat(jumps).Select(r => r.InChain)).All(c => CommandPlace.IsWord(c.Name));
        return new NetfilterChainResult
        {
            Owner = _owned.Owner,
            Backend = _place.Backend,
            Family = _place.Family,
            Table = table.Name,
            Group = "earlier",
            Chains = [.. old.Take(MostNamed).Select(c => c.Name)],
            ChainCount = old.Count,
            RuleCount = old.Sum(c => c.RuleCount) + rules.Count,
            Verdict = ChainVerdict.Stale,
            Cause = ChainCause.LeftOver,
            Evidence = evidence,
            Remedy = isPlain ? _place.Line(table.Name, edits) : null,
            Edits = isPlain ? edits : [],
            RepairsItself = false,
            Repair = ChainMessages.NothingLooksForWhatEarlier,
        };
    }

    // Within quotes sh(1) still obeys $, ` and \: what is not plain is named by its number.
    private static RuleEdit Delete(NetfilterRule rule)
    {
        string words = rule.Bare["-A ".Length..][(rule.Chain.Length + 1)..];
        return words.All(c => char.IsAsciiLetterOrDigit(c) || " \"-_./:,!=+@()[]".Contains(c, StringComparison.Ordinal))
            && words.Count(c => c == '"') % 2 == 0
            ? new RuleEdit(RuleEditKind.Delete, rule.Chain, 0, words) : RuleEdit.Delete(rule.Chain, rule.Number);
    }
}
