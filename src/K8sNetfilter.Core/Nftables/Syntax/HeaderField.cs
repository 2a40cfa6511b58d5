namespace K8sNetfilter.Nftables.Syntax;

/// <summary>From where the kernel counts the bytes of a payload: NFT_PAYLOAD_* of linux/netfilter/nf_tables.h.</summary>
internal enum HeaderBase
{
    /// <summary>The link layer's header.</summary>
    Link,

    /// <summary>The network's header.</summary>
    Network,

    /// <summary>The transport's header.</summary>
    Transport,

    /// <summary>What comes after the transport's header.</summary>
    Inner,
}

/// <summary>A field of a header, of an option or of a chunk.</summary>
/// <param name="Header">The header's or the option's name.</param>
/// <param name="Name">The field's name.</param>
/// <param name="Type">The type of its value.</param>
/// <param name="Offset">The first bit in the header, counted from the highest.</param>
/// <param name="Bits">How many bits it has.</param>
internal sealed record HeaderField(string Header, string Name, DataType Type, int Offset, int Bits)
{
    /// <summary>The order of the bytes: tcp flags and the like are read as one number.</summary>
    public ValueOrder Order { get; init; } = ValueOrder.Network;
}

/// <summary>A key of meta, ct, rt, socket or ipsec.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Number">The kernel's number.</param>
/// <param name="Type">The type of its value.</param>
/// <param name="Bits">How many bits it has; 0 if the family decides.</param>
/// <param name="Order">The order of the bytes in the register.</param>
internal sealed record SelectorKey(string Name, int Number, DataType Type, int Bits, ValueOrder Order);
