using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Objects;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;

namespace K8sNetfilter.Nftables;

/// <summary>Reads messages about objects (nf_tables_fill_obj_info in net/netfilter/nf_tables_api.c).</summary>
internal static class NftObjectReader
{
    private const int MostStates = 32;

    /// <summary>Reads an object.</summary>
    /// <param name="message">The message.</param>
    /// <param name="reader">For its state.</param>
    /// <param name="table">The name of its table.</param>
    public static NftObject Read(NetlinkMessage message, NftExpressionReader reader, out string table)
    {
        table = "";
        string name = "";
        uint type = 0;
        ulong handle = 0;
        string? comment = null;
        ReadOnlySpan<byte> data = default;
        foreach (var attribute in message.Attributes(NfGenMessage.Size))
        {
            switch (attribute.Type)
            {
                case NFTA_OBJ_TABLE:
                    table = reader.Names.Of(attribute.Payload);
                    break;
                case NFTA_OBJ_NAME:
                    name = reader.Names.Of(attribute.Payload);
                    break;
                case NFTA_OBJ_TYPE:
                    type = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_OBJ_DATA:
                    data = attribute.Payload;
                    break;
                case NFTA_OBJ_HANDLE:
                    handle = attribute.AsUInt64BigEndian();
                    break;
                case NFTA_OBJ_USERDATA:
                    comment = NftUserData.CommentOf(attribute.Payload);
                    break;
            }
        }

        var read = State(name, (NftObjectType)type, data, reader) ?? new RawObject(name, (NftObjectType)type, reader.Store.Keep(data));
        return read with { Handle = handle, Comment = comment };
    }

    private static NftObject? State(string name, NftObjectType type, ReadOnlySpan<byte> data, NftExpressionReader reader) => type switch
    {
        NftObjectType.Counter => Stateful(name, type, "counter"u8, data, reader),
        NftObjectType.Quota => Stateful(name, type, "quota"u8, data, reader),
        NftObjectType.Limit => Stateful(name, type, "limit"u8, data, reader),
        NftObjectType.Connlimit => Stateful(name, type, "connlimit"u8, data, reader),
        NftObjectType.Synproxy => Stateful(name, type, "synproxy"u8, data, reader),
        NftObjectType.CtHelper => Helper(name, data, reader),
        NftObjectType.CtTimeout => Timeout(name, data),
        NftObjectType.CtExpectation => Expectation(name, data),
        NftObjectType.Secmark => Secmark(name, data),
        _ => null,
    };

    private static StatefulObject? Stateful(string name, NftObjectType type, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> data,
        NftExpressionReader reader) =>
        NftStatementReader.Read(kind, data, reader) is { } state ? new StatefulObject(name, type, state) : null;

    private static CtHelperObject? Helper(string name, ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_CT_HELPER_NAME, NFTA_CT_HELPER_L3PROTO, NFTA_CT_HELPER_L4PROTO));
        string helper = reader.Names.Of(f.Bytes(NFTA_CT_HELPER_NAME));
        var made = new CtHelperObject(name, helper, (NftFamily)f.UInt16(NFTA_CT_HELPER_L3PROTO), f.Byte(NFTA_CT_HELPER_L4PROTO));
        return f.IsValid ? made : null;
    }

    private static CtTimeoutObject? Timeout(string name, ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_CT_TIMEOUT_L3PROTO, NFTA_CT_TIMEOUT_L4PROTO, NFTA_CT_TIMEOUT_DATA));
        uint[] states = new uint[MostStates];
        int count = 0;
        foreach (var state in new NetlinkAttributes(f.Bytes(NFTA_CT_TIMEOUT_DATA)))
        {
            if (state.Type is < 1 or > MostStates)
            {
                return null;
            }

            states[state.Type - 1] = state.AsUInt32BigEndian();
            count = Math.Max(count, state.Type);
        }

        var made = new CtTimeoutObject(name, (NftFamily)f.UInt16(NFTA_CT_TIMEOUT_L3PROTO), f.Byte(NFTA_CT_TIMEOUT_L4PROTO),
            states[..count]);
        return f.IsValid ? made : null;
    }

    private static CtExpectationObject? Expectation(string name, ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(
            NFTA_CT_EXPECT_L3PROTO, NFTA_CT_EXPECT_L4PROTO, NFTA_CT_EXPECT_DPORT, NFTA_CT_EXPECT_TIMEOUT, NFTA_CT_EXPECT_SIZE));
        // The timeout is in the host's order here, in milliseconds.
        var timeout = f.Bytes(NFTA_CT_EXPECT_TIMEOUT);
        var made = new CtExpectationObject(
            name, (NftFamily)f.UInt16(NFTA_CT_EXPECT_L3PROTO), f.Byte(NFTA_CT_EXPECT_L4PROTO), f.UInt16(NFTA_CT_EXPECT_DPORT),
            NftTime.FromMilliseconds(timeout.Length == 4 ? BitConverter.ToUInt32(timeout) : 0), f.Byte(NFTA_CT_EXPECT_SIZE));
        return f.IsValid ? made : null;
    }

    private static SecmarkObject? Secmark(string name, ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_SECMARK_CTX));
        return f.IsValid ? new SecmarkObject(name, KernelText.Decode(f.Bytes(NFTA_SECMARK_CTX))) : null;
    }
}
