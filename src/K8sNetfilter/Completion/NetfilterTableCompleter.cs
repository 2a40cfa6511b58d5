using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;

namespace K8sNetfilter.Completion;

/// <summary>Completes the tables that iptables has; of a snapshot or dump that the command line names, the tables in it.</summary>
public sealed class NetfilterTableCompleter : IArgumentCompleter
{
    private static readonly string[] Names = ["filter", "nat", "mangle", "raw", "security"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NodeCompletion.Complete(
            fakeBoundParameters,
            wordToComplete,
            (node, found, stop) =>
            {
                if (node is Nodes.LiveNode)
                {
                    Array.ForEach(Names, found);
                    return;
                }

                node.Rulesets.Read(new RulesetQuery { WantsChain = c => Tell(c, found), ChainsOnly = true, OnProblem = _ => { } }, stop);
            },
            (file, found, stop) => RulesetFile.Read(file, new RulesetParserOptions { WantsChain = c => Tell(c, found), ChainsOnly = true, OnProblem = _ => { } }, stop));

    private static bool Tell(NetfilterChain chain, Action<string> found)
    {
        found(chain.Table);
        return false;
    }
}
