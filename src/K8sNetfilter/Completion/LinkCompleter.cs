using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of network interfaces.</summary>
public sealed class LinkCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        BridgeCompletion.Complete(wordToComplete, fakeBoundParameters, links => links);
}
