using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Conntrack;

/// <summary>A network namespace that is held open.</summary>
internal sealed class PinnedNamespace(KernelRoot root, NetworkNamespace inside) : IConntrackNamespace
{
    /// <inheritdoc/>
    public NetlinkConnection Connect() => inside.Connect(NetlinkProtocol.Netfilter);

    /// <inheritdoc/>
    // /proc/sys/net and /proc/thread-self/net are chosen when the file is opened, so that any thread may read on.
    public Stream OpenFile(string path) => inside.Run(() => File.OpenRead(root.Resolve(path)));

    /// <inheritdoc/>
    public bool Exists(string path) => inside.Run(() => Path.Exists(root.Resolve(path)));
}
