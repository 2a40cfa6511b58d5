using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace K8sNetfilter.Completion;

/// <summary>Completes pods of the node: their addresses, and the network namespaces of this machine by name or process id.</summary>
public sealed class PodCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NodeCompletion.Complete(fakeBoundParameters, wordToComplete, NodeAddressCompleter.TellPods)
            .Concat(new NetNamespaceCompleter().CompleteArgument(commandName, parameterName, wordToComplete, commandAst, fakeBoundParameters));
}
