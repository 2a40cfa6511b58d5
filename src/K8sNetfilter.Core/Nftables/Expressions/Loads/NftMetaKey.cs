namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Keys of meta (enum nft_meta_keys), by the kernel's numbers. Numbers are in host order unless said.</summary>
public enum NftMetaKey
{
    /// <summary>The packet's length, 4 bytes.</summary>
    Length = 0,

    /// <summary>The EtherType, 2 bytes in network order.</summary>
    Protocol = 1,

    /// <summary>tc's class, 4 bytes.</summary>
    Priority = 2,

    /// <summary>The mark, 4 bytes.</summary>
    Mark = 3,

    /// <summary>The index of the device that it came in by, 4 bytes.</summary>
    InputInterface = 4,

    /// <summary>The index of the device that it goes out by, 4 bytes.</summary>
    OutputInterface = 5,

    /// <summary>The name of the device that it came in by, 16 bytes padded with NUL.</summary>
    InputName = 6,

    /// <summary>The name of the device that it goes out by, 16 bytes padded with NUL.</summary>
    OutputName = 7,

    /// <summary>The type of the device that it came in by (ARPHRD_…), 2 bytes.</summary>
    InputType = 8,

    /// <summary>The type of the device that it goes out by (ARPHRD_…), 2 bytes.</summary>
    OutputType = 9,

    /// <summary>The socket owner's user id, 4 bytes.</summary>
    SocketUser = 10,

    /// <summary>The socket owner's group id, 4 bytes.</summary>
    SocketGroup = 11,

    /// <summary>Whether it is traced, 1 byte.</summary>
    Trace = 12,

    /// <summary>The route's realm, 4 bytes.</summary>
    RouteClass = 13,

    /// <summary>The security mark, 4 bytes.</summary>
    SecurityMark = 14,

    /// <summary>NFPROTO_…, 1 byte: 2 for IPv4, 10 for IPv6.</summary>
    NetfilterProtocol = 15,

    /// <summary>The transport protocol, 1 byte.</summary>
    TransportProtocol = 16,

    /// <summary>The name of the bridge of the device that it came in by, 16 bytes.</summary>
    BridgeInputName = 17,

    /// <summary>The name of the bridge of the device that it goes out by, 16 bytes.</summary>
    BridgeOutputName = 18,

    /// <summary>PACKET_HOST, PACKET_BROADCAST …, 1 byte.</summary>
    PacketType = 19,

    /// <summary>The processor, 4 bytes.</summary>
    Cpu = 20,

    /// <summary>The group of the device that it came in by, 4 bytes.</summary>
    InputGroup = 21,

    /// <summary>The group of the device that it goes out by, 4 bytes.</summary>
    OutputGroup = 22,

    /// <summary>net_cls's class of the socket, 4 bytes.</summary>
    Cgroup = 23,

    /// <summary>A number by chance, 4 bytes.</summary>
    Random = 24,

    /// <summary>Whether it came through IPsec, 1 byte.</summary>
    SecurityPath = 25,

    /// <summary>The kind of the device that it came in by (<c>veth</c>, <c>bridge</c>), 16 bytes.</summary>
    InputKind = 26,

    /// <summary>The kind of the device that it goes out by, 16 bytes.</summary>
    OutputKind = 27,

    /// <summary>The bridge port's VLAN, 2 bytes.</summary>
    BridgeInputVlan = 28,

    /// <summary>The bridge's VLAN protocol, 2 bytes in network order.</summary>
    BridgeInputVlanProtocol = 29,

    /// <summary>The time in nanoseconds since 1970, 8 bytes.</summary>
    Time = 30,

    /// <summary>The day of the week from 0 (Sunday), 1 byte.</summary>
    Day = 31,

    /// <summary>The second of the day, 4 bytes.</summary>
    Hour = 32,

    /// <summary>The index of the device below the VRF that it came in by, 4 bytes.</summary>
    SlaveInterface = 33,

    /// <summary>The name of the device below the VRF that it came in by, 16 bytes.</summary>
    SlaveName = 34,

    /// <summary>Whether a bridge gives the frame to the stack above it, 1 byte (written only).</summary>
    Brouting = 36,

    /// <summary>The hardware address of the bridge of the device that it came in by, 6 bytes.</summary>
    BridgeInputAddress = 37,
}
