using System.Globalization;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Nodes;
using K8sNetfilter.Simulation;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// The connections that a node tracks already and that a packet may belong to. Such a packet gets the translation that its connection has
/// (nf_nat_inet_fn in net/netfilter/nf_nat_core.c), and what the rules say now only counts for the next connection.
/// </summary>
public sealed class ExistingEntries
{
    // Without a source port there may be as many as there are ports.
    private const int Most = 65536;

    private readonly List<WalkEntry> _entries = [];
    private readonly bool _isExact;
    private readonly bool _isKnown;

    private ExistingEntries(bool isExact, bool isKnown) => (_isExact, _isKnown) = (isExact, isKnown);

    /// <summary>
    /// Reads the entries with the packet's addresses and ports. Without its source port, those that were never answered; none of TCP, whose
    /// next connection has another port.
    /// </summary>
    /// <param name="source">The node's connections.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="warn">Told of what makes the answer less than complete.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="place">How a command line names the node; null for this one.</param>
    /// <returns>
    /// The entries, or that the node does not say what they are; null where none is looked for, as the packet has no source or no ports.
    /// </returns>
    public static ExistingEntries? Read(
        IConntrackSource source, Packet packet, Action<string> warn, CancellationToken cancellation, CommandPlace? place = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(packet);
        if (Ask(packet) is not { } protocol || packet is not { Source: { } from, DestinationPort: { } port })
        {
            return null;
        }

        var (there, back) = (Single(from), Single(packet.Destination));
        var filter = new ConntrackFilter
        {
            Family = there.Family,
            Protocols = [protocol],
            Sources = [there],
            Destinations = [back],
            SourcePorts = packet.SourcePort is { } sourcePort ? [(ushort)sourcePort] : [],
            DestinationPorts = [(ushort)port],
            Unreplied = packet.SourcePort is null ? true : null,
        };
        if (source.Read(filter, warn, cancellation) is not { } entries)
        {
            return Unknown(packet);
        }

        place ??= CommandPlace.Here;
        var found = new ExistingEntries(packet.SourcePort is not null, isKnown: true);
        found._entries.AddRange(entries.Take(Most).Select(e => Of(e, place)));
        if (found._isExact)
        {
            // The packet may be an answer, too.
            var answers = new ConntrackFilter { Family = there.Family, Protocols = [protocol], ReplySources = [there] };
            found._entries.AddRange((source.Read(answers, warn, cancellation) ?? [])
                .Where(e => e.ReplyDestinationAddress.Equals(packet.Destination) && e.ReplySourcePort == packet.SourcePort
                    && e.ReplyDestinationPort == port).Take(1).Select(e => Of(e, place)));
        }

        return found;
    }

    /// <summary>
    /// What is to be said where the node's connections cannot be read: a packet with a source port of its own may belong to one.
    /// </summary>
    /// <returns>Null where none would be looked for.</returns>
    public static ExistingEntries? Unknown(Packet packet)
    {
        ArgumentNullException.ThrowIfNull(packet);
        return Ask(packet) is null ? null : new ExistingEntries(packet.SourcePort is not null, isKnown: false);
    }

    // The protocol, where an entry can be looked for.
    private static byte? Ask(Packet packet) =>
        packet is not { Source: not null, DestinationPort: not null } || !IPProtocolName.TryParse(packet.Protocol, out byte protocol)
            || (protocol == IPProtocolName.Tcp && packet.SourcePort is null)
            || protocol is not (IPProtocolName.Tcp or IPProtocolName.Udp or IPProtocolName.Sctp or IPProtocolName.Dccp or IPProtocolName.UdpLite) ? null : protocol;

    /// <summary>The options of a walk that goes by them.</summary>
    public WalkOptions Apply(WalkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return _isExact ? options with { Entries = _entries, AreEntriesUnknown = !_isKnown } : options;
    }

    /// <summary>
    /// Of a packet whose source port was left open: the entries that were never answered and that lead elsewhere than the rules do now.
    /// Packets from their ports follow them.
    /// </summary>
    public IEnumerable<string> Elsewhere(WalkResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return _isExact ? [] : _entries.Where(
            e => result.Branches.Any(b => b.Arrived is not null) && !result.Branches.Any(b => Leads(e, b.Arrived)))
            .Select(e => $"{e.Text}: {e.Remedy}");
    }

    private static bool Leads(WalkEntry entry, Packet? to) =>
        to is not null && AddressBits.From(to.Destination) == entry.Reply.Source && to.DestinationPort == entry.Reply.SourcePort;

    private static AddressPrefix Single(IPAddress address)
    {
        var family = AddressPrefix.FamilyOf(address);
        return new AddressPrefix(family, AddressPrefix.ToNumber(address), family == IPFamily.IPv4 ? 32 : 128);
    }

    private static WalkEntry Of(ConntrackEntry entry, CommandPlace place)
    {
        var record = entry.ToRecord();
        bool original = record.ZoneDirection is not ConntrackZoneDirection.Reply;
        bool reply = record.ZoneDirection is not ConntrackZoneDirection.Original;
        return new WalkEntry(
            record.Protocol,
            new WalkTuple(true, record.Original.Source, record.Original.Destination, record.Original.First, record.Original.Second),
            new WalkTuple(true, record.Reply.Source, record.Reply.Destination, record.Reply.First, record.Reply.Second),
            !entry.IsUnreplied, entry.State is "TIME_WAIT" or "CLOSE", WalkZone.Of(record.Zone, original, reply), record.Mark,
            Printable.Text(entry.ToString(), 300))
        { Remedy = RemedyOf(place, entry.Protocol, entry.SourceAddress, entry.SourcePort, entry.DestinationAddress,
            entry.DestinationPort) };
    }

    /// <summary>A command line that removes entries.</summary>
    internal static string RemedyOf(
        CommandPlace place, string protocol, IPAddress? source, int? sourcePort, IPAddress destination, int? destinationPort,
        string more = "") => place.On(place.Cmdlet(string.Create(
        CultureInfo.InvariantCulture,
        $"Get-ConntrackEntry -Protocol {protocol}{(source is null ? "" : $" -Source {source}")}{(sourcePort is null ? "" : $" -SourcePort {sourcePort}")} -Destination {destination} -DestinationPort {destinationPort}{more}"))
        + " | " + place.Cmdlet("Remove-ConntrackEntry"));
}
