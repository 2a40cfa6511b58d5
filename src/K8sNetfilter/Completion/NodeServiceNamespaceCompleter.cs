using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace K8sNetfilter.Completion;

/// <summary>Completes the Kubernetes namespaces of the Services that the command line's node has.</summary>
public sealed class NodeServiceNamespaceCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NodeServiceCompleter.Complete(wordToComplete, fakeBoundParameters, s => s.Namespace);
}
