using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Nftables;

/// <summary>nf_tables of a network namespace, read by netlink: no nft binary is needed, and its version does not matter.</summary>
/// <param name="root">Where the kernel's files are.</param>
/// <param name="inside">The namespace; null for that of the calling thread.</param>
internal sealed class LiveNftables(KernelRoot root, NetworkNamespace? inside)
{
    /// <summary>Reads what a query names; empty if nf_tables is not in the running kernel, which reading does not load.</summary>
    /// <exception cref="NodeException">The kernel refused; reading needs CAP_NET_ADMIN.</exception>
    public NftRuleset Read(NftQuery query, CancellationToken cancellation)
    {
        if (!KernelPart.IsPresent(root, "nf_tables", "nft_do_chain"))
        {
            return NftRuleset.Empty;
        }

        using var reader = new NftRulesetReader(
            () => inside?.Connect(NetlinkProtocol.Netfilter) ?? NetlinkConnection.OpenHere(NetlinkProtocol.Netfilter), cancellation);
        return reader.Read(query);
    }
}
