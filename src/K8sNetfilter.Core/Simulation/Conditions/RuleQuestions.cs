using System.IO.Enumeration;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>
/// What rules ask of packets beside addresses, interfaces and protocol, by the names that <see cref="WalkOptions.Assume"/> and
/// <see cref="WalkOptions.MatchSets"/> take.
/// </summary>
public sealed class RuleQuestions
{
    private readonly HashSet<string> _matches = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sets = new(StringComparer.Ordinal);
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    private RuleQuestions()
    {
    }

    /// <summary>The names of the matches: <c>limit</c>, <c>recent</c>.</summary>
    public IReadOnlyCollection<string> Matches => _matches;

    /// <summary>The sets that rules look into.</summary>
    public IReadOnlyCollection<string> Sets => _sets;

    /// <summary>Reads what rules of a family ask. Each rule is taken apart: a matter of a second for 150,000.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="family">The family.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static RuleQuestions Of(Ruleset rules, IPFamily family, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var questions = new RuleQuestions();
        var compiler = new ConditionCompiler(family, ForwardingModel.Unknown);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var conditions = new List<Condition>();
        foreach (var chain in rules.Tables.Where(t => t.Family == family).SelectMany(t => t.Chains))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var kept in chain.Rules)
            {
                foreach (var match in kept.Rule.Conditions)
                {
                    if (match.Name is not ("source" or "destination" or "protocol" or "in-interface" or "out-interface" or "comment")
                        && seen.Add(ConditionCompiler.Text(match)))
                    {
                        compiler.Add(conditions, match);
                    }
                }
            }
        }

        foreach (var condition in conditions)
        {
            questions._matches.Add(condition.Module);
            questions._texts.Add(condition.Text);
            if (condition.Set is { } set)
            {
                questions._sets.Add(set);
            }
        }

        return questions;
    }

    /// <summary>Whether a name, or a pattern over a match's text, is that of any.</summary>
    public bool Asks(string pattern) =>
        _matches.Contains(pattern) || _texts.Any(text => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false));
}
