using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Hooks;

/// <summary>
/// Reads rules and hooks that are of one moment. Another program can change them between two questions; what is put together of two moments
/// was never in the kernel, and no verdict may come of it.
/// </summary>
public static class SteadyRuleset
{
    /// <summary>How often rules are read that change each time.</summary>
    public const int Tries = 3;

    /// <summary>Reads the hooks and then the rules, and both again where the rules changed in between.</summary>
    /// <param name="source">What is read.</param>
    /// <param name="query">Which rules, kept and not told one by one.</param>
    /// <param name="readHooks">Reads the hooks; null where nobody says what they are.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>
    /// The rules; null where the node says nothing of them. Where they changed each time, they have a gap, and <c>RulesetChanging</c> is
    /// told.
    /// </returns>
    public static Ruleset? Read(IRulesetSource source, RulesetQuery query, Func<KernelHooks?> readHooks, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(readHooks);
        for (int attempt = 1; ; attempt++)
        {
            var problems = new List<NodeException>();
            // The hooks are read in a moment, the rules last take long to print: in this order the time that both must hold still is short.
            var hooks = readHooks();
            var rules = source.Read(query.OnProblem is null ? query : query with { OnProblem = problems.Add }, cancellation);
            bool isSteady = rules is null || IsOne(rules.Generations, hooks?.Generation);
            if (!isSteady && attempt < Tries)
            {
                continue;
            }

            problems.ForEach(p => query.OnProblem!(p));
            return isSteady ? rules : Torn(query, rules!, null, query.Family);
        }
    }

    /// <summary>The rules, read in part before and in part after a change, with what that makes of them.</summary>
    /// <param name="query">Who is told.</param>
    /// <param name="rules">The rules as they were read.</param>
    /// <param name="backend">The backend; null for nft's beside the hooks.</param>
    /// <param name="family">The family.</param>
    public static Ruleset Torn(RulesetQuery query, Ruleset rules, NetfilterBackend? backend, IPFamily family)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(rules);
        string name = backend == NetfilterBackend.Legacy ? "legacy" : "nft";
        var failure = Failure(name);
        query.OnProblem?.Invoke(failure);
        var own = rules.Tables.Where(t => t.Backend is not null && (backend is null ? t.Backend == NetfilterBackend.Nft : t.Backend == backend))
            .Select(t => new UnreadTable(t.Name, t.Backend!.Value, t.Family, "iptables-save") { Reason = HookMessages.RulesKeptChanging });
        return Ruleset.Join([rules, new Ruleset([], query.OnProblem is null ? [failure] : [], [])
        {
            Unread = [.. own],
            Gaps = [new RulesetGap(family, HookMessages.TablesKeptChanging(name))],
        }]);
    }

    /// <summary>Says that rules changed each time that they were read.</summary>
    /// <param name="what">Whose they are: <c>nft</c> or <c>legacy</c>.</param>
    public static NodeException Failure(string what) =>
        NodeException.Create(Messages.ResourceManager, nameof(Messages.RulesetChanging), NodeErrorCategory.ResourceUnavailable,
            what, Tries);

    private static bool IsOne(IReadOnlyList<uint> generations, uint? other)
    {
        foreach (uint generation in generations)
        {
            if (generation != (other ?? generations[0]))
            {
                return false;
            }
        }

        return true;
    }
}
