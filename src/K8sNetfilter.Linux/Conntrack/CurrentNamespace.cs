using K8sNetfilter.IO;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Conntrack;

/// <summary>The network namespace of the thread that asks.</summary>
internal sealed class CurrentNamespace(KernelRoot root) : IConntrackNamespace
{
    /// <inheritdoc/>
    public NetlinkConnection Connect() => NetlinkConnection.OpenHere(NetlinkProtocol.Netfilter);

    /// <inheritdoc/>
    public Stream OpenFile(string path) => File.OpenRead(root.Resolve(path));

    /// <inheritdoc/>
    public bool Exists(string path) => Path.Exists(root.Resolve(path));
}
