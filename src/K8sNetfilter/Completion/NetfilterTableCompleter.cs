using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace K8sNetfilter.Completion;

/// <summary>Completes the tables that iptables has.</summary>
public sealed class NetfilterTableCompleter : IArgumentCompleter
{
    private static readonly string[] Names = ["filter", "nat", "mangle", "raw", "security"];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        WordCompletion.Complete(Names, wordToComplete);
}
