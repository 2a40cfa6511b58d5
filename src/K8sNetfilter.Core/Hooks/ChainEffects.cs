namespace K8sNetfilter.Hooks;

/// <summary>Says from a glance at the rules of a base chain, and of those that it leads to, what it does to packets.</summary>
/// <param name="rules">The rules of a chain of the same table by its name; null for all chains of the table.</param>
public sealed class ChainEffects(Func<string?, IReadOnlyList<ChainRule>?> rules)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private bool _changes;
    private bool _loses;
    private bool _isUnread;

    /// <summary>What a base chain does.</summary>
    /// <param name="chain">Its name.</param>
    /// <param name="accepts">Its policy; null where it is not known.</param>
    public ChainEffect Of(string chain, bool? accepts)
    {
        (_changes, _loses, _isUnread) = (false, false, false);
        _seen.Clear();
        _seen.Add(chain);
        if (rules(chain) is not { } own)
        {
            return ChainEffect.Unread;
        }

        if (Unconditional(own, accepts) is { } certain)
        {
            return certain;
        }

        Look(own);
        _loses |= accepts == false;
        return _isUnread || accepts is null ? ChainEffect.Unread : _changes ? ChainEffect.Changes : _loses ? ChainEffect.Filters
            : ChainEffect.Nothing;
    }

    // What happens to every packet, whatever is in it.
    private static ChainEffect? Unconditional(IReadOnlyList<ChainRule> own, bool? accepts)
    {
        foreach (var rule in own)
        {
            if (rule is { Verdict: ChainRuleVerdict.Continue, Changes: false })
            {
                continue;
            }

            return rule.IsConditional || rule.Changes ? null : rule.Verdict switch
            {
                ChainRuleVerdict.Accept => ChainEffect.Nothing,
                ChainRuleVerdict.Drop => ChainEffect.Drops,
                ChainRuleVerdict.Reject => ChainEffect.Rejects,
                ChainRuleVerdict.Return => Policy(accepts),
                _ => null,
            };
        }

        return Policy(accepts);
    }

    private static ChainEffect? Policy(bool? accepts) =>
        accepts switch { true => ChainEffect.Nothing, false => ChainEffect.Drops, null => null };

    private void Look(IReadOnlyList<ChainRule> first)
    {
        var open = new Stack<IReadOnlyList<ChainRule>>([first]);
        while (open.TryPop(out var chain))
        {
            foreach (var rule in chain)
            {
                _changes |= rule.Changes;
                _loses |= rule.Verdict is ChainRuleVerdict.Drop or ChainRuleVerdict.Reject;
                if (rule.Verdict == ChainRuleVerdict.Jump)
                {
                    // One of several may be any chain of the table, or a verdict of its own.
                    _loses |= rule.Target is null;
                    if (_seen.Add(rule.Target ?? ""))
                    {
                        if (rules(rule.Target) is { } behind)
                        {
                            open.Push(behind);
                        }
                        else
                        {
                            _isUnread = true;
                        }
                    }
                }
            }
        }
    }
}
