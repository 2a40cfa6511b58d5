using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Probe;
using K8sNetfilter.Errors;
using K8sNetfilter.Nodes;
using K8sNetfilter.Services;
using K8sNetfilter.Surface;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <content>-Probe: real connections.</content>
public sealed partial class TestServiceHairpinCommand
{
    private void RunProbe(LiveNode node)
    {
        foreach (var service in Called(node))
        {
            StopToken.ThrowIfCancellationRequested();
            Guard(() => RunProbe(node, service), service.FullName);
        }
    }

    private void RunProbe(LiveNode node, NodeService service)
    {
        var called = new IPEndPoint(service.IP is { } ip ? IPAddress.Parse(ip) : NodeAddress(node, service.Family), service.Port);
        var protocol = ProtocolOf(service.Protocol);
        var probe = new ServiceProbe(node, ReadFacts(called.AddressFamily) with { Endpoints = [.. service.EndpointDetails.Select(e => IPAddress.Parse(e.IP))] });
        List<string> pods = SourcePod is not null ? [SourcePod] : [.. probe.OnePodOnEachBridge(called.AddressFamily).Select(p => p.Namespace)];
        if (pods.Count == 0)
        {
            throw NodeException.Create(Messages.ResourceManager, nameof(Messages.NoPodToProbeFrom), NodeErrorCategory.NotFound);
        }

        foreach (string pod in pods)
        {
            Guard(() =>
            {
                var result = probe.Call(pod, service.FullName, called, protocol, TimeSpan.FromSeconds(TimeoutSeconds), StopToken);
                Give(Prove([result])[0], result.Verdict == ServiceVerdict.Works);
            }, pod);
        }
    }

    /// <summary>What is called: an address and port, a node port of a row that has no address, or what a name means.</summary>
    private IReadOnlyList<NodeService> Called(LiveNode node)
    {
        if (Port != 0 && (ServiceIP is not null || MyInvocation.BoundParameters.ContainsKey(nameof(ServiceIP))))
        {
            var family = ServiceIP is null ? OneFamily : ServiceIP.AddressFamily == AddressFamily.InterNetworkV6 ? IPFamily.IPv6 : IPFamily.IPv4;
            var address = ServiceIP ?? NodeAddress(node, family);

            // A node port has no address of its own.
            var known = ReadServices().Where(s => s.Family == family && (s.IP is null || s.IP == address.ToString()) && s.Port == Port
                    && s.Protocol.Equals(Protocol[0], StringComparison.OrdinalIgnoreCase))
                .OrderBy(s => s.IP is null).FirstOrDefault();
            return
            [
                (known ?? new NodeService { Type = default, Port = Port, Protocol = Protocol[0], ProxyMode = default, Family = family }) with { IP = address.ToString() },
            ];
        }

        // Not mandatory: the engine would take any object of a pipeline for a probe's then, with or without -Probe.
        if (Name is null && Namespace is null && ServiceIP is null)
        {
            throw NodeException.Create(Messages.ResourceManager, nameof(Messages.ProbeNeedsService), NodeErrorCategory.InvalidArgument);
        }

        string[] protocols = MyInvocation.BoundParameters.ContainsKey(nameof(Protocol)) ? Protocol : ["tcp", "udp"];
        var asked = new AskedService(Name, Namespace, ServiceIP, Port, protocols, FamilyChoice.Of(Family));
        var called = asked.Called(NodeServices.Read(node, [], WriteProblem, StopToken) ?? throw NoAnswer());
        foreach (string name in asked.Missing)
        {
            WriteNodeError(NodeException.Create(Messages.ResourceManager, nameof(Messages.ServiceNotFound), NodeErrorCategory.NotFound, Printable.Text(name)), name);
        }

        if (called.Count == 0 && !asked.Missing.Any())
        {
            _allWork = false;
            WriteWarning(Messages.NoSuchServices);
        }

        return called;
    }

    private IPFamily OneFamily => FamilyChoice.Of(Family) == IPFamily.IPv6 ? IPFamily.IPv6 : IPFamily.IPv4;

    private IPAddress NodeAddress(LiveNode node, IPFamily family) => NodePortAddress.Read(node, family, WriteWarning, StopToken)
        ?? throw NodeException.Create(Messages.ResourceManager, nameof(Messages.NoNodeAddress), NodeErrorCategory.NotFound, family, "-ServiceIP");
}
