using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of the Services that the rules of the node or file make which the command line names.</summary>
public sealed class NodeServiceCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Complete(wordToComplete, fakeBoundParameters, s => s.FullName);

    /// <summary>One name of each Service.</summary>
    internal static IEnumerable<CompletionResult> Complete(string wordToComplete, IDictionary fakeBoundParameters, Func<NodeService, string?> nameOf) =>
        NodeCompletion.Complete(
            fakeBoundParameters,
            wordToComplete,
            (node, found, stop) => Tell(NodeServices.Read(node, [], _ => { }, stop) ?? [], nameOf, found),
            (file, found, stop) => Tell(
                ServiceFile.Read(file, [], new RulesetParserOptions { IsTranscript = true, OnProblem = _ => { } }, stop), nameOf, found));

    private static void Tell(IReadOnlyList<NodeService> services, Func<NodeService, string?> nameOf, Action<string> found)
    {
        foreach (var service in services)
        {
            found(nameOf(service) ?? "");
        }
    }
}
