using K8sNetfilter.Ipset;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>
/// The sets that rules change as packets pass (<c>-j SET --add-set</c>, <c>--del-set</c>): the packet itself, or one before it, may have
/// added or removed what a later rule looks for. Found when a walk first looks into a set.
/// </summary>
internal sealed class SetChanges(Ruleset rules)
{
    private readonly object _turn = new();
    private HashSet<string>? _added;
    private HashSet<string>? _removed;

    /// <summary>Why what was found may be different for this packet; null if it is not.</summary>
    /// <param name="set">The set.</param>
    /// <param name="all">All sets, for the members of a list.</param>
    /// <param name="question">What the rule wants to know.</param>
    /// <param name="answer">What the set says as it was read.</param>
    public string? MayChange(NodeIpset set, IpsetCatalog all, IpsetQuestion question, in IpsetAnswer answer)
    {
        if (answer.Outcome == MatchOutcome.Unknown)
        {
            return null;
        }

        Find();
        if (_added!.Count == 0 && _removed!.Count == 0)
        {
            return null;
        }

        var (isAdded, isRemoved, expires) = Looked(set, all);

        // What was added before is still there, and what was not there is not there after a removal; exceptions turn both round.
        bool stays = !question.ReturnsNomatch
            && (answer.Outcome == MatchOutcome.Yes ? !isRemoved && !(isAdded && expires) : !isAdded
                && (!isRemoved || set.Type is { HasNomatch: false, IsList: false }));
        return stays || (!isAdded && !isRemoved) ? null
            : ConditionMessages.RulesChangeWhatSetHolds(Printable.Text(set.Name, 40), isAdded ? "add" : "del");
    }

    private (bool IsAdded, bool IsRemoved, bool Expires) Looked(NodeIpset set, IpsetCatalog all)
    {
        bool isAdded = _added!.Contains(set.Name), isRemoved = _removed!.Contains(set.Name), expires = set.Header.Timeout is not null;
        if (set.Type is { IsList: true })
        {
            for (int i = 0; i < set.Elements!.Count; i++)
            {
                if (all.Find(set.Elements[i].Name!) is { Type.IsList: not true } member)
                {
                    var inner = Looked(member, all);
                    (isAdded, isRemoved, expires) = (isAdded | inner.IsAdded, isRemoved | inner.IsRemoved, expires | inner.Expires);
                }
            }
        }
        else
        {
            // A rule that adds to a list adds to one of its members.
            foreach (var list in all.Sets)
            {
                if (list.Type is { IsList: true } && (_added.Contains(list.Name) || _removed.Contains(list.Name))
                    && list.Elements!.Find(new IpsetElement { Name = set.Name }) >= 0)
                {
                    (isAdded, isRemoved) = (isAdded | _added.Contains(list.Name), isRemoved | _removed.Contains(list.Name));
                }
            }
        }

        return (isAdded, isRemoved, expires);
    }

    private void Find()
    {
        lock (_turn)
        {
            if (_added is not null)
            {
                return;
            }

            var added = new HashSet<string>(StringComparer.Ordinal);
            _removed = new HashSet<string>(StringComparer.Ordinal);
            foreach (var chain in rules.Tables.SelectMany(t => t.Chains))
            {
                for (int i = 0; i < chain.Kept; i++)
                {
                    // Few rules have such a target: most lines need not be taken apart.
                    var line = chain.LineAt(i);
                    if (line.IsEmpty || line.IndexOf("-set "u8) >= 0)
                    {
                        Take(chain.RuleAt(i), added, _removed);
                    }
                }
            }

            _added = added;
        }
    }

    private static void Take(NetfilterRule rule, HashSet<string> added, HashSet<string> removed)
    {
        if (rule.Target is not { Name: "SET" } target)
        {
            return;
        }

        foreach (var option in target.Options)
        {
            if (option is { Name: "add-set" or "del-set", First: { } name })
            {
                (option.Name == "add-set" ? added : removed).Add(name);
            }
        }
    }
}
