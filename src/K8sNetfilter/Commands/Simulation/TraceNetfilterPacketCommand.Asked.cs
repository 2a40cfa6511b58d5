using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Errors;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;
using K8sNetfilter.Simulation.Conditions;
using K8sNetfilter.Surface;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <content>What the parameters ask: which packets, and what is taken for granted.</content>
public sealed partial class TraceNetfilterPacketCommand
{
    private readonly Dictionary<IPFamily, RuleQuestions> _questions = [];
    private IReadOnlyList<NodeService>? _services;

    private protected override void LeaveNode()
    {
        _walks.Clear();
        _unread.Clear();
        _ports.Clear();
        _rules.Clear();
        _questions.Clear();
        _services = null;
    }

    private IEnumerable<Packet> Packets()
    {
        if (Service is not null)
        {
            return ServicePackets(Service);
        }

        if (Destination is not null)
        {
            return [MakePacket(Destination, DestinationPort, Protocol)];
        }

        // A row of Get-NodeService has an address, and that of a node port is null.
        if (DestinationPort is null || !MyInvocation.BoundParameters.ContainsKey(nameof(Destination)))
        {
            throw Failure(nameof(Messages.DestinationMissing), NodeErrorCategory.InvalidArgument);
        }

        return [MakePacket(NodeAddress(FamilyChoice.Of(Family)), DestinationPort, Protocol)];
    }

    private IEnumerable<Packet> ServicePackets(string[] names)
    {
        if (Destination is not null)
        {
            throw Failure(nameof(Messages.DestinationTwice), NodeErrorCategory.InvalidArgument);
        }

        var family = Source is null ? FamilyChoice.Of(Family) : Source.AddressFamily == AddressFamily.InterNetworkV6 ? IPFamily.IPv6 : IPFamily.IPv4;
        string[] protocols = MyInvocation.BoundParameters.ContainsKey(nameof(Protocol)) ? [Protocol] : [];
        var asked = new AskedService(names, null, null, DestinationPort ?? 0, protocols, family);
        var called = asked.Called(_services ??= ReadServices());
        foreach (string name in asked.Missing)
        {
            WriteNodeError(Failure(nameof(Messages.ServiceNotFound), NodeErrorCategory.NotFound, Printable.Text(name)), name);
        }

        return called.Select(s => MakePacket(s.IP is { } ip ? IPAddress.Parse(ip) : NodeAddress(s.Family), s.Port, s.Protocol));
    }

    private IReadOnlyList<NodeService> ReadServices() => ParameterSetName == PathSet
        ?
        [
            .. Path.SelectMany(ResolveFiles).SelectMany(path => ServiceFile.Read(
                path, [], new RulesetParserOptions { Source = path, IsTranscript = true, OnProblem = p => WriteVerbose(p.Message) }, StopToken)),
        ]
        : NodeServices.Read(Node, [], p => WriteVerbose(p.Message), StopToken) ?? throw NoAnswer();

    private IPAddress NodeAddress(IPFamily asked)
    {
        var family = asked == IPFamily.IPv6 ? IPFamily.IPv6 : IPFamily.IPv4;
        return NodePortAddress.Find(WalkOf(family), _rules[family], family)
            ?? throw Failure(nameof(Messages.NoNodeAddress), NodeErrorCategory.NotFound, family, "-Destination");
    }

    private Packet MakePacket(IPAddress destination, int? port, string protocol)
    {
        bool v6 = destination.AddressFamily == AddressFamily.InterNetworkV6;
        if (!IPProtocolName.TryParse(protocol, out byte number))
        {
            throw Failure(nameof(Messages.InvalidProtocol), NodeErrorCategory.InvalidArgument, Printable.Text(protocol));
        }

        if (Source is not null && Source.AddressFamily != destination.AddressFamily)
        {
            throw Failure(nameof(Messages.FamiliesDiffer), NodeErrorCategory.InvalidArgument, Source, destination);
        }

        if (v6 && number == IPProtocolName.Icmp)
        {
            number = IPProtocolName.IcmpV6;
        }

        return new Packet
        {
            Source = Source,
            Destination = destination,
            Protocol = IPProtocolName.Of(number),
            SourcePort = SourcePort,
            DestinationPort = port,
            InInterface = InInterface,
            Mark = Mark,
            State = State,
            TcpFlags = TcpFlag is null ? null : TcpFlag.Sum(f => f.ToUpperInvariant() switch { "FIN" => 1, "SYN" => 2, "RST" => 4, "PSH" => 8, "ACK" => 16, "URG" => 32, _ => 0 }),
            IcmpType = IcmpType,
            IcmpCode = IcmpCode,
            Length = Length,
            DontFragment = MyInvocation.BoundParameters.ContainsKey(nameof(DontFragment)) ? DontFragment.IsPresent : null,
            Ttl = Ttl,
            Tos = TypeOfService,
        };
    }

    private List<KeyValuePair<string, bool>> Assumptions(IPFamily family)
    {
        var list = new List<KeyValuePair<string, bool>>();
        foreach (DictionaryEntry entry in Assume)
        {
            string pattern = Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "";
            RequireAsked(family, nameof(Messages.AssumptionUnknown), pattern, q => q.Asks(pattern), q => q.Matches);
            object? value = entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value;
            list.Add(new(pattern, value switch
            {
                bool said => said,
                MatchOutcome.Yes => true,
                MatchOutcome.No => false,
                string text when text.Equals("Yes", StringComparison.OrdinalIgnoreCase) => true,
                string text when text.Equals("No", StringComparison.OrdinalIgnoreCase) => false,
                _ => throw Failure(nameof(Messages.AssumptionInvalid), NodeErrorCategory.InvalidArgument, Printable.Text(pattern)),
            }));
        }

        // A hashtable has no order of its own: what says more decides first.
        list.Sort((a, b) => b.Key.Length != a.Key.Length ? b.Key.Length.CompareTo(a.Key.Length) : string.CompareOrdinal(a.Key, b.Key));
        return list;
    }

    private string[] KnownSets(IPFamily family)
    {
        foreach (string set in MatchSet)
        {
            string name = set.StartsWith('!') ? set[1..] : set;
            RequireAsked(family, nameof(Messages.MatchSetUnknown), name, q => q.Sets.Contains(name), q => q.Sets);
        }

        return MatchSet;
    }

    private RuleQuestions Questions(IPFamily family)
    {
        if (!_questions.TryGetValue(family, out var questions))
        {
            var rules = ParameterSetName == PathSet ? _rules.Values.First() : _rules.GetValueOrDefault(family)
                ?? Node.Rulesets.Read(new RulesetQuery { Family = family, OnProblem = p => WriteVerbose(p.Message) }, StopToken) ?? new Ruleset([], [], []);
            questions = _questions[family] = RuleQuestions.Of(rules, family, StopToken);
        }

        return questions;
    }

    // What no rule asks would change nothing: a name that is misspelt must not look like an answer.
    private void RequireAsked(IPFamily family, string id, string name, Func<RuleQuestions, bool> isAsked, Func<RuleQuestions, IEnumerable<string>> known)
    {
        // What the rules of the other family ask is no misspelling: packets of both come through one pipeline.
        var questions = Questions(family);
        if (!isAsked(questions) && !isAsked(Questions(family == IPFamily.IPv4 ? IPFamily.IPv6 : IPFamily.IPv4)))
        {
            const int Most = 10;
            var near = NearNames.Find(name, known(questions));
            string[] all = [.. known(questions).Order(StringComparer.Ordinal).Take(Most)];
            string hint = near.Count > 0 ? string.Format(CultureInfo.InvariantCulture, Messages.NearestNames, Printable.Text(string.Join(", ", near)))
                : all.Length > 0 ? string.Format(CultureInfo.InvariantCulture, Messages.KnownNames, Printable.Text(string.Join(", ", all)))
                : Messages.NoNames;
            throw Failure(id, NodeErrorCategory.InvalidArgument, name.Length == 0 ? "''" : Printable.Text(name), hint);
        }
    }
}
