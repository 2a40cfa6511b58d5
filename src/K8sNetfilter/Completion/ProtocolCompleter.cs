using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of transport protocols.</summary>
public sealed class ProtocolCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        WordCompletion.Complete(IPProtocolName.Known, wordToComplete);
}
