using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>
/// The number that each commit to nf_tables raises (nf_tables_getgen in net/netfilter/nf_tables_api.c, since Linux 3.14).
/// </summary>
internal static class NftGeneration
{
    /// <summary>Reads it; null if the kernel does not say it.</summary>
    public static uint? Read(NetlinkConnection connection, CancellationToken cancellation)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN, 0);
        writer.Header(new NfGenMessage());
        writer.EndMessage();
        uint? generation = null;
        try
        {
            using var exchange = connection.Start(
                writer.Written, new NetlinkOperation(NftablesMessages.ReadingGeneration, NetlinkMessages.ThisNamespace), cancellation);
            while (exchange.MoveNext())
            {
                generation = exchange.Current.Type == ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN) ? Decode(exchange.Current)
                    : generation;
            }
        }
        catch (NodeException failure) when (failure.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            // A kernel from before it.
        }

        writer.Dispose();
        return generation;
    }

    private static uint? Decode(NetlinkMessage message)
    {
        foreach (var attribute in message.Attributes(NfGenMessage.Size))
        {
            if (attribute.Type == NFTA_GEN_ID)
            {
                return attribute.AsUInt32BigEndian();
            }
        }

        return null;
    }
}
