using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>What a rule changes; a list, newest first.</summary>
/// <param name="Kind">What.</param>
/// <param name="Key">The key of meta or ct, or the base of the payload.</param>
/// <param name="Offset">Of the payload, in bytes; of a zone, the direction; of a set, what is done.</param>
/// <param name="Value">The value, or the key of the set's element.</param>
/// <param name="Known">Which bits of it are known.</param>
/// <param name="Set">The set; null for other changes.</param>
/// <param name="Previous">What was changed before; null if nothing.</param>
internal sealed record NftEffect(
    NftEffectKind Kind, int Key, int Offset, NftData Value, NftData Known, NftSet? Set, NftEffect? Previous);

/// <summary>Kinds of changes.</summary>
internal enum NftEffectKind
{
    /// <summary>meta … set.</summary>
    Meta,

    /// <summary>ct … set.</summary>
    Ct,

    /// <summary>The packet's bytes.</summary>
    Payload,

    /// <summary>notrack of a packet without an entry.</summary>
    Notrack,

    /// <summary>An element is added to a set or deleted from it.</summary>
    Element,

    /// <summary>A local transparent socket has the packet (tproxy).</summary>
    Socket,
}
