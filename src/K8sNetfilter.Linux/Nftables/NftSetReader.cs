using System.Buffers.Binary;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Sets;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;

namespace K8sNetfilter.Nftables;

/// <summary>Reads messages about sets (nf_tables_fill_set in net/netfilter/nf_tables_api.c), without their elements.</summary>
internal static class NftSetReader
{
    private const int MostFields = 16;

    // Items of userdata (libnftnl/udata.h).
    private const int KeyByteOrder = 0;
    private const int DataByteOrder = 1;
    private const int MergeElements = 2;
    private const int KeyTypeof = 3;
    private const int DataTypeof = 4;
    private const int DataInterval = 6;
    private const int SetComment = 7;

    /// <summary>Reads a set.</summary>
    public static NftSetParts Read(NetlinkMessage message, NftExpressionReader reader)
    {
        var set = new NftSetParts { Family = NftTableReader.Family(message) };
        foreach (var attribute in message.Attributes(NfGenMessage.Size))
        {
            switch (attribute.Type)
            {
                case NFTA_SET_TABLE:
                    set.Table = reader.Names.Of(attribute.Payload);
                    break;
                case NFTA_SET_NAME:
                    set.Name = reader.Names.Of(attribute.Payload);
                    break;
                case NFTA_SET_TIMEOUT:
                    set.Timeout = NftTime.FromMilliseconds(attribute.AsUInt64BigEndian());
                    break;
                case NFTA_SET_HANDLE:
                    set.Handle = attribute.AsUInt64BigEndian();
                    break;
                case NFTA_SET_DESC:
                    ReadDescription(attribute, set);
                    break;
                case NFTA_SET_EXPR:
                    set.Expressions = [reader.Read(attribute.Payload)];
                    break;
                case NFTA_SET_EXPRESSIONS:
                    set.Expressions = reader.ReadList(attribute.Children);
                    break;
                case NFTA_SET_USERDATA:
                    ReadUserData(attribute.Payload, set, reader);
                    break;
                default:
                    ReadNumber(attribute, set);
                    break;
            }
        }

        return set;
    }

    private static void ReadNumber(NetlinkAttribute attribute, NftSetParts set)
    {
        switch (attribute.Type)
        {
            case NFTA_SET_FLAGS:
                set.Flags = (NftSetFlags)attribute.AsUInt32BigEndian();
                break;
            case NFTA_SET_KEY_TYPE:
                set.KeyType = attribute.AsUInt32BigEndian();
                break;
            case NFTA_SET_KEY_LEN:
                set.KeyLength = attribute.AsUInt32BigEndian();
                break;
            case NFTA_SET_DATA_TYPE:
                set.DataType = attribute.AsUInt32BigEndian();
                break;
            case NFTA_SET_DATA_LEN:
                set.DataLength = attribute.AsUInt32BigEndian();
                break;
            case NFTA_SET_OBJ_TYPE:
                set.ObjectType = attribute.AsUInt32BigEndian();
                break;
            case NFTA_SET_POLICY:
                set.IsForMemory = attribute.AsUInt32BigEndian() == 1;
                break;
            case NFTA_SET_ID:
                set.Id = attribute.AsUInt32BigEndian();
                break;
            case NFTA_SET_GC_INTERVAL:
                set.GcInterval = NftTime.FromMilliseconds(attribute.AsUInt32BigEndian());
                break;
        }
    }

    private static void ReadDescription(NetlinkAttribute description, NftSetParts set)
    {
        foreach (var part in description.Children)
        {
            if (part.Type == NFTA_SET_DESC_SIZE)
            {
                set.Size = part.AsUInt32BigEndian();
            }
            else if (part.Type == NFTA_SET_DESC_CONCAT)
            {
                set.FieldLengths = Fields(part);
            }
        }
    }

    private static byte[] Fields(NetlinkAttribute list)
    {
        Span<byte> fields = stackalloc byte[MostFields];
        int count = 0;
        foreach (var element in list.Children)
        {
            foreach (var field in element.Children)
            {
                if (field.Type == NFTA_SET_FIELD_LEN && count < MostFields)
                {
                    fields[count++] = (byte)Math.Min(field.AsUInt32BigEndian(), byte.MaxValue);
                }
            }
        }

        return fields[..count].ToArray();
    }

    private static void ReadUserData(ReadOnlySpan<byte> bytes, NftSetParts set, NftExpressionReader reader)
    {
        var data = new NftUserData(bytes);
        set.KeyByteOrder = Order(data.Number(KeyByteOrder));
        set.DataByteOrder = Order(data.Number(DataByteOrder));
        set.MergesElements = data.Number(MergeElements) != 0;
        set.DataIsInterval = data.Number(DataInterval) != 0;
        set.KeyTypeof = Typeof(data, KeyTypeof, reader);
        set.DataTypeof = Typeof(data, DataTypeof, reader);
        set.Comment = data.Text(SetComment);
    }

    private static NftByteOrder Order(uint number) => number is 1 or 2 ? (NftByteOrder)number : NftByteOrder.Unknown;

    private static NftTypeof? Typeof(NftUserData data, int type, NftExpressionReader reader)
    {
        if (!data.TryFind(type, out var bytes))
        {
            return null;
        }

        // The kind of the expression and its own items (NFTNL_UDATA_SET_TYPEOF_EXPR, _DATA).
        var inner = new NftUserData(bytes);
        return inner.TryFind(0, out var kind) && kind.Length == 4 && inner.TryFind(1, out var details)
            ? new NftTypeof(BinaryPrimitives.ReadUInt32LittleEndian(kind), reader.Store.Keep(details)) : null;
    }
}
