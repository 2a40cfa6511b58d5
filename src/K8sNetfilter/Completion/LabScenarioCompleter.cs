using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Net.Sockets;
using K8sNetfilter.Diagnosis.Lab;

namespace K8sNetfilter.Completion;

/// <summary>Completes the names of the lab's scenarios.</summary>
public sealed class LabScenarioCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        WordCompletion.Complete(LabScenario.Defaults(AddressFamily.InterNetwork, ProtocolType.Tcp).Select(s => s.Name), wordToComplete);
}
