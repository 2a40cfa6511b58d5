namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Keys of ct (enum nft_ct_keys), by the kernel's numbers. Numbers are in host order unless said.</summary>
public enum NftCtKey
{
    /// <summary>The state as bits, 4 bytes: 1 invalid, 2 established, 4 related, 8 new, 64 untracked.</summary>
    State = 0,

    /// <summary>The packet's direction, 1 byte.</summary>
    Direction = 1,

    /// <summary>IPS_…, 4 bytes.</summary>
    Status = 2,

    /// <summary>The connection's mark, 4 bytes.</summary>
    Mark = 3,

    /// <summary>The connection's security mark, 4 bytes.</summary>
    SecurityMark = 4,

    /// <summary>Milliseconds until it expires, 4 bytes.</summary>
    Expiration = 5,

    /// <summary>The helper's name, 16 bytes.</summary>
    Helper = 6,

    /// <summary>NFPROTO_…, 1 byte.</summary>
    NetworkProtocol = 7,

    /// <summary>The source address of a direction, as long as the connection's family has it.</summary>
    Source = 8,

    /// <summary>The destination address of a direction.</summary>
    Destination = 9,

    /// <summary>The transport protocol, 1 byte.</summary>
    TransportProtocol = 10,

    /// <summary>The source port of a direction, 2 bytes in network order.</summary>
    SourcePort = 11,

    /// <summary>The destination port of a direction, 2 bytes in network order.</summary>
    DestinationPort = 12,

    /// <summary>The labels, 16 bytes.</summary>
    Labels = 13,

    /// <summary>Packets of a direction, or of both, 8 bytes.</summary>
    Packets = 14,

    /// <summary>Bytes of a direction, or of both, 8 bytes.</summary>
    Bytes = 15,

    /// <summary>Bytes per packet, 8 bytes.</summary>
    AveragePacket = 16,

    /// <summary>The zone, 2 bytes.</summary>
    Zone = 17,

    /// <summary>The event mask, 4 bytes (written only).</summary>
    EventMask = 18,

    /// <summary>The IPv4 source address of a direction, 4 bytes.</summary>
    SourceIPv4 = 19,

    /// <summary>The IPv4 destination address of a direction, 4 bytes.</summary>
    DestinationIPv4 = 20,

    /// <summary>The IPv6 source address of a direction, 16 bytes.</summary>
    SourceIPv6 = 21,

    /// <summary>The IPv6 destination address of a direction, 16 bytes.</summary>
    DestinationIPv6 = 22,

    /// <summary>The connection's id, 4 bytes.</summary>
    Id = 23,
}
