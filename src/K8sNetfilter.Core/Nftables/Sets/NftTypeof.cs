using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables.Sets;

/// <summary>
/// What a set's keys or data are of (<c>typeof ip saddr</c>), as nft notes it for itself in a set's userdata (NFTNL_UDATA_SET_KEY_TYPEOF).
/// </summary>
/// <param name="Kind">The kind of nft's expression (enum expr_types): payload, exthdr, meta, ct, concatenation …</param>
/// <param name="Details">Its own attributes, each of a byte for the type, a byte for the length, and the value.</param>
public sealed record NftTypeof(uint Kind, NftData Details);
