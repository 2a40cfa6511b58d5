using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Services;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of the Services that this node's rules make.</summary>
public sealed class NodeServiceCompleter : IArgumentCompleter
{
    // Completion that takes longer than this is no help.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            using var patience = new CancellationTokenSource(s_patience);
            var services = NodeServices.Read(new LiveNode(KernelRoot.Live), [], _ => { }, patience.Token);
            return services is null ? [] : WordCompletion.Complete(
                services.Select(s => s.FullName).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), wordToComplete).ToList();
        }
        catch (Exception error) when (error is NodeException or OperationCanceledException)
        {
            return [];
        }
    }
}
