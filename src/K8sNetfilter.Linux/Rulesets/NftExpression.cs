using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Rulesets;

/// <summary>One expression of a rule of nf_tables, as a message has it: its name and its own attributes.</summary>
internal static class NftExpression
{
    /// <summary>Reads an element of NFTA_RULE_EXPRESSIONS.</summary>
    /// <returns>False for an expression without attributes of its own.</returns>
    public static bool TryRead(NetlinkAttribute element, out ReadOnlySpan<byte> name, out NetlinkAttribute data)
    {
        name = default;
        data = default;
        bool hasData = false;
        foreach (var part in element.Children)
        {
            if (part.Type == NFTA_EXPR_NAME)
            {
                name = part.Payload.TrimEnd((byte)0);
            }
            else if (part.Type == NFTA_EXPR_DATA)
            {
                data = part;
                hasData = true;
            }
        }

        return hasData;
    }
}
