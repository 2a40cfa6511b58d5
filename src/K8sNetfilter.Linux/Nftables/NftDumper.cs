using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>Dumps of nf_tables over one connection, with what is kept of expressions.</summary>
internal sealed class NftDumper(NetlinkConnection connection, NftNames names, CancellationToken cancellation)
{
    /// <summary>Takes a message of an answer.</summary>
    public delegate void Take(NetlinkMessage message);

    /// <summary>For expressions.</summary>
    public NftExpressionReader Reader { get; } = new(names);

    /// <summary>True if another process committed during a dump, or a chain or set went.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>Asks for all of a kind.</summary>
    public void Dump(int question, int answer, NftQuery query, Take take)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        writer.BeginMessage(Type(question), NetlinkFlags.Dump);
        writer.Header(new NfGenMessage((byte)query.Family));
        // Tables and chains have no such filter; in the others the table's name is the first attribute, and the kernel looks for it in one
        // family.
        if (query.Table is not null && query.Family != NftFamily.Unspecified && question is not (NFT_MSG_GETTABLE or NFT_MSG_GETCHAIN))
        {
            writer.Put(NFTA_RULE_TABLE, query.Table);
        }

        writer.EndMessage();
        try
        {
            Run(writer.Written, answer, take);
        }
        catch (NodeException failure) when (question is NFT_MSG_GETOBJ or NFT_MSG_GETFLOWTABLE
            && failure.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            // Kernels before 4.10 have no objects and those before 4.16 no flowtables.
        }

        writer.Dispose();
    }

    /// <summary>Asks for what is in one chain or set.</summary>
    public void Each(
        int question, int answer, NftFamily family, string table, int tableType, int nameType, string name, bool isLast, Take take)
    {
        var writer = new NetlinkWriter(stackalloc byte[640]);
        writer.BeginMessage(Type(question), NetlinkFlags.Dump);
        writer.Header(new NfGenMessage((byte)family));
        writer.Put(tableType, table);
        writer.Put(nameType, name);
        writer.EndMessage();
        try
        {
            Run(writer.Written, answer, take);
        }
        catch (NodeException failure) when (isLast && failure.Errno == Errno.ENOENT)
        {
            // It went while it was read, at the last try too.
            IsInterrupted = true;
        }

        writer.Dispose();
    }

    private void Run(Span<byte> request, int answer, Take take)
    {
        using var exchange = connection.Start(request, new NetlinkOperation(NftablesMessages.ReadingRuleset,
            NetlinkMessages.ThisNamespace), cancellation);
        while (exchange.MoveNext())
        {
            if (exchange.Current.Type == Type(answer))
            {
                take(exchange.Current);
            }
        }

        IsInterrupted |= exchange.IsInterrupted;
    }

    private static ushort Type(int message) => (ushort)((NFNL_SUBSYS_NFTABLES << 8) | message);
}
