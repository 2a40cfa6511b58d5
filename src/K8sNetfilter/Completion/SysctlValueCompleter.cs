using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Completion;

/// <summary>Completes values of the kernel parameter that the command line names: those that it can have where they are few, that which it has, and those that files set.</summary>
public sealed class SysctlValueCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        if (!SysctlKey.TryParse(fakeBoundParameters?["Name"] as string, out string path))
        {
            return [];
        }

        return NodeCompletion.Complete(fakeBoundParameters, wordToComplete, (node, found, stop) =>
        {
            foreach (string value in SysctlChoices.Of(path, p => node.Sysctls.ReadValue(p)))
            {
                found(value);
            }

            string? now = node.Sysctls.ReadValue(path);
            var forecast = SysctlForecast.Of(node.Sysctls, node.Modules, [path], stop).Explain(path, now);
            foreach (string? value in (string?[])[now, forecast.BootValue, forecast.SystemValue])
            {
                found(value?.Trim().Replace('\t', ' ') ?? "");
            }
        });
    }
}
