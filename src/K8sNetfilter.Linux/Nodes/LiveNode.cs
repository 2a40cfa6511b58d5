using K8sNetfilter.IO;
using K8sNetfilter.Modules;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Nodes;

/// <summary>This machine, or a file system that is mounted on it: every answer is read when it is asked for.</summary>
public sealed class LiveNode : INode
{
    /// <summary>Makes a node. Nothing is read yet.</summary>
    /// <param name="root">Where the node's files are.</param>
    public LiveNode(KernelRoot root)
    {
        Root = root;
    }

    /// <summary>Where the node's files are.</summary>
    public KernelRoot Root { get; }

    /// <inheritdoc/>
    public string Description => IsLive ? "this node" : Root.Path;

    /// <inheritdoc/>
    public bool IsLive => Root.IsLive;

    /// <inheritdoc/>
    public IModuleSource Modules => throw new NotImplementedException();

    /// <inheritdoc/>
    public ISysctlSource Sysctls => throw new NotImplementedException();
}
