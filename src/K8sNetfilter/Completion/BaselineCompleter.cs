using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Baselines;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of the shipped baselines, and files.</summary>
public sealed class BaselineCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        WordCompletion.Complete(ShippedBaselines.Names, wordToComplete)
            .Concat(CompletionCompleters.CompleteFilename(wordToComplete).Where(f => f.CompletionText.Contains('.')));
}
