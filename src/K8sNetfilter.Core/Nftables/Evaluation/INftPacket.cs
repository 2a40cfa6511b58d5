using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>
/// What a rule can load of a packet. Each method fills <c>value</c> and sets the bits of <c>known</c> that it is sure of; both come zeroed
/// and as long as what is loaded.
/// </summary>
internal interface INftPacket
{
    /// <summary>IPv4 or IPv6, for a frame of neither Unspecified.</summary>
    NftFamily Family { get; }

    /// <summary>Whether the packet has an entry of conntrack (nf_ct_get).</summary>
    bool HasConnection { get; }

    /// <summary>Whether the packet is not the first of its connection: only those are offloaded.</summary>
    bool IsOfEstablished { get; }

    /// <summary>What rules before this one added to sets and deleted from them; null if nothing.</summary>
    NftEffect? Before { get; }

    /// <summary>Bytes of the packet.</summary>
    NftLoad Payload(NftPayloadBase from, int offset, Span<byte> value, Span<byte> known);

    /// <summary>What the kernel knows of it beside its bytes.</summary>
    NftLoad Meta(NftMetaKey key, Span<byte> value, Span<byte> known);

    /// <summary>What conntrack knows of it. <see cref="NftLoad.Absent"/> without an entry, but for the state.</summary>
    NftLoad Ct(NftCtKey key, NftCtDirection direction, Span<byte> value, Span<byte> known);

    /// <summary>Its route, or what its addresses are to this node.</summary>
    NftLoad Fib(NftFibResult result, NftFibFlags flags, Span<byte> value, Span<byte> known);

    /// <summary>The other loads: rt, exthdr, socket, osf, xfrm, tunnel, inner.</summary>
    NftLoad Other(NftExpression expression, Span<byte> value, Span<byte> known);
}
