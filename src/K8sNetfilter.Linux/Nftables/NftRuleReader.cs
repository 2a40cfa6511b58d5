using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Expressions;
using static K8sNetfilter.Interop.Netlink.NfTables;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;

namespace K8sNetfilter.Nftables;

/// <summary>Reads messages about rules (nf_tables_fill_rule_info in net/netfilter/nf_tables_api.c).</summary>
internal static class NftRuleReader
{
    /// <summary>Reads a rule.</summary>
    /// <param name="message">The message.</param>
    /// <param name="reader">For its expressions.</param>
    /// <param name="table">The name of its table, in the message.</param>
    /// <param name="chain">The name of its chain, in the message.</param>
    public static NftRule Read(NetlinkMessage message, NftExpressionReader reader, out ReadOnlySpan<byte> table,
        out ReadOnlySpan<byte> chain)
    {
        table = chain = default;
        ulong handle = 0, position = 0;
        string? comment = null;
        NftExpression[] expressions = [];
        foreach (var attribute in message.Attributes(NfGenMessage.Size))
        {
            switch (attribute.Type)
            {
                case NFTA_RULE_TABLE:
                    table = attribute.Payload;
                    break;
                case NFTA_RULE_CHAIN:
                    chain = attribute.Payload;
                    break;
                case NFTA_RULE_HANDLE:
                    handle = attribute.AsUInt64BigEndian();
                    break;
                case NFTA_RULE_POSITION:
                    position = attribute.AsUInt64BigEndian();
                    break;
                case NFTA_RULE_EXPRESSIONS:
                    expressions = reader.ReadList(attribute.Children);
                    break;
                case NFTA_RULE_USERDATA:
                    comment = NftUserData.CommentOf(attribute.Payload);
                    break;
            }
        }

        return new NftRule(handle, expressions, comment) { Position = position };
    }
}
