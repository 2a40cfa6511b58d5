using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Completion;

/// <summary>
/// Completes the node's own modules: for Disable-KernelModule what is loaded or named at boot, for the others also what is installed or built
/// in. A name can be typed with - or _.
/// </summary>
public sealed class KernelModuleCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            var root = fakeBoundParameters?["Root"] is string path ? new KernelRoot(path) : KernelRoot.Live;
            var report = new ModuleReport(new LiveNode(root).Modules);
            string start = ModuleName.Normalize((wordToComplete ?? "").Trim('\'', '"'));
            return (commandName == "Disable-KernelModule" ? report.LoadedOrNamed : report.Known)
                .Where(name => ModuleName.IsValid(name) && name.StartsWith(start, StringComparison.OrdinalIgnoreCase))
                .Select(name => new CompletionResult(name))
                .ToList();
        }
        catch (NodeException)
        {
            // Completion shows no errors.
            return [];
        }
    }
}
