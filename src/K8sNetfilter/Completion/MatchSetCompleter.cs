using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation.Conditions;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of the sets that the rules look into of the node or dump which the command line names; also after an exclamation mark.</summary>
public sealed class MatchSetCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string mark = (wordToComplete ?? "").Trim('\'', '"').StartsWith('!') ? "!" : "";
        void Tell(Ruleset? rules, Action<string> found, CancellationToken stop)
        {
            foreach (var family in (IPFamily[])[IPFamily.IPv4, IPFamily.IPv6])
            {
                foreach (string set in rules is null ? [] : RuleQuestions.Of(rules, family, stop).Sets)
                {
                    found(mark + set);
                }
            }
        }

        return NodeCompletion.Complete(
            fakeBoundParameters,
            wordToComplete,
            (node, found, stop) => Tell(node.Rulesets.Read(new RulesetQuery { WithoutCounters = true, OnProblem = _ => { } }, stop), found, stop),
            (file, found, stop) => Tell(RulesetFile.Read(file, new RulesetParserOptions { IsTranscript = true, OnProblem = _ => { } }, stop), found, stop));
    }
}
