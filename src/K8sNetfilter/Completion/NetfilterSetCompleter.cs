using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Sets;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of the sets of the node that the command line names.</summary>
public sealed class NetfilterSetCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NodeCompletion.Complete(fakeBoundParameters, wordToComplete, (node, found, stop) =>
        {
            foreach (string name in new IpsetSets(node.Ipsets).ReadNames(stop))
            {
                found(name);
            }
        });
}
