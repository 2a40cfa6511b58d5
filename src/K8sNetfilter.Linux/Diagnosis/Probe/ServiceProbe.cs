using System.Globalization;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Probe;

/// <summary>
/// Opens one real connection from inside a running pod, and explains what came of it with the entry that it left on the node.
/// </summary>
public sealed class ServiceProbe
{
    private readonly LiveNode _node;
    private readonly CallFacts _facts;

    /// <summary>Prepares probes on a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="facts">What is known of it.</param>
    public ServiceProbe(LiveNode node, CallFacts facts)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(facts);
        _node = node;
        _facts = facts;
    }

    /// <summary>
    /// One pod on each bridge: the first port whose network namespace can be entered, by process id and the pod's name for the result.
    /// </summary>
    public IEnumerable<(string Namespace, string Pod)> OnePodOnEachBridge(AddressFamily family)
    {
        foreach (var bridge in _facts.Bridges)
        {
            var port = bridge.Ports.FirstOrDefault(p => p.Pid is not null && p.Address.Any(a => IsOf(family, a)));
            if (port is not null)
            {
                yield return (port.Pid!.Value.ToString(CultureInfo.InvariantCulture), port.Address.First(a => IsOf(family, a)));
            }
        }
    }

    private static bool IsOf(AddressFamily family, string address) =>
        family == AddressFamily.InterNetworkV6 == address.Contains(':', StringComparison.Ordinal);

    /// <summary>Makes the call.</summary>
    /// <param name="sourcePod">The pod's address, or its network namespace: a name, a process id or a path.</param>
    /// <param name="name">The Service's name, for the result; null where it is not known.</param>
    /// <param name="service">The Service's address and port.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="NodeException">The pod cannot be found or entered.</exception>
    public ServiceHairpinResult Call(
        string sourcePod, string? name, IPEndPoint service, ProtocolType protocol, TimeSpan timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(service);
        RuntimeThreads.StartForSockets();
        using var pod = Enter(sourcePod, cancellation);
        using var call = pod.Run(() => new ServiceCall(service, protocol));
        // A UDP server that knows nothing of us may not answer; one byte is at least refused where nobody listens.
        var observed = call.Make(protocol == ProtocolType.Udp ? [0] : [], wantEcho: false, timeout, cancellation);
        var entry = Find(service, call.SourcePort, cancellation);
        var explained = CallExplanation.For(observed, entry, entry is null ? call.SourceAddress : IPAddress.Parse(entry.Source),
            service.AddressFamily, _facts);
        if (entry is null && explained.Cause == ServiceHairpinCause.DroppedByRule)
        {
            // All rules are read for it, so only where it matters.
            var facts = _facts with { TracksConnections = TracksConnections(FamilyOf(service), cancellation) };
            explained = CallExplanation.For(observed, entry, call.SourceAddress, service.AddressFamily, facts);
        }

        if (protocol == ProtocolType.Udp && explained is { Verdict: ServiceVerdict.Broken, Cause: ServiceHairpinCause.EndpointSilent })
        {
            explained = explained with
            {
                Verdict = ServiceVerdict.Inconclusive,
                Remedy = DiagnosisMessages.UdpNeedNotAnswer,
            };
        }

        return new ServiceHairpinResult
        {
            Service = name,
            ServiceIP = service.Address.ToString(),
            Port = service.Port,
            Protocol = protocol == ProtocolType.Tcp ? "tcp" : "udp",
            SourcePod = (entry?.Source ?? call.SourceAddress?.ToString()) ?? Printable.Text(sourcePod),
            Endpoint = entry is not null && CallExplanation.IsTranslated(entry)
            ? new IPEndPoint(IPAddress.Parse(entry.ReplySource), entry.ReplySourcePort ?? 0).ToString() : null,
            Bridge = explained.Bridge,
            Verdict = explained.Verdict,
            Cause = explained.Cause,
            Evidence = explained.Evidence,
            Remedy = explained.Remedy,
        };
    }

    private ConntrackEntry? Find(IPEndPoint service, int sourcePort, CancellationToken cancellation)
    {
        var filter = new ConntrackFilter
        {
            Family = FamilyOf(service),
            SourcePorts = [(ushort)sourcePort],
            DestinationPorts = [(ushort)service.Port],
        };
        return _node.Conntrack.Read(filter, _ => { }, cancellation)?.FirstOrDefault(e => e.Destination == service.Address.ToString());
    }

    private bool? TracksConnections(IPFamily family, CancellationToken cancellation)
    {
        var hooks = KernelHooks.Unknown;
        var rules = SteadyRuleset.Read(
            _node.Rulesets, new RulesetQuery { Family = family, WithoutCounters = true }, () =>
            hooks = _node.Hooks.ReadHooks(cancellation) ?? KernelHooks.Unknown, cancellation);
        return rules is null ? null : new HookListBuilder(family, rules, hooks, []).TracksConnections;
    }

    private static IPFamily FamilyOf(IPEndPoint service) =>
        service.AddressFamily == AddressFamily.InterNetworkV6 ? IPFamily.IPv6 : IPFamily.IPv4;

    /// <summary>A pod is named by its address, or by its namespace.</summary>
    private NetworkNamespace Enter(string sourcePod, CancellationToken cancellation)
    {
        if (!IPAddress.TryParse(sourcePod, out var address)
            || int.TryParse(sourcePod, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            return NetworkNamespace.Open(KernelRoot.Live, sourcePod);
        }

        if (PodPlace.Find(_facts.Bridges, address)?.Port is { Pid: { } pid })
        {
            return NetworkNamespace.Open(KernelRoot.Live, pid.ToString(CultureInfo.InvariantCulture));
        }

        foreach (var found in NetworkNamespaces.Find(KernelRoot.Live, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                var candidate = NetworkNamespace.Open(KernelRoot.Live, found);
                using var links = RouteNetlink.Open(candidate);
                if (links.ReadAddresses(cancellation).Items.Any(a => a.IPAddress.Equals(address)))
                {
                    return candidate;
                }

                candidate.Dispose();
            }
            catch (NodeException)
            {
                // One that vanished, or that may not be entered, is not the pod's.
            }
        }

        throw NodeException.Create(Messages.ResourceManager, nameof(Messages.PodNotFound), NodeErrorCategory.NotFound, address);
    }
}
