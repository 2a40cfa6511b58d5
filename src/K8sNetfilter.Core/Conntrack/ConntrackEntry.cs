using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// One tracked connection: the tuple of its first packet, the tuple that its replies must have, and what the kernel noted of it. A value
/// that the kernel did not say is null: counters need <c>net.netfilter.nf_conntrack_acct</c>, times need <c>nf_conntrack_timestamp</c>.
/// See conntrack(8).
/// </summary>
public sealed class ConntrackEntry
{
    // IPv4 has its four addresses here, IPv6 in an object of its own: an address becomes text when somebody looks at it.
    private readonly uint _source;
    private readonly uint _destination;
    private readonly uint _replySource;
    private readonly uint _replyDestination;
    private readonly ConntrackAddresses? _addresses;
    private readonly ConntrackExtra? _extra;
    private readonly ulong _packets;
    private readonly ulong _bytes;
    private readonly ulong _replyPackets;
    private readonly ulong _replyBytes;
    private readonly uint _timeout;
    private readonly uint _mark;
    private readonly uint _id;
    private readonly int _status;
    private readonly ushort _parts;
    private readonly ushort _first;
    private readonly ushort _second;
    private readonly ushort _replyFirst;
    private readonly ushort _replySecond;
    private readonly ushort _zone;
    private readonly byte _family;
    private readonly byte _protocol;
    private readonly byte _state;
    private readonly byte _zoneDirection;

    /// <summary>Makes an entry of what a decoder read.</summary>
    /// <param name="record">The numbers. They are copied.</param>
    /// <param name="labelNames">The names of label bits (/etc/xtables/connlabel.conf); a bit without one is shown as its number.</param>
    public ConntrackEntry(in ConntrackRecord record, IReadOnlyDictionary<int, string>? labelNames = null)
    {
        if (record.Family == IPFamily.IPv4)
        {
            _source = (uint)record.Original.Source;
            _destination = (uint)record.Original.Destination;
            _replySource = (uint)record.Reply.Source;
            _replyDestination = (uint)record.Reply.Destination;
        }
        else
        {
            _addresses = new ConntrackAddresses(record);
        }

        _family = (byte)record.Family;
        _protocol = record.Protocol;
        _state = record.State;
        _first = record.Original.First;
        _second = record.Original.Second;
        _replyFirst = record.Reply.First;
        _replySecond = record.Reply.Second;
        _zone = record.Zone;
        _zoneDirection = (byte)record.ZoneDirection;
        _parts = (ushort)record.Parts;
        _status = (int)record.Status;
        _timeout = record.Timeout;
        _mark = record.Mark;
        _id = record.Id;
        _packets = record.Packets;
        _bytes = record.Bytes;
        _replyPackets = record.ReplyPackets;
        _replyBytes = record.ReplyBytes;
        _extra = ConntrackExtra.Of(record, labelNames);
    }

    /// <summary>IPv4 or IPv6.</summary>
    public IPFamily Family => (IPFamily)_family;

    /// <summary>The transport protocol: <c>tcp</c>, <c>udp</c>, <c>icmp</c>, …; a number where it has no common name.</summary>
    public string Protocol => IPProtocolName.Of(_protocol);

    /// <summary>The transport protocol's number.</summary>
    public int ProtocolNumber => _protocol;

    /// <summary>Who sent the first packet.</summary>
    public string Source => SourceAddress.ToString();

    internal IPAddress SourceAddress => AddressPrefix.ToAddress(Family, _addresses?.Source ?? _source);

    /// <summary>The port it was sent from; null for protocols without ports.</summary>
    public int? SourcePort => HasPorts ? _first : null;

    /// <summary>Where the first packet was sent to, before any translation: for a Service its ClusterIP.</summary>
    public string Destination => DestinationAddress.ToString();

    internal IPAddress DestinationAddress => AddressPrefix.ToAddress(Family, _addresses?.Destination ?? _destination);

    /// <summary>The port it was sent to; null for protocols without ports.</summary>
    public int? DestinationPort => HasPorts ? _second : null;

    /// <summary>Who replies: for a Service the endpoint.</summary>
    public string ReplySource => ReplySourceAddress.ToString();

    internal IPAddress ReplySourceAddress => AddressPrefix.ToAddress(Family, _addresses?.ReplySource ?? _replySource);

    /// <summary>The port that replies come from; null for protocols without ports.</summary>
    public int? ReplySourcePort => HasPorts ? _replyFirst : null;

    /// <summary>Where replies are sent: <see cref="Source"/>, or the address it was masqueraded with.</summary>
    public string ReplyDestination => ReplyDestinationAddress.ToString();

    internal IPAddress ReplyDestinationAddress => AddressPrefix.ToAddress(Family, _addresses?.ReplyDestination ?? _replyDestination);

    /// <summary>The port that replies are sent to; null for protocols without ports.</summary>
    public int? ReplyDestinationPort => HasPorts ? _replySecond : null;

    /// <summary>The state of TCP, SCTP or DCCP in conntrack's words (<c>SYN_SENT</c>, <c>ESTABLISHED</c>); null for the others.</summary>
    public string? State => Has(ConntrackParts.State) ? ConntrackState.Name(_protocol, _state) : null;

    /// <summary>
    /// The seconds until the entry goes unless a packet renews it; null while a flow table or the network card forwards it.
    /// </summary>
    public long? Timeout => Has(ConntrackParts.Timeout) ? _timeout : null;

    /// <summary>The kernel's status bits. From a text, only those that the text shows.</summary>
    public ConntrackStatus Status => (ConntrackStatus)_status;

    /// <summary>The connection's mark (<c>CONNMARK</c>); 0 where none was set.</summary>
    public uint Mark => _mark;

    /// <summary>The zone; 0 is the default.</summary>
    public int Zone => _zone;

    /// <summary>For which direction <see cref="Zone"/> counts.</summary>
    public ConntrackZoneDirection ZoneDirection => (ConntrackZoneDirection)_zoneDirection;

    /// <summary>Packets in the original direction.</summary>
    public ulong? Packets => Has(ConntrackParts.Counters) ? _packets : null;

    /// <summary>Bytes in the original direction.</summary>
    public ulong? Bytes => Has(ConntrackParts.Counters) ? _bytes : null;

    /// <summary>Packets in the reply direction.</summary>
    public ulong? ReplyPackets => Has(ConntrackParts.ReplyCounters) ? _replyPackets : null;

    /// <summary>Bytes in the reply direction.</summary>
    public ulong? ReplyBytes => Has(ConntrackParts.ReplyCounters) ? _replyBytes : null;

    /// <summary>True where no reply was seen yet.</summary>
    public bool IsUnreplied => (Status & ConntrackStatus.SeenReply) == 0;

    /// <summary>True where the entry is kept when the table is full.</summary>
    public bool IsAssured => (Status & ConntrackStatus.Assured) != 0;

    /// <summary>True where the destination is translated, as a Service does.</summary>
    public bool IsDnat => (Status & ConntrackStatus.DestinationNat) != 0;

    /// <summary>True where the source is translated, as masquerading does.</summary>
    public bool IsSnat => (Status & ConntrackStatus.SourceNat) != 0;

    /// <summary>
    /// The kernel's identifier; null where a text left it out. It is a hash of 32 bits: of a million entries about a hundred pairs share
    /// one, so an entry is named by its tuple together with it.
    /// </summary>
    public uint? Id => Has(ConntrackParts.Id) ? _id : null;

    /// <summary>ICMP type of the first packet; null for other protocols.</summary>
    public int? IcmpType => IsIcmp ? _second >> 8 : null;

    /// <summary>ICMP code of the first packet.</summary>
    public int? IcmpCode => IsIcmp ? _second & 0xff : null;

    /// <summary>ICMP identifier of the first packet.</summary>
    public int? IcmpId => IsIcmp ? _first : null;

    /// <summary>ICMP type of the reply.</summary>
    public int? ReplyIcmpType => IsIcmp ? _replySecond >> 8 : null;

    /// <summary>ICMP code of the reply.</summary>
    public int? ReplyIcmpCode => IsIcmp ? _replySecond & 0xff : null;

    /// <summary>ICMP identifier of the reply; differs from <see cref="IcmpId"/> where masquerading had to change it.</summary>
    public int? ReplyIcmpId => IsIcmp ? _replyFirst : null;

    /// <summary>GRE source key (PPTP's call); null for other protocols.</summary>
    public int? SourceKey => IsGre ? _first : null;

    /// <summary>GRE destination key.</summary>
    public int? DestinationKey => IsGre ? _second : null;

    /// <summary>GRE source key of the reply.</summary>
    public int? ReplySourceKey => IsGre ? _replyFirst : null;

    /// <summary>GRE destination key of the reply.</summary>
    public int? ReplyDestinationKey => IsGre ? _replySecond : null;

    /// <summary>When the connection began. In UTC from the kernel; a text has the node's local time without saying which.</summary>
    public DateTime? StartTime => Time(ConntrackParts.Start, _extra?.Start ?? 0);

    /// <summary>When the connection ended; null while it lives.</summary>
    public DateTime? StopTime => Time(ConntrackParts.Stop, _extra?.Stop ?? 0);

    /// <summary>The helper that reads along (<c>ftp</c>, <c>sip</c>); null if there is none.</summary>
    public string? Helper => _extra?.Helper;

    /// <summary>The labels that are set (<c>connlabel</c>), by name, or by number where no name is known.</summary>
    public ValueList<string> Labels => _extra?.Labels ?? ValueList<string>.Empty;

    /// <summary>The security context (SELinux); null if there is none.</summary>
    public string? SecurityContext => _extra?.SecurityContext;

    /// <summary>The entry as <c>conntrack -L -o extended,id</c> prints it.</summary>
    public override string ToString() => ConntrackText.Format(this);

    /// <summary>The numbers again, for those who send the entry's tuple to the kernel or compare it.</summary>
    public ConntrackRecord ToRecord() => new()
    {
        Family = Family,
        Protocol = _protocol,
        State = _state,
        Parts = (ConntrackParts)_parts,
        Status = Status,
        Original = new ConntrackTuple
        {
            Source = _addresses?.Source ?? _source, Destination = _addresses?.Destination ?? _destination, First = _first, Second = _second,
        },
        Reply = new ConntrackTuple
        {
            Source = _addresses?.ReplySource ?? _replySource,
            Destination = _addresses?.ReplyDestination ?? _replyDestination,
            First = _replyFirst,
            Second = _replySecond,
        },
        Zone = _zone,
        ZoneDirection = ZoneDirection,
        Timeout = _timeout,
        Mark = _mark,
        Id = _id,
        Packets = _packets,
        Bytes = _bytes,
        ReplyPackets = _replyPackets,
        ReplyBytes = _replyBytes,
        Start = _extra?.Start ?? 0,
        Stop = _extra?.Stop ?? 0,
        LabelNames = _extra is { Labels.Count: > 0 } labelled ? string.Join(',', labelled.Labels) : null,
        Helper = Helper,
        SecurityContext = SecurityContext,
    };

    internal bool IsIcmp => _protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;

    internal bool IsGre => _protocol == IPProtocolName.Gre;

    internal bool HasPorts =>
        _protocol is IPProtocolName.Tcp or IPProtocolName.Udp or IPProtocolName.Sctp or IPProtocolName.Dccp or IPProtocolName.UdpLite;

    internal bool Has(ConntrackParts part) => (_parts & (ushort)part) == (ushort)part;

    private DateTime? Time(ConntrackParts part, ulong nanoseconds)
    {
        // 2^63 ns is in the year 2262: more is not a time.
        if (!Has(part) || nanoseconds > long.MaxValue)
        {
            return null;
        }

        var time = DateTime.UnixEpoch.AddTicks((long)(nanoseconds / 100));
        return Has(ConntrackParts.LocalTime) ? DateTime.SpecifyKind(time, DateTimeKind.Unspecified) : time;
    }
}
