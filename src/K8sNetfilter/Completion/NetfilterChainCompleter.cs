using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;

namespace K8sNetfilter.Completion;

/// <summary>Completes the chains of the node, dump or network namespace that the command line names, in the table that it names.</summary>
public sealed class NetfilterChainCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        // The parameter takes several tables, and patterns: only one plain name narrows what is read.
        string? table = fakeBoundParameters?["Table"] is string { Length: > 0 } name && !WildcardPattern.ContainsWildcardCharacters(name) ? name : null;
        bool Tell(NetfilterChain chain, Action<string> found)
        {
            if (table is null || chain.Table == table)
            {
                found(chain.Name);
            }

            return false;
        }

        return NodeCompletion.Complete(
            fakeBoundParameters,
            wordToComplete,
            (node, found, stop) => node.Rulesets.Read(
                new RulesetQuery { Table = table, WantsChain = c => Tell(c, found), ChainsOnly = true, OnProblem = _ => { } }, stop),
            (file, found, stop) => RulesetFile.Read(file, new RulesetParserOptions { WantsChain = c => Tell(c, found), ChainsOnly = true, OnProblem = _ => { } }, stop));
    }
}
