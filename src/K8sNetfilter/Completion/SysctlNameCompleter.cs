using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of kernel parameters that the node has or that its files set; for Remove-NodeSysctl the latter.</summary>
public sealed class SysctlNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            var root = fakeBoundParameters?["Root"] is string path ? new KernelRoot(path) : KernelRoot.Live;
            var forecast = SysctlForecast.Of(new LiveSysctls(root));
            var paths = commandName == "Remove-NodeSysctl" ? forecast.NamedPaths : forecast.Paths;
            bool asPath = wordToComplete?.Contains('/') == true && !wordToComplete.Contains('.');
            return WordCompletion.Complete(paths.Select(p => asPath ? p : SysctlKey.ToName(p)).Where(IsPlain).Order(StringComparer.Ordinal), wordToComplete).ToList();
        }
        catch (NodeException)
        {
            // Completion shows no errors.
            return [];
        }
    }

    /// <summary>What needs no quotes and shows as it is.</summary>
    private static bool IsPlain(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/' or '-' or '_' or ':');
}
