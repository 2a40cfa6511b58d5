using System.Management.Automation;
using K8sNetfilter.Completion;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Commands;

/// <summary>What the cmdlets have in common whose answer differs from one network namespace to the next.</summary>
public abstract class NetworkNodeCommand : NodeCommand
{
    private NetworkNamespace? _namespace;

    /// <summary>
    /// The network namespace to ask: its name in /run/netns, the id of a process in it (a pod's, for example), or a path such as
    /// /proc/1234/ns/net. Left out: the one that PowerShell runs in.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NetNamespaceCompleter))]
    public string? NetNamespace { get; set; }

    /// <inheritdoc/>
    protected override INode OpenNode()
    {
        if (NetNamespace is null)
        {
            return base.OpenNode();
        }

        if (!NodeRoot.IsLive)
        {
            throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.NoRunningKernel), NodeErrorCategory.InvalidArgument, "-NetNamespace", NodeRoot.Path);
        }

        _namespace ??= NetworkNamespace.Open(KernelRoot.Live, NetNamespace);
        return new LiveNode(NodeRoot, _namespace);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _namespace?.Dispose();
        }

        base.Dispose(disposing);
    }
}
