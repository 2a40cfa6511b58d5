using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Conntrack;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of states of tracked connections.</summary>
public sealed class ConntrackStateCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        WordCompletion.Complete(ConntrackState.Known, wordToComplete);
}
