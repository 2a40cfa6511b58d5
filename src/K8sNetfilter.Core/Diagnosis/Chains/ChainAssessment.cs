using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Rulesets.Parts.Targets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>What was found of one group of chains, and what follows from it: the worst cause decides, the evidence has all.</summary>
internal sealed class ChainAssessment(
    OwnerDefinition owned, TableSet place, ChainGroup group, IReadOnlyList<NetfilterChain> members, bool canaryGone)
{
    private const int MostNamed = 10;
    private const int MostSentences = 8;

    private readonly List<string> _evidence = [];
    private readonly List<string> _good = [];
    private readonly List<RuleEdit> _edits = [];
    private ChainCause _cause;
    private bool _isOpen;
    private bool _needsRestart;
    private bool _isFlushed;

    public void NotGiven(string sentence) => Say(ChainCause.NotGiven, sentence);

    public void MayBeMissing() => Say(ChainCause.NotGiven, ChainMessages.NoneOfIsThereSo(string.Join(", ", group.Chains.Select(c => c.Name)), group.WhenMissing));

    public void Missing(IReadOnlyList<ExpectedChain> chains)
    {
        Say(ChainCause.ChainMissing, ChainMessages.ChainsMissing(string.Join(", ", chains.Select(c => c.Name)), chains.Count == 1 ? "is" : "are"));
        _needsRestart = true;
    }

    /// <summary>Looks at one chain that stands: its rules, and whether each jump that leads there does.</summary>
    public void Look(ExpectedChain expected, NetfilterChain chain, RulesetTable table)
    {
        if (expected.HasRules && chain.RuleCount == 0)
        {
            Say(ChainCause.ChainEmpty, ChainMessages.ChainIsEmpty(expected.Name));
            _needsRestart = true;
            _isFlushed = true;
        }

        LookAtJumps(expected, chain, table);
        foreach (var fault in expected.Content?.Invoke(chain, place) ?? [])
        {
            Say(fault.Cause, fault.Sentence, fault.IsOpen);
            _edits.AddRange(fault.Edits);
        }
    }

    private void LookAtJumps(ExpectedChain expected, NetfilterChain chain, RulesetTable table)
    {
        var found = expected.Jumps.Select(j => (Jump: j, Way: Find(table.FindChain(j.From), chain))).ToList();
        int standing = 0;
        var missing = new List<EntryJump>();
        foreach (var (jump, (rule, twin, wall)) in found)
        {
            if (rule is null)
            {
                if (jump.Since.Count == 0 || TableSet.HasAny(table, jump.Since))
                {
                    missing.Add(jump);
                }

                continue;
            }

            standing++;
            if (wall is not null)
            {
                Say(ChainCause.Shadowed, ChainMessages.TakesEveryPacketBeforeRules(Quote(wall), Quote(rule), wall.Number, rule.Number, jump.From));
                _edits.Add(RuleEdit.First(jump.From, $"{jump.Words(table)}-j {expected.Name}"));
                _edits.Add(RuleEdit.Delete(jump.From, rule.Number + 1));
            }
            else
            {
                _good.Add(Quote(rule));
            }

            if (twin is not null)
            {
                Say(ChainCause.Duplicate, ChainMessages.StandsTwiceInRulesAnd(Quote(twin), jump.From, rule.Number, twin.Number));
                _edits.Add(RuleEdit.Delete(jump.From, twin.Number));
            }
        }

        if (missing.Count > 0)
        {
            bool none = standing == 0 && !place.IsReached(chain);
            Say(
                none ? ChainCause.NotReached : ChainCause.JumpMissing,
                none ? ChainMessages.StandsWithAndNoRule(expected.Name, Counted.Of(chain.RuleCount, "rule"), string.Join(" or ", missing.Select(j => j.From)))
                    : ChainMessages.NoJumpTo(string.Join(" and ", missing.Select(j => j.From)), missing.Count == 1 ? "has" : "have", expected.Name));
            _edits.AddRange(missing.Select(
                jump => new RuleEdit(jump.IsFirst ? RuleEditKind.Insert : RuleEditKind.Append, jump.From, 0,
                $"{jump.Words(table)}-j {expected.Name}")));
            _needsRestart |= !owned.JumpsByHand;
            _isFlushed |= chain.RuleCount == 0 && expected.HasRules;
        }
        else if (standing == 0 && !expected.MayBeUnused && !place.IsReached(chain))
        {
            Say(chain.IsReferenced ? ChainCause.NotReached : ChainCause.LeftOver, chain.IsReferenced
                ? ChainMessages.IsOnlyReachedThroughChains(expected.Name)
                : ChainMessages.NothingJumpsTo(expected.Name));
            _needsRestart = true;
        }
    }

    public void LeftOver(IReadOnlyList<NetfilterChain> chains)
    {
        Say(ChainCause.LeftOver, ChainMessages.NothingLeadsToOf(chains.Count, Counted.Of(members.Count, "chain"), Names(chains)));
        if (chains.All(c => CommandPlace.IsWord(c.Name)))
        {
            // Flushed first: they jump to each other.
            _edits.AddRange(chains.Take(MostNamed).Select(c => new RuleEdit(RuleEditKind.Flush, c.Name)));
            _edits.AddRange(chains.Take(MostNamed).Select(c => new RuleEdit(RuleEditKind.Remove, c.Name)));
        }
    }

    public void CutOff(NetfilterChain chain, NetfilterChain? head) =>
        Say(ChainCause.NotReached, $"{Printable.Text(chain.Name)} {(head is null ? ChainMessages.IsNotReached : ChainMessages.IsReachedThroughAloneWhich(head.Name))}.");

    /// <summary>
    /// Looks for entries of a chain that have the same conditions and lead to different chains: only the first is ever taken.
    /// </summary>
    public void LookForTwins(NetfilterChain dispatch)
    {
        var first = new Dictionary<string, NetfilterRule>(StringComparer.Ordinal);
        foreach (var rule in dispatch.GetRules())
        {
            string conditions = string.Join(' ', rule.Conditions.Where(m => m is not CommentMatch).Select(m => m.ToString()));
            if (!first.TryAdd(conditions, rule) && first[conditions].JumpsTo != rule.JumpsTo)
            {
                Say(ChainCause.Duplicate, ChainMessages.IsNeverTakenRuleHas(Quote(rule), first[conditions].Number, Quote(first[conditions])));
            }
        }
    }

    public NetfilterChainResult Result()
    {
        var verdict = _cause switch
        {
            _ when _isOpen => ChainVerdict.Unknown,
            ChainCause.None => ChainVerdict.Works,
            ChainCause.NotGiven => ChainVerdict.Unknown,
            ChainCause.Duplicate or ChainCause.LeftOver => ChainVerdict.Stale,
            _ => ChainVerdict.Broken,
        };
        bool isFine = verdict is ChainVerdict.Works or ChainVerdict.Unknown;
        bool byHand = !isFine && !_needsRestart && _edits.Count > 0;
        bool isFlush = verdict == ChainVerdict.Broken && canaryGone && owned.RepairWithoutCanary is not null;
        return new NetfilterChainResult
        {
            Owner = owned.Owner,
            Backend = place.Backend,
            Family = place.Family,
            Table = group.Table,
            Group = group.Name,
            Chains = [.. group.Chains.Select(c => c.Name).Where(n => members.Any(m => m.Name == n))
            .Concat(members.Select(m => Printable.Text(m.Name)).Take(MostNamed)).Distinct().Take(MostNamed)],
            ChainCount = members.Count,
            RuleCount = members.Sum(c => c.RuleCount),
            Verdict = verdict,
            Cause = _cause,
            Evidence = _evidence.Count > 0 ? string.Join(" ", _evidence)
                : _good.Count > 0 ? string.Join("; ", _good) : members.Count == 1 ? ChainMessages.N1ChainWhichIsReached
                : ChainMessages.ChainsAllOfThemReached(members.Count),
            Remedy = isFine ? null : byHand ? place.Line(group.Table, _edits.Distinct()) : place.At.Cluster(owned.Restart),
            Edits = byHand ? [.. _edits.Distinct()] : [],
            RepairsItself = isFine ? null : verdict == ChainVerdict.Broken && owned.RepairsItself,
            Repair = isFine ? null
                : verdict == ChainVerdict.Stale ? ChainMessages.ItDoesNotLookFor
                : isFlush ? owned.RepairWithoutCanary
                : _isFlushed && owned.Canary is not null
                ? ChainMessages.CanaryChainStillStandsSo(owned.Repair) : owned.Repair,
        };
    }

    // Two of one cause: the one that is sure decides.
    private void Say(ChainCause cause, string sentence, bool isOpen = false)
    {
        _isOpen = cause > _cause ? isOpen : _isOpen && (cause < _cause || isOpen);
        _cause = cause > _cause ? cause : _cause;
        if (_evidence.Count < MostSentences)
        {
            _evidence.Add(sentence);
        }
    }

    /// <summary>
    /// The jump from a chain to another, a second one of the same words, and the rule ahead of it that lets no packet by.
    /// </summary>
    private static (NetfilterRule? Rule, NetfilterRule? Twin, NetfilterRule? Wall) Find(NetfilterChain? from, NetfilterChain to)
    {
        NetfilterRule? found = null, wall = null, before = null;
        foreach (var rule in from?.GetRules() ?? [])
        {
            if (rule.JumpsTo != to)
            {
                wall ??= found is null && rule.JumpsTo is null && TakesEverything(rule) ? rule : null;
            }
            else if (found is null)
            {
                found = rule;
                before = wall;
            }
            else if (found.Bare == rule.Bare)
            {
                return (found, rule, before);
            }
        }

        return (found, null, before);
    }

    private static bool TakesEverything(NetfilterRule rule) =>
        rule.Target is { } target && rule.Conditions.All(m => m is CommentMatch)
        && (target.Kind is RuleTargetKind.Accept or RuleTargetKind.Drop or RuleTargetKind.Return or RuleTargetKind.Queue
            || target is RejectTarget or MasqueradeTarget or NatTarget or RedirectTarget);

    private static string Quote(NetfilterRule rule) => Printable.Text(rule.Bare, 200);

    private static string Names(IReadOnlyList<NetfilterChain> chains) =>
        string.Join(", ", chains.Take(MostNamed).Select(c => Printable.Text(c.Name))) + (chains.Count > MostNamed ? ", ..." : "");
}
