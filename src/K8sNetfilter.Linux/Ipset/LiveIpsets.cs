using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Ipset;

/// <summary>
/// The sets of a running kernel's network namespace, by netlink: ipset(8) need not be there. A kernel without ip_set has none, and is not
/// asked, since that would load it. Another root has none.
/// </summary>
internal sealed class LiveIpsets(KernelRoot root, NetworkNamespace? network) : IIpsetSource
{
    /// <inheritdoc/>
    /// <exception cref="Errors.NodeException"><c>IpsetProtocol</c>, or the kernel's refusal.</exception>
    public IpsetCatalog ReadIpsets(CancellationToken cancellation) =>
        !root.IsLive || !LiveKernel.IsThere ? IpsetCatalog.Unknown() : Ask(c => IpsetDump.Read(c, cancellation), IpsetCatalog.None);

    /// <inheritdoc/>
    public IReadOnlyList<string> ReadIpsetNames(CancellationToken cancellation) =>
        !root.IsLive || !LiveKernel.IsThere ? [] : Ask(c => IpsetDump.ReadNames(c, cancellation), []);

    private T Ask<T>(Func<NetlinkConnection, T> read, T none)
    {
        if (!KernelPart.IsPresent(root, "ip_set", "ip_set_test"))
        {
            return none;
        }

        using var connection = network?.Connect(NetlinkProtocol.Netfilter) ?? NetlinkConnection.OpenHere(NetlinkProtocol.Netfilter);
        return read(connection);
    }
}
