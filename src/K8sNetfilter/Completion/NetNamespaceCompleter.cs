using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Completion;

/// <summary>
/// Completes the machine's network namespaces: names of /run/netns, else a process id. A snapshot has one node's answers, and -NetNamespace
/// beside it is refused: nothing is offered then.
/// </summary>
public sealed class NetNamespaceCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        using var named = NamedNode.Of(fakeBoundParameters);
        if (!OperatingSystem.IsLinux() || named.IsElsewhere)
        {
            return [];
        }

        try
        {
            return NetworkNamespaces.Find(KernelRoot.Live)
                .Select(found => (Word: found.ToString(), Tip: (found.PodName ?? found.PodUid) is { } pod ? $"pod {pod}" : found.Path))
                .Where(n => n.Word.StartsWith((wordToComplete ?? "").Trim('\'', '"'), StringComparison.OrdinalIgnoreCase))
                .Select(n => new CompletionResult(WordCompletion.Quote(n.Word), n.Word, CompletionResultType.ParameterValue, n.Tip))
                .ToList();
        }
        catch (NodeException)
        {
            // Completion shows no errors.
            return [];
        }
    }
}
