using System.Buffers.Binary;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Expressions;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>Reads data (enum nft_data_attributes): a value of up to 64 bytes or a verdict.</summary>
internal static class NftDataReader
{
    private const int NFT_DATA_VALUE_MAXLEN = 64;

    /// <summary>Reads a value, in place. False if it is none.</summary>
    public static bool TryValue(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> value)
    {
        value = default;
        bool found = false;
        foreach (var part in new NetlinkAttributes(data))
        {
            if (part.Type != NFTA_DATA_VALUE)
            {
                return false;
            }

            value = part.Payload;
            found = value.Length <= NFT_DATA_VALUE_MAXLEN;
        }

        return found;
    }

    /// <summary>Reads a verdict. False if it is none.</summary>
    public static bool TryVerdict(ReadOnlySpan<byte> data, NftNames names, out NftVerdict verdict)
    {
        verdict = default;
        bool found = false;
        foreach (var part in new NetlinkAttributes(data))
        {
            if (part.Type != NFTA_DATA_VERDICT)
            {
                return false;
            }

            string? chain = null;
            foreach (var detail in part.Children)
            {
                if (detail.Type == NFTA_VERDICT_CODE && detail.Payload.Length == 4)
                {
                    verdict = new NftVerdict((NftVerdictCode)BinaryPrimitives.ReadInt32BigEndian(detail.Payload));
                    found = true;
                }
                else if (detail.Type == NFTA_VERDICT_CHAIN)
                {
                    chain = names.Of(detail.Payload);
                }
            }

            verdict = new NftVerdict(verdict.Code, chain);
        }

        return found;
    }
}
