using System.Diagnostics.CodeAnalysis;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// One entry as a decoder read it: numbers in one buffer that is filled again for the next entry. A filter looks at this, and only what
/// passes becomes a <see cref="ConntrackEntry"/>.
/// </summary>
[SuppressMessage("Design", "CA1051",
    Justification = "A buffer that a decoder fills a million times a second; ConntrackEntry is what users see.")]
[SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
public struct ConntrackRecord
{
    /// <summary>The direction of the first packet.</summary>
    public ConntrackTuple Original;

    /// <summary>The direction in which replies are awaited.</summary>
    public ConntrackTuple Reply;

    /// <summary>What is known.</summary>
    public ConntrackParts Parts;

    /// <summary>The family.</summary>
    public IPFamily Family;

    /// <summary>The transport protocol's number.</summary>
    public byte Protocol;

    /// <summary>The protocol's state as the kernel numbers it.</summary>
    public byte State;

    /// <summary>The zone.</summary>
    public ushort Zone;

    /// <summary>For which direction the zone counts.</summary>
    public ConntrackZoneDirection ZoneDirection;

    /// <summary>The status word.</summary>
    public ConntrackStatus Status;

    /// <summary>Seconds left.</summary>
    public uint Timeout;

    /// <summary>The mark.</summary>
    public uint Mark;

    /// <summary>The identifier.</summary>
    public uint Id;

    /// <summary>Packets in the original direction.</summary>
    public ulong Packets;

    /// <summary>Bytes in the original direction.</summary>
    public ulong Bytes;

    /// <summary>Packets in the reply direction.</summary>
    public ulong ReplyPackets;

    /// <summary>Bytes in the reply direction.</summary>
    public ulong ReplyBytes;

    /// <summary>Start, in nanoseconds since 1970.</summary>
    public ulong Start;

    /// <summary>Stop, in nanoseconds since 1970.</summary>
    public ulong Stop;

    /// <summary>The 128 label bits.</summary>
    public Bits128 LabelBits;

    /// <summary>The labels by name, where a text named them; else null.</summary>
    public string? LabelNames;

    /// <summary>The helper's name; null if there is none.</summary>
    public string? Helper;

    /// <summary>The security context (SELinux); null if there is none.</summary>
    public string? SecurityContext;

    /// <summary>Whether a part is known.</summary>
    public readonly bool Has(ConntrackParts part) => (Parts & part) == part;

    /// <summary>
    /// Derives from the tuples whether addresses are translated, for texts that leave the status word out. The kernel sets its two bits
    /// when, and only when, translation makes the reply differ from the mirrored original (net/netfilter/nf_nat_core.c, nf_nat_setup_info).
    /// </summary>
    public void DeriveTranslation()
    {
        bool icmp = Protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        bool source = Reply.Destination != Original.Source || (icmp ? Reply.First != Original.First : Reply.Second != Original.First);
        bool destination = Reply.Source != Original.Destination || (!icmp && Reply.First != Original.Second);
        Status |= (source ? ConntrackStatus.SourceNat : 0) | (destination ? ConntrackStatus.DestinationNat : 0);
    }
}
