using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Completion;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Chains.KubeProxy;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>
/// Walks a packet through the node's netfilter rules as the kernel would, there and back, without sending anything: every rule that
/// matters, address translation, routes and bridges, and where it ends.
/// </summary>
[Cmdlet(VerbsDiagnostic.Trace, "NetfilterPacket", DefaultParameterSetName = LiveSet)]
[OutputType(typeof(TraceStep), typeof(WalkBranch))]
public sealed partial class TraceNetfilterPacketCommand : NetworkNodeCommand, ISnapshotReader
{
    private const string LiveSet = "Live";
    private const string PathSet = "Path";

    // Of entries that lead elsewhere, so many are named.
    private const int MostEntries = 3;

    private readonly Dictionary<IPFamily, PacketWalk> _walks = [];
    private readonly Dictionary<IPFamily, BlindSpots> _unread = [];
    private readonly Dictionary<IPFamily, ServicePorts> _ports = [];
    private readonly Dictionary<IPFamily, Ruleset> _rules = [];

    // A number: see PrecompiledAssemblies.
    private int _state;

    /// <summary>The address that the packet comes from. Left out: an address of this node, which sends it.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("SourceAddress")]
    [ArgumentCompleter(typeof(NodeAddressCompleter))]
    public IPAddress? Source { get; set; }

    /// <summary>The address that the packet goes to. A row of Get-NodeService without one is a node port: the packet goes to an address of the node.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("DestinationAddress", "IP", "ServiceIP")]
    [ArgumentCompleter(typeof(NodeAddressCompleter))]
    public IPAddress? Destination { get; set; }

    /// <summary>The destination port.</summary>
    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true)]
    [Alias("Port")]
    [ValidateRange(0, 65535)]
    [ArgumentCompleter(typeof(ServicePortCompleter))]
    public int? DestinationPort { get; set; }

    /// <summary>
    /// In place of -Destination: Services by <c>namespace/name</c>, <c>namespace/name:port</c> or their name alone; wildcards are taken. A
    /// packet goes to each port of them, at the cluster IP where there is one.
    /// </summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NodeServiceCompleter))]
    public string[]? Service { get; set; }

    /// <summary>Where a Service or a node port has an address of both families: IPv4 or IPv6. Left out: both of a Service, IPv4 of a node port.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("IPFamily")]
    [ValidateNotNullOrEmpty]
    public IPFamily[] Family { get; set; } = [];

    /// <summary>The protocol by name or number. Left out: tcp.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ProtocolCompleter))]
    [ValidateNotNullOrEmpty]
    public string Protocol { get; set; } = "tcp";

    /// <summary>The source port; for an ICMP echo its identifier. Left out: any.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, 65535)]
    public int? SourcePort { get; set; }

    /// <summary>
    /// The interface or bridge port that the packet comes in through; an empty string for a packet of this node. Left out: where an answer
    /// to the source would go.
    /// </summary>
    [Parameter]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(LinkCompleter))]
    public string? InInterface { get; set; }

    /// <summary>The interface or bridge port that the packet leaves through, where routes and bridges do not say.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LinkCompleter))]
    public string? OutInterface { get; set; }

    /// <summary>The packet's mark.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public uint Mark { get; set; }

    /// <summary>What connection tracking says of the packet. Left out: what follows from the packet, for most the first of a connection.</summary>
    [Parameter]
    public ConnectionState State { get => (ConnectionState)_state; set => _state = (int)value; }

    /// <summary>The TCP flags. Left out: SYN, or ACK where the connection is established.</summary>
    [Parameter]
    [ValidateSet("FIN", "SYN", "RST", "PSH", "ACK", "URG", "NONE")]
    public string[]? TcpFlag { get; set; }

    /// <summary>The ICMP type. Left out: echo request.</summary>
    [Parameter]
    [ValidateRange(0, 255)]
    public int? IcmpType { get; set; }

    /// <summary>The ICMP code. Left out: 0.</summary>
    [Parameter]
    [ValidateRange(0, 255)]
    public int? IcmpCode { get; set; }

    /// <summary>The length of the IP packet in bytes, which is held against each link and route on its way.</summary>
    [Parameter]
    [ValidateRange(20, 65535)]
    public int? Length { get; set; }

    /// <summary>Routers may not break the packet into fragments (DF, IPv4). Left out: TCP forbids it, and of others both is followed.</summary>
    [Parameter]
    public SwitchParameter DontFragment { get; set; }

    /// <summary>The time to live, or IPv6 hop limit.</summary>
    [Parameter]
    [ValidateRange(0, 255)]
    public int? Ttl { get; set; }

    /// <summary>The type of service byte, or IPv6 traffic class.</summary>
    [Parameter]
    [ValidateRange(0, 255)]
    public int? TypeOfService { get; set; }

    /// <summary>Files with the output of iptables-save or ip6tables-save, walked in place of the live rules; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>
    /// Names of ipsets that the packet is in, with ! before those that it is not in, for sets whose contents are not known. Others fork the
    /// walk.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MatchSetCompleter))]
    public string[] MatchSet { get; set; } = [];

    /// <summary>
    /// Whether unknown matches hold: a hashtable from a match's name, or a pattern over its text, to $true or $false, such as
    /// @{ limit = $true; '*--name KUBE-SEP-*' = $false }.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public IDictionary Assume { get; set; } = new Hashtable();

    /// <summary>Walk the packet only, not the answer to it.</summary>
    [Parameter]
    public SwitchParameter NoReply { get; set; }

    /// <summary>Also show the rules that do not match, each with the reason.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Show only where each branch ends, not the steps.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = LiveSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        foreach (var packet in Packets())
        {
            StopToken.ThrowIfCancellationRequested();
            Guard(() => Walk(packet));
        }
    }

    private void Walk(Packet packet)
    {
        var family = packet.IsIPv6 ? IPFamily.IPv6 : IPFamily.IPv4;
        var walk = WalkOf(family);
        foreach (var (name, parameter) in new[] { (InInterface, nameof(InInterface)), (OutInterface, nameof(OutInterface)) })
        {
            if (name is { Length: > 0 } && !walk.HasInterface(name))
            {
                throw Failure(nameof(Messages.InterfaceNotFound), NodeErrorCategory.NotFound, Printable.Text(name), parameter, Node.Description);
            }
        }

        var options = new WalkOptions
        {
            KeepSteps = !Summary,
            AllSteps = All,
            Reply = !NoReply,
            JoinEnds = true,
            OutInterface = OutInterface,
            MatchSets = KnownSets(family),
            Assume = Assumptions(family),
            FullTable = FullTable(),
        };
        var existing = Existing(packet);
        var result = walk.Walk(packet, existing?.Apply(options) ?? options, StopToken);
        foreach (string entry in existing?.Elsewhere(result).Take(MostEntries) ?? [])
        {
            WriteWarning(string.Format(CultureInfo.InvariantCulture, Messages.WalkEntryElsewhere, entry));
        }

        var known = result.Branches;
        var branches = known;
        if (_unread.TryGetValue(family, out var unread))
        {
            known = [.. known.Select(b => _ports[family].Qualify(b, packet))];
            branches = [.. known.Select(b => unread.Qualify(b, packet))];
        }

        if (Summary)
        {
            WriteObject(branches, enumerateCollection: true);
            return;
        }

        var ends = result.Branches.Zip(known, branches).ToDictionary(e => e.First.Branch);
        foreach (var step in result.Steps)
        {
            WriteObject(ends.TryGetValue(step.Branch, out var end)
                ? BlindSpots.Qualify(ServicePorts.Qualify(step, end.First, end.Second), end.Second, end.Third) : step);
        }
    }

    // A full table drops the first packet of a connection.
    private string? FullTable()
    {
        if (ParameterSetName == PathSet)
        {
            return null;
        }

        try
        {
            return Node.Conntrack.ReadStatistic(StopToken) is { Count: { } count, Maximum: { } maximum and > 0 } && count >= maximum
                ? CommandMessages.ConntrackIsFull(count, maximum) : null;
        }
        catch (NodeException failure)
        {
            WriteVerbose(failure.Message);
            return null;
        }
    }

    // A packet of a connection that is tracked already goes its way. Where the state was given, it is not asked.
    private ExistingEntries? Existing(Packet packet)
    {
        if (ParameterSetName == PathSet || State is not (ConnectionState.None or ConnectionState.Established))
        {
            return null;
        }

        try
        {
            return ExistingEntries.Read(Node.Conntrack, packet, WriteVerbose, StopToken, Node.Place);
        }
        catch (NodeException failure)
        {
            WriteWarning(string.Format(CultureInfo.InvariantCulture, Messages.WalkEntriesUnread, failure.Message));
            return ExistingEntries.Unknown(packet);
        }
    }

    private PacketWalk WalkOf(IPFamily family)
    {
        if (_walks.TryGetValue(family, out var walk))
        {
            return walk;
        }

        Ruleset rules;
        if (ParameterSetName == PathSet)
        {
            rules = Ruleset.Join([.. Path.SelectMany(ResolveFiles).Select(path => RulesetFile.Read(path, new RulesetParserOptions
            {
                Source = path,
                IsTranscript = true,
                OnProblem = p => WriteNodeError(p),
            }, StopToken))]);
            rules = Ruleset.Join([rules, new Ruleset([], [], []) { Gaps = RulesetGaps.Of(rules, family, [], knowsTables: false) }]);
            walk = PacketWalk.Create(rules);
            _unread[family] = BlindSpots.Of(walk, rules, KernelHooks.OfDump, family);
        }
        else
        {
            var hooks = KernelHooks.Unknown;
            rules = SteadyRuleset.Read(
                Node.Rulesets,
                new RulesetQuery { Family = family, OnProblem = p => WriteNodeError(p) },
                () => hooks = Node.Hooks.ReadHooks(StopToken) ?? KernelHooks.Unknown,
                StopToken) ?? throw NoAnswer();
            walk = BlindSpots.Walk(Node, rules, hooks, WriteWarning, StopToken);
            _unread[family] = BlindSpots.Of(walk, rules, hooks, family, Node.VirtualServers.ReadVirtualServers(StopToken));
            foreach (string notice in _unread[family].Notices)
            {
                WriteWarning(string.Format(CultureInfo.InvariantCulture, Snapshot is null ? Messages.WalkIncomplete : Messages.WalkIncompleteThen, notice));
            }
        }

        _rules[family] = rules;
        _ports[family] = new ServicePorts(rules);
        foreach (string notice in rules.Notices)
        {
            WriteWarning(notice);
        }

        return _walks[family] = walk;
    }

    private IEnumerable<string> ResolveFiles(string path)
    {
        try
        {
            return GetResolvedProviderPathFromPSPath(path, out _);
        }
        catch (ItemNotFoundException)
        {
            throw Failure(nameof(Messages.DumpNotFound), NodeErrorCategory.NotFound, Printable.Text(path));
        }
    }

    private static NodeException Failure(string id, NodeErrorCategory category, params object?[] arguments) =>
        NodeException.Create(Messages.ResourceManager, id, category, arguments);
}
