using K8sNetfilter.Netlink;

namespace K8sNetfilter.Nftables;

/// <summary>
/// What nft keeps for itself at a table, chain, rule, set, element or object (NFTA_…_USERDATA): items of a byte for the type, a byte for
/// the length, and the value (libnftnl/udata.h). The kernel does not look at it, so that any process may have put anything there.
/// </summary>
internal readonly ref struct NftUserData(ReadOnlySpan<byte> bytes)
{
    /// <summary>The comment's type, but for sets.</summary>
    public const int Comment = 0;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The comment of anything but a set; null if there is none.</summary>
    public static string? CommentOf(ReadOnlySpan<byte> bytes) => new NftUserData(bytes).Text(Comment);

    /// <summary>The text of a type; null if there is none.</summary>
    public string? Text(int type) => TryFind(type, out var value) ? KernelText.Decode(value) : null;

    /// <summary>The 32-bit number of a type, in host order; 0 if there is none.</summary>
    public uint Number(int type) => TryFind(type, out var value) && value.Length == 4 ? BitConverter.ToUInt32(value) : 0;

    /// <summary>Finds the value of a type.</summary>
    public bool TryFind(int type, out ReadOnlySpan<byte> value)
    {
        for (var rest = _bytes; rest.Length >= 2 && rest[1] <= rest.Length - 2; rest = rest[(2 + rest[1])..])
        {
            if (rest[0] == type)
            {
                value = rest.Slice(2, rest[1]);
                return true;
            }
        }

        value = default;
        return false;
    }
}
