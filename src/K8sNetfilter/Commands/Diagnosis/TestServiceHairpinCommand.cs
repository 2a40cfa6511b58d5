using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Errors;
using K8sNetfilter.Links;
using K8sNetfilter.Nodes;
using K8sNetfilter.Services;
using K8sNetfilter.Surface;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>
/// Shows whether pods reach Services whose endpoint is on their own node, and why not: from what the node says of itself, by walking each
/// call through its rules there and back; on this kernel in private namespaces (-Lab); with one real connection from a running pod
/// (-Probe); or from the calls that suffer in conntrack now (-Passive).
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "ServiceHairpin", DefaultParameterSetName = DecideSet)]
[OutputType(typeof(LabResult), ParameterSetName = [LabSet])]
[OutputType(typeof(ServiceHairpinResult), ParameterSetName = [DecideSet, ProbeSet, PassiveSet])]
[OutputType(typeof(bool))]
public sealed partial class TestServiceHairpinCommand : NetworkNodeCommand, ISnapshotReader
{
    private const string DecideSet = "Decide";
    private const string LabSet = "Lab";
    private const string ProbeSet = "Probe";
    private const string PassiveSet = "Passive";

    // False as soon as anything could not be asked, so that -Quiet never says yes to what was not seen.
    private readonly List<AskedService> _asked = [];
    private bool _allWork = true;
    private IReadOnlyList<NodeService>? _services;

    /// <summary>
    /// Services by <c>namespace/name</c>, <c>namespace/name:port</c> or their name alone; wildcards are taken. Default: every Service with an
    /// endpoint on this node. With -Probe one connection is opened to each port of them, at the cluster IP where there is one.
    /// </summary>
    [Parameter(Position = 0, ParameterSetName = DecideSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = ProbeSet, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.NodeServiceCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The Services' namespace; wildcards are taken.</summary>
    [Parameter(ParameterSetName = DecideSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = ProbeSet, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.NodeServiceNamespaceCompleter))]
    public string? Namespace { get; set; }

    /// <summary>Builds a node, a bridge and pods in private namespaces and tries each scenario with real traffic. The node is not touched.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LabSet)]
    public SwitchParameter Lab { get; set; }

    /// <summary>IPv4 or IPv6. Default: both; in the lab IPv4.</summary>
    [Parameter(ParameterSetName = DecideSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = LabSet)]
    [Parameter(ParameterSetName = ProbeSet, ValueFromPipelineByPropertyName = true)]
    [Alias("IPFamily")]
    [ValidateNotNullOrEmpty]
    public IPFamily[] Family { get; set; } = [];

    /// <summary>The scenarios to try; wildcards are taken. Default: all.</summary>
    [Parameter(ParameterSetName = LabSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(Completion.LabScenarioCompleter))]
    public string[]? Scenario { get; set; }

    /// <summary>Opens one real connection (or sends one UDP datagram) from inside a running pod.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ProbeSet)]
    public SwitchParameter Probe { get; set; }

    /// <summary>Looks in conntrack for connections that suffer now; sends nothing.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PassiveSet)]
    public SwitchParameter Passive { get; set; }

    /// <summary>The Service's address. A row of Get-NodeService without one is a node port: with -Probe an address of this node is called.</summary>
    [Parameter(ParameterSetName = DecideSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = ProbeSet, ValueFromPipelineByPropertyName = true)]
    [Alias("IP")]
    [ArgumentCompleter(typeof(Completion.NodeAddressCompleter))]
    public IPAddress? ServiceIP { get; set; }

    /// <summary>The Service's port.</summary>
    [Parameter(ParameterSetName = DecideSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = ProbeSet, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, 65535)]
    [ArgumentCompleter(typeof(Completion.ServicePortCompleter))]
    public int Port { get; set; }

    /// <summary>TCP or UDP; without switches also SCTP. In the lab both can be given.</summary>
    [Parameter(ParameterSetName = DecideSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = LabSet)]
    [Parameter(ParameterSetName = ProbeSet, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Tcp", "Udp", "Sctp")]
    public string[] Protocol { get; set; } = ["Tcp"];

    /// <summary>The pod that calls: its address, or its network namespace (a name, a process id, a path). Default: one pod on each bridge.</summary>
    [Parameter(ParameterSetName = ProbeSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.PodCompleter))]
    public string? SourcePod { get; set; }

    /// <summary>How long a probe waits, in seconds.</summary>
    [Parameter(ParameterSetName = ProbeSet)]
    [ValidateRange(0.1, 300)]
    [Alias("Timeout")]
    public double TimeoutSeconds { get; set; } = 3;

    /// <summary>Gives true or false instead of objects: whether everything works (in the lab: whether this kernel does what is said of it). False too
    /// where an error says that it could not be tried.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = DecideSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = PassiveSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        if (ParameterSetName == DecideSet)
        {
            string[] protocols = MyInvocation.BoundParameters.ContainsKey(nameof(Protocol)) ? Protocol : [];
            bool isOne = Name is not null || Namespace is not null || ServiceIP is not null || Port != 0 || protocols.Length > 0 || Family.Length > 0;
            _asked.Add(isOne ? new AskedService(Name, Namespace, ServiceIP, Port, protocols, FamilyChoice.Of(Family)) : AskedService.Every);

            // The rules are read once, for all Services that come through the pipeline.
            if (!MyInvocation.ExpectingInput)
            {
                Decide();
            }

            return;
        }

        switch (ParameterSetName)
        {
            case LabSet:
                RunLab();
                break;
            case ProbeSet:
                RunProbe((LiveNode)Node);
                break;
            default:
                LookInConntrack();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnFailure(NodeException failure) => _allWork = false;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (MyInvocation.ExpectingInput && _asked.Count > 0)
        {
            DecideAsked();
        }

        if (Quiet && !StopToken.IsCancellationRequested)
        {
            WriteObject(_allWork);
        }
    }

    private protected override bool IsNoSnapshot(string path)
    {
        Name = NameBeside(Name, path);
        return false;
    }

    private protected override void LeaveNode()
    {
        if (_asked.Count > 0)
        {
            DecideAsked();
            _asked.Clear();
        }

        _services = null;
    }

    private void DecideAsked() => Guard(() =>
    {
        Decide();
        TellMissing();
    });

    private void Decide()
    {
        bool every = _asked.Exists(a => a.IsEvery);
        var query = new HairpinQuery
        {
            Wants = every ? null : service => _asked.Exists(a => a.Covers(service)),
            Warn = WriteWarning,
            OnProblem = WriteProblem,
        };
        var results = ServiceHairpinDiagnosis.Run(Node, query, StopToken)
            ?? throw NoAnswer();
        bool any = false;
        foreach (var result in results)
        {
            any = true;
            Give(result, result.Verdict == ServiceVerdict.Works);
        }

        string[] missing = [.. _asked.SelectMany(a => a.Missing).Distinct(StringComparer.OrdinalIgnoreCase)];
        if (!any && missing.Length == 0)
        {
            // Silence would read as "all is well".
            _allWork &= every;
            if (LacksRight)
            {
                return;
            }

            WriteWarning(every ? Messages.NothingToDecide : Messages.NoSuchServices);
        }

        foreach (string name in missing)
        {
            WriteNodeError(NodeException.Create(Messages.ResourceManager, nameof(Messages.ServiceNotFound), NodeErrorCategory.NotFound, Printable.Text(name)), name);
        }
    }

    private void RunLab()
    {
        HairpinLab.Require();
        var scenarios = new List<LabScenario>();
        foreach (var family in Family.Length == 0 ? [IPFamily.IPv4] : Family.Distinct())
        {
            foreach (string protocol in Protocol.Distinct(StringComparer.OrdinalIgnoreCase))
            {
                scenarios.AddRange(LabScenario.Defaults(
                    family == IPFamily.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, ProtocolOf(protocol)));
            }
        }

        if (Scenario is not null)
        {
            var patterns = Scenario.Select(s => new WildcardPattern(s, WildcardOptions.IgnoreCase)).ToArray();
            for (int i = 0; i < patterns.Length; i++)
            {
                if (!WildcardPattern.ContainsWildcardCharacters(Scenario[i]) && !scenarios.Exists(s => patterns[i].IsMatch(s.Name)))
                {
                    WriteNodeError(NodeException.Create(
                        Messages.ResourceManager, nameof(Messages.ScenarioNotFound), NodeErrorCategory.NotFound, Printable.Text(Scenario[i]),
                        string.Join(", ", scenarios.Select(s => s.Name).Distinct())), Scenario[i]);
                }
            }

            scenarios.RemoveAll(s => !patterns.Any(p => p.IsMatch(s.Name)));
            _allWork &= scenarios.Count > 0;
        }

        int done = 0;
        var progress = new ProgressRecord(1, CommandMessages.TryingScenarios, CommandMessages.BuildingNamespaces);
        WriteProgress(progress);
        foreach (var result in HairpinLab.Run(scenarios, StopToken))
        {
            progress.StatusDescription = string.Create(CultureInfo.InvariantCulture, $"{++done} of {scenarios.Count}: {result.Scenario}");
            progress.PercentComplete = done * 100 / scenarios.Count;
            WriteProgress(progress);
            Give(result, result.IsAsExpected);
        }

        progress.RecordType = ProgressRecordType.Completed;
        WriteProgress(progress);
    }

    private void LookInConntrack()
    {
        // Not only what is translated: an entry from a time without endpoints leads nowhere.
        var filter = new ConntrackFilter { Unreplied = true };
        if (Node.Conntrack.Read(filter, WriteWarning, StopToken) is not { } entries)
        {
            throw NoAnswer();
        }

        foreach (var result in Prove(HairpinFingerprint.Find(entries, ReadFacts(AddressFamily.InterNetwork), Services())))
        {
            // A datagram that was not answered, where nothing on the way is wrong, need not have been.
            Give(result, result is { Verdict: ServiceVerdict.Inconclusive, Cause: ServiceHairpinCause.EndpointSilent });
        }
    }

    // What was seen is said in any case; where the rules can't be read, its remedy is not tried.
    private IReadOnlyList<ServiceHairpinResult> Prove(IReadOnlyList<ServiceHairpinResult> seen)
    {
        try
        {
            return Quiet ? seen : ObservedRemedies.Prove(Node, seen, new HairpinQuery { Warn = WriteVerbose, OnProblem = p => WriteVerbose(p.Message) }, StopToken);
        }
        catch (NodeException failure)
        {
            WriteVerbose(CommandMessages.RemediesNotTried(failure.Message));
            return seen;
        }
    }

    // Read when the first connection asks for them, and once.
    private IEnumerable<NodeService> Services()
    {
        foreach (var service in _services ??= ReadServices())
        {
            yield return service;
        }
    }

    /// <summary>The Services of the node. Only names and endpoints come from them: where they cannot be read, the connections say enough.</summary>
    private IReadOnlyList<NodeService> ReadServices()
    {
        try
        {
            return NodeServices.Read(Node, [], p => WriteVerbose(p.Message), StopToken) ?? [];
        }
        catch (NodeException failure)
        {
            WriteVerbose(CommandMessages.ServiceNamesUnknown(failure.Message));
            return [];
        }
    }

    private CallFacts ReadFacts(AddressFamily family)
    {
        var switches = BridgeNetfilterSwitches.Read(Node.Sysctls);
        var usage = Node.Conntrack.ReadStatistic(StopToken);
        return new CallFacts
        {
            Place = Node.Place,
            Bridges = BridgeView.Read(Node.Links, switches, WriteWarning, StopToken) ?? [],
            HasBridgeNetfilter = switches.IsPresent,
            Forwarding = Node.Sysctls.ReadValue(family == AddressFamily.InterNetworkV6 ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward")?.Trim() is { } value
                ? value != "0" : null,
            IsConntrackFull = usage is { Count: { } count, Maximum: { } maximum } ? maximum != 0 && count >= maximum : null,
        };
    }

    private void Give(object result, bool works)
    {
        _allWork &= works;
        if (!Quiet)
        {
            WriteObject(result);
        }
    }

    private static ProtocolType ProtocolOf(string name) => name.ToUpperInvariant() switch
    {
        "TCP" => ProtocolType.Tcp,
        "UDP" => ProtocolType.Udp,
        _ => throw NodeException.Create(Messages.ResourceManager, nameof(Messages.InvalidProtocol), NodeErrorCategory.InvalidArgument, Printable.Text(name)),
    };
}
