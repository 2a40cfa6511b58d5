using System.Buffers.Binary;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// Tables, chains and rules of nf_tables that the kernel takes as one change, all or nothing, nft(8). No binary is needed for it.
/// </summary>
internal sealed class NfBatch
{
    private delegate void Message(ref NetlinkWriter writer);

    private readonly List<Message> _messages = [];
    private readonly NfFamily _family;
    private readonly string _table;

    /// <summary>Starts a change of one table.</summary>
    /// <param name="family">The table's family.</param>
    /// <param name="table">The table's name.</param>
    internal NfBatch(NfFamily family, string table)
    {
        _family = family;
        _table = table;
    }

    /// <summary>Makes the table; it may be there already.</summary>
    internal NfBatch AddTable() =>
        Add(NFT_MSG_NEWTABLE, NetlinkFlags.Create, (ref NetlinkWriter writer) => writer.Put(NFTA_TABLE_NAME, _table));

    /// <summary>Deletes the table and all in it.</summary>
    internal NfBatch DeleteTable() => Add(NFT_MSG_DELTABLE, 0, (ref NetlinkWriter writer) => writer.Put(NFTA_TABLE_NAME, _table));

    /// <summary>Makes a chain that other chains jump to.</summary>
    internal NfBatch AddChain(string chain) =>
        Add(NFT_MSG_NEWCHAIN, NetlinkFlags.Create, (ref NetlinkWriter writer) =>
        {
            writer.Put(NFTA_CHAIN_TABLE, _table);
            writer.Put(NFTA_CHAIN_NAME, chain);
        });

    /// <summary>Makes a chain that the kernel calls.</summary>
    /// <param name="chain">Its name.</param>
    /// <param name="type"><c>filter</c>, <c>nat</c> or <c>route</c>.</param>
    /// <param name="hook">Where it is called.</param>
    /// <param name="priority">When among the others there: -100 for destination NAT, 0 for filters, 100 for source NAT.</param>
    /// <param name="accepts">Its policy: lets through what no rule decides, or drops it.</param>
    internal NfBatch AddBaseChain(string chain, string type, NfHook hook, int priority, bool accepts = true) =>
        Add(NFT_MSG_NEWCHAIN, NetlinkFlags.Create, (ref NetlinkWriter writer) =>
        {
            writer.Put(NFTA_CHAIN_TABLE, _table);
            writer.Put(NFTA_CHAIN_NAME, chain);
            int nested = writer.BeginNested(NFTA_CHAIN_HOOK);
            writer.PutBigEndian(NFTA_HOOK_HOOKNUM, (int)hook);
            writer.PutBigEndian(NFTA_HOOK_PRIORITY, priority);
            writer.EndNested(nested);
            writer.PutBigEndian(NFTA_CHAIN_POLICY, accepts ? NF_ACCEPT : NF_DROP);
            writer.Put(NFTA_CHAIN_TYPE, type);
        });

    /// <summary>Appends a rule.</summary>
    internal NfBatch AddRule(string chain, Action<NfRule> build)
    {
        var rule = new NfRule(_family);
        build(rule);
        return Add(NFT_MSG_NEWRULE, NetlinkFlags.Create | NetlinkFlags.Append, (ref NetlinkWriter writer) =>
        {
            writer.Put(NFTA_RULE_TABLE, _table);
            writer.Put(NFTA_RULE_CHAIN, chain);
            int nested = writer.BeginNested(NFTA_RULE_EXPRESSIONS);
            rule.Write(ref writer);
            writer.EndNested(nested);
        });
    }

    /// <summary>Makes the change in a namespace.</summary>
    /// <exception cref="NetlinkException">The kernel refused, and nothing was changed.</exception>
    internal void Commit(NetworkNamespace inside, CancellationToken cancellation = default)
    {
        using var connection = inside.Connect(NetlinkProtocol.Netfilter);
        Commit(connection, inside.Name, cancellation);
    }

    /// <summary>Makes the change over a connection of the Netfilter family.</summary>
    internal void Commit(NetlinkConnection connection, string subject, CancellationToken cancellation = default)
    {
        var writer = new NetlinkWriter(stackalloc byte[2048]);
        try
        {
            Edge(ref writer, NFNL_MSG_BATCH_BEGIN);
            foreach (var message in _messages)
            {
                message(ref writer);
            }

            Edge(ref writer, NFNL_MSG_BATCH_END);
            connection.ExecuteBatch(writer.Written, new NetlinkOperation(RulesetMessages.ChangingRules, subject), cancellation);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void Edge(ref NetlinkWriter writer, int type)
    {
        writer.BeginMessage((ushort)type, 0);
        // res_id names the subsystem, in network byte order.
        writer.Header(new NfGenMessage { version = NFNETLINK_V0,
            res_id = BinaryPrimitives.ReverseEndianness((ushort)NFNL_SUBSYS_NFTABLES) });
        writer.EndMessage();
    }

    private NfBatch Add(int type, ushort flags, Message attributes)
    {
        _messages.Add((ref NetlinkWriter writer) =>
        {
            writer.BeginMessage((ushort)((NFNL_SUBSYS_NFTABLES << 8) | type), flags);
            writer.Header(new NfGenMessage { nfgen_family = (byte)_family, version = NFNETLINK_V0 });
            attributes(ref writer);
            writer.EndMessage();
        });
        return this;
    }
}
