using System.Collections;
using System.Management.Automation;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Completion;

/// <summary>Completes names of links in the network namespace that the command line names so far.</summary>
internal static class BridgeCompletion
{
    internal static IEnumerable<CompletionResult> Complete(
        string wordToComplete, IDictionary fakeBoundParameters, Func<IReadOnlyList<Link>, IEnumerable<Link>> select)
    {
        if (!OperatingSystem.IsLinux() || fakeBoundParameters?.Contains("Root") == true)
        {
            return [];
        }

        try
        {
            using var space = fakeBoundParameters?["NetNamespace"] is { } named
                ? NetworkNamespace.Open(KernelRoot.Live, named.ToString() ?? "") : NetworkNamespace.OpenCurrent();
            var links = new LiveNode(KernelRoot.Live, space).Links.ReadLinks(_ => { }, CancellationToken.None) ?? [];
            return [.. WordCompletion.Complete(select(links).Select(l => l.Name), wordToComplete)];
        }
        catch (Exception e) when (e is NodeException or ArgumentException)
        {
            // Completion shows no errors.
            return [];
        }
    }
}
