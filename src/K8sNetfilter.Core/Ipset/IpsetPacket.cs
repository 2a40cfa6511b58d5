using K8sNetfilter.Addressing;

namespace K8sNetfilter.Ipset;

/// <summary>What a look-up takes from a packet. A negative number, or null, means that the value is not known.</summary>
internal readonly ref struct IpsetPacket
{
    /// <summary>The family of the packet.</summary>
    public IPFamily Family { get; init; }

    /// <summary>The source address is known.</summary>
    public bool SourceKnown { get; init; }

    /// <summary>The source address.</summary>
    public Bits128 Source { get; init; }

    /// <summary>The destination address.</summary>
    public Bits128 Destination { get; init; }

    /// <summary>The transport protocol.</summary>
    public byte Protocol { get; init; }

    /// <summary>The source port.</summary>
    public int SourcePort { get; init; }

    /// <summary>The destination port.</summary>
    public int DestinationPort { get; init; }

    /// <summary>The type of ICMP.</summary>
    public int IcmpType { get; init; }

    /// <summary>The code of ICMP.</summary>
    public int IcmpCode { get; init; }

    /// <summary>The mark.</summary>
    public uint Mark { get; init; }

    /// <summary>The bits of the mark that are known.</summary>
    public uint MarkKnown { get; init; }

    /// <summary>The interface that it came in by; empty for none.</summary>
    public string? In { get; init; }

    /// <summary>The interface that it leaves by; empty for none.</summary>
    public string? Out { get; init; }

    /// <summary>It was made on this node, and so has no link-layer header, or one of zeros.</summary>
    public bool IsLocal { get; init; }

    /// <summary>An address.</summary>
    public Bits128 Address(bool isSource) => isSource ? Source : Destination;

    /// <summary>
    /// The protocol and port as a set has them (ip_set_getport.c); -1 if not known. ICMP has its type and code in place of the port, a
    /// protocol without ports has 0.
    /// </summary>
    public int Port(bool isSource) => Protocol switch
    {
        IPProtocolName.Tcp or IPProtocolName.Udp or IPProtocolName.UdpLite or IPProtocolName.Sctp => isSource ? SourcePort
            : DestinationPort,
        IPProtocolName.Icmp or IPProtocolName.IcmpV6 => IcmpType < 0 || IcmpCode < 0 ? -1 : (IcmpType << 8) | IcmpCode,
        _ => 0,
    };
}
