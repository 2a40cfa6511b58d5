using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of bridge ports of the node that the command line names.</summary>
public sealed class BridgePortCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        LinkCompleter.Complete(wordToComplete, fakeBoundParameters, l => l.Port is not null);
}
