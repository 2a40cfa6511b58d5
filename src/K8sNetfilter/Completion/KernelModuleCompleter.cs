using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Completion;

/// <summary>
/// Completes the modules of the node that the command line names: for Disable-KernelModule what is loaded or named at boot, for the others also
/// what is installed or built in. A name can be typed with - or _.
/// </summary>
public sealed class KernelModuleCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        NodeCompletion.Complete(
            fakeBoundParameters,
            wordToComplete,
            (node, found, _) =>
            {
                var report = new ModuleReport(node.Modules);
                foreach (string name in (commandName == "Disable-KernelModule" ? report.LoadedOrNamed : report.Known).Where(ModuleName.IsValid))
                {
                    found(name);
                }
            },
            stem: ModuleName.Normalize);
}
