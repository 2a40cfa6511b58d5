using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Sets;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>Reads messages with elements of one set into columns (nf_tables_fill_setelem in net/netfilter/nf_tables_api.c).</summary>
internal static class NftElementReader
{
    /// <summary>The most elements that are read of one set.</summary>
    public const int Most = 1 << 25;

    /// <summary>Reads a message, of which there are several for a large set.</summary>
    public static void Read(NetlinkMessage message, NftSetParts set, NftElementsBuilder into, NftExpressionReader reader)
    {
        foreach (var attribute in message.Attributes(NfGenMessage.Size))
        {
            if (attribute.Type != NFTA_SET_ELEM_LIST_ELEMENTS)
            {
                continue;
            }

            foreach (var element in attribute.Children)
            {
                if (element.Type == NFTA_LIST_ELEM)
                {
                    ReadOne(element.Children, set, into, reader);
                }
            }
        }
    }

    private static void ReadOne(NetlinkAttributes element, NftSetParts set, NftElementsBuilder into, NftExpressionReader reader)
    {
        ReadOnlySpan<byte> key = default, data = default;
        var flags = NftElementFlags.None;
        bool hasData = false, hasMore = false;
        foreach (var part in element)
        {
            switch (part.Type)
            {
                case NFTA_SET_ELEM_KEY:
                    key = Value(part);
                    break;
                case NFTA_SET_ELEM_DATA:
                    data = part.Payload;
                    hasData = true;
                    break;
                case NFTA_SET_ELEM_FLAGS:
                    flags = (NftElementFlags)part.AsUInt32BigEndian();
                    break;
                default:
                    hasMore = true;
                    break;
            }
        }

        if (key.Length != set.KeyLength && !(key.IsEmpty && (flags & NftElementFlags.CatchAll) != 0))
        {
            throw NetlinkFailure.Malformed(NftablesMessages.KeyLength(key.Length, set.KeyLength));
        }

        if (into.Count >= Most)
        {
            throw NetlinkFailure.Malformed(NftablesMessages.TooManyElements(Most));
        }

        into.Add(key, flags);
        if (hasData)
        {
            ReadData(data, set, into, reader);
        }

        if (hasMore)
        {
            ReadMore(element, set, into, reader);
        }
    }

    private static ReadOnlySpan<byte> Value(NetlinkAttribute attribute) =>
        NftDataReader.TryValue(attribute.Payload, out var value) ? value : throw NetlinkFailure.Malformed(NftablesMessages.KeyIsNoValue);

    private static void ReadData(ReadOnlySpan<byte> data, NftSetParts set, NftElementsBuilder into, NftExpressionReader reader)
    {
        if (set.DataType == NftSet.VerdictType)
        {
            if (NftDataReader.TryVerdict(data, reader.Names, out var verdict))
            {
                into.Verdict(verdict);
            }
        }
        else if ((set.Flags & NftSetFlags.Map) != 0 && NftDataReader.TryValue(data, out var value) && value.Length == set.DataLength)
        {
            into.Data(value);
        }
    }

    private static void ReadMore(NetlinkAttributes element, NftSetParts set, NftElementsBuilder into, NftExpressionReader reader)
    {
        foreach (var part in element)
        {
            switch (part.Type)
            {
                case NFTA_SET_ELEM_KEY_END when Value(part) is { } end && end.Length == set.KeyLength:
                    into.KeyEnd(end);
                    break;
                case NFTA_SET_ELEM_OBJREF:
                    into.MapsTo(reader.Names.Of(part.Payload));
                    break;
                case NFTA_SET_ELEM_TIMEOUT:
                    into.Timeout(NftTime.FromMilliseconds(part.AsUInt64BigEndian()));
                    break;
                case NFTA_SET_ELEM_EXPIRATION:
                    into.Expiration(NftTime.FromMilliseconds(part.AsUInt64BigEndian()));
                    break;
                case NFTA_SET_ELEM_EXPR:
                    into.Expressions([reader.Read(part.Payload)]);
                    break;
                case NFTA_SET_ELEM_EXPRESSIONS:
                    into.Expressions(reader.ReadList(part.Children));
                    break;
                case NFTA_SET_ELEM_USERDATA when NftUserData.CommentOf(part.Payload) is { } comment:
                    into.Comment(comment);
                    break;
            }
        }
    }
}
