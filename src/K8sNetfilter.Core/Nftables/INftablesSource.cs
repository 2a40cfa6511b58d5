using K8sNetfilter.Addressing;

namespace K8sNetfilter.Nftables;

/// <summary>A node's native nf_tables tables.</summary>
public interface INftablesSource
{
    /// <summary>Reads a table as <c>nft -j list table</c> prints it: UTF-8 JSON, libnftables-json(5).</summary>
    /// <param name="family">The family: <c>ip</c> or <c>ip6</c>.</param>
    /// <param name="name">The table's name.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The table; null if the node has no such table or does not say.</returns>
    ReadOnlyMemory<byte>? ReadNftTable(IPFamily family, string name, CancellationToken cancellation);

    /// <summary>Reads all tables, those of iptables-nft too, as the kernel's own expressions.</summary>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The tables; null if the node does not say.</returns>
    NftRuleset? ReadNftRuleset(CancellationToken cancellation) => null;
}
