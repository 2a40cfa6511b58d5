using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Links;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of network interfaces of the node that the command line names.</summary>
public sealed class LinkCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Complete(wordToComplete, fakeBoundParameters, _ => true);

    /// <summary>The names of the links that are asked for.</summary>
    internal static IEnumerable<CompletionResult> Complete(string wordToComplete, IDictionary fakeBoundParameters, Func<Link, bool> isAsked) =>
        NodeCompletion.Complete(
            fakeBoundParameters,
            wordToComplete,
            (node, found, stop) =>
            {
                foreach (var link in (node.Links.ReadLinks(_ => { }, stop) ?? []).Where(isAsked))
                {
                    found(link.Name);
                }
            },
            // A walk over a dump has no links.
            (_, _, _) => { });
}
