using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of bridges.</summary>
public sealed class BridgeCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        BridgeCompletion.Complete(wordToComplete, fakeBoundParameters, links => links.Where(l => l.Kind == "bridge"));
}
