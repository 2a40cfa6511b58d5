using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Completion;

/// <summary>
/// Completes the names of kernel parameters that the node of the command line has or that its files set; for Remove-NodeSysctl the latter.
/// </summary>
public sealed class SysctlNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NodeCompletion.Complete(fakeBoundParameters, wordToComplete, (node, found, stop) =>
        {
            var forecast = SysctlForecast.Of(node.Sysctls, stop: stop);
            bool asPath = wordToComplete?.Contains('/') == true && !wordToComplete.Contains('.');
            foreach (string path in commandName == "Remove-NodeSysctl" ? forecast.NamedPaths : forecast.Paths)
            {
                string name = asPath ? path : SysctlKey.ToName(path);
                if (IsPlain(name))
                {
                    found(name);
                }
            }
        });

    /// <summary>What needs no quotes and shows as it is.</summary>
    private static bool IsPlain(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/' or '-' or '_' or ':');
}
