using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;
using K8sNetfilter.Surface;

namespace K8sNetfilter.Completion;

/// <summary>Completes the ports of Services: of that which the command line names by its name or address, else of all.</summary>
public sealed class ServicePortCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string? address = Bound("Destination", "ServiceIP");
        string? name = Bound("Service", "Name");
        string? space = Bound("Namespace");
        void Tell(IReadOnlyList<NodeService> services, Action<string> found)
        {
            var asked = name is null && space is null ? AskedService.Every : new AskedService(name is null ? null : [name], space, null, 0, []);
            foreach (var service in services.Where(s => (address is null || s.IP == address) && asked.Covers(s)))
            {
                found(service.Port.ToString(CultureInfo.InvariantCulture));
            }
        }

        string? Bound(params string[] parameters) => parameters.Select(p => fakeBoundParameters?[p] is { } value && value is not object[] ? value.ToString() : null)
            .FirstOrDefault(v => !string.IsNullOrEmpty(v));

        return NodeCompletion.Complete(
            fakeBoundParameters,
            wordToComplete,
            (node, found, stop) => Tell(NodeServices.Read(node, [], _ => { }, stop) ?? [], found),
            (file, found, stop) => Tell(ServiceFile.Read(file, [], new RulesetParserOptions { IsTranscript = true, OnProblem = _ => { } }, stop), found));
    }
}
