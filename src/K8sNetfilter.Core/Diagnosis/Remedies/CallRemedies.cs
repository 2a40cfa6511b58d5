using System.Globalization;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>What may help where a pod's call to a Service fails. Whether it does is for <see cref="RemedyProof"/> to say.</summary>
internal static class CallRemedies
{
    private const string MasqueradeJump = "-m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING";
    private const string ServicesJump = "-m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES";

    /// <summary>Calls the Service for real.</summary>
    public static Remedy Probe(NodeService service) => Remedy.Cmdlet(string.Create(
        CultureInfo.InvariantCulture, $"Test-ServiceHairpin -Probe -ServiceIP {service.IP} -Port {service.Port}{(service.Protocol == "udp" ? " -Protocol Udp" : "")}"));

    /// <summary>Shows a Service's endpoints as the cluster has them.</summary>
    public static Remedy Endpoints(NodeService service) => Remedy.Cluster(
        service.Name is null || !CommandPlace.IsWord(service.Name) || !CommandPlace.IsWord(service.Namespace)
        ? "kubectl get endpointslices --all-namespaces"
        : $"kubectl -n {service.Namespace} get endpointslices -l kubernetes.io/service-name={service.Name}");

    /// <summary>Shows the pod that has an address.</summary>
    public static Remedy Receiver(IPAddress address) =>
        Remedy.Cluster($"kubectl get pods --all-namespaces -o wide --field-selector status.podIP={address}");

    /// <summary>Shows each rule that a call meets.</summary>
    public static Remedy Trace(WalkTuple opened, byte protocol, IPFamily family) => Remedy.Look(string.Create(
        CultureInfo.InvariantCulture,
        $"Trace-NetfilterPacket -Source {AddressBits.ToAddress(opened.Source, family)} -Destination {AddressBits.ToAddress(opened.Destination, family)} -DestinationPort {opened.DestinationPort}{(protocol == IPProtocolName.Tcp ? "" : $" -Protocol {IPProtocolName.Of(protocol)}")}"));

    /// <summary>Has the node forward what comes in by an interface.</summary>
    public static Remedy Forwarding(ForwardingModel network, IPFamily family, string? input)
    {
        string name = network.ForwardingParameter(family, input);
        return CommandPlace.IsWord(name.Replace('/', '.')) ? Remedy.Of(new SysctlStep(name, 1))
            : Remedy.Look("Get-NodeSysctl -Name net.ipv4.conf.*.forwarding");
    }

    /// <summary>Has a bridge send frames back out of a port, or between isolated ones.</summary>
    public static Remedy Port(string? port, PortFlag flag) => CommandPlace.IsWord(port) ? Remedy.Of(new PortStep(port!, flag))
        : Remedy.Look("Get-NodeBridgePort");

    /// <summary>Has bridged answers meet connection tracking.</summary>
    public static Remedy BridgeNetfilter(IPFamily family, bool? hasModule) =>
        hasModule == false ? Remedy.Of(new BridgeModuleStep(), SysctlStep.BridgeCall(family)) : Remedy.Of(SysctlStep.BridgeCall(family));

    /// <summary>Takes a rule out.</summary>
    public static Remedy Delete(NetfilterRule rule) => CommandPlace.IsWord(rule.Chain) && CommandPlace.IsWord(rule.Table)
        ? Remedy.Of(RuleStep.In(rule.InChain, RuleEdit.Delete(rule.Chain, rule.Number))) : Remedy.Look("Get-NetfilterRule -Table raw");

    /// <summary>Takes rules out, from the end, so that the numbers of those before stay.</summary>
    public static Remedy Delete(IEnumerable<NetfilterRule> rules) =>
        new([.. rules.OrderByDescending(r => r.Number).SelectMany(r => Delete(r).Steps)]);

    /// <summary>Moves a jump to the front, which is where kube-proxy puts its own.</summary>
    public static Remedy MoveFirst(NetfilterRule jump)
    {
        string name = jump.JumpsTo!.Name;
        string rule = name == "KUBE-POSTROUTING" ? MasqueradeJump : $"-j {name}";
        return Remedy.Of(RuleStep.In(jump.InChain, RuleEdit.First(jump.Chain, rule)),
            RuleStep.In(jump.InChain, RuleEdit.Delete(jump.Chain, jump.Number + 1)));
    }

    /// <summary>Has marked packets come to kube-proxy's masquerading; null where the chain is not there, or is jumped to.</summary>
    public static Remedy? JumpToMasquerade(Ruleset rules, NodeService service) =>
        Jump(rules, service, "POSTROUTING", "KUBE-POSTROUTING", MasqueradeJump);

    /// <summary>Has packets come to the rules of Services; null where these are not there, or are jumped to.</summary>
    public static Remedy? JumpToServices(Ruleset rules, NodeService service) =>
        Jump(rules, service, "PREROUTING", "KUBE-SERVICES", ServicesJump);

    /// <summary>Has the endpoint's own call marked as kube-proxy does; null where there is nothing to mark it with.</summary>
    public static Remedy? MarkOwnCall(NetfilterChain? endpoint, IPAddress address) =>
        endpoint is null || endpoint.Owner.FindChain("KUBE-MARK-MASQ") is not { RuleCount: > 0 }
        || !CommandPlace.IsWord(endpoint.Name) ? null
        : Remedy.Of(RuleStep.In(endpoint,
            RuleEdit.First(endpoint.Name, $"-s {address}/{address.GetAddressBytes().Length * 8} -j KUBE-MARK-MASQ")));

    private static Remedy? Jump(Ruleset rules, NodeService service, string from, string to, string rule) =>
        rules.FindTable("nat", service.Family, service.Backend) is { } nat && nat.FindChain(from) is { IsBuiltIn: true } hook
        && nat.FindChain(to) is { RuleCount: > 0 } chain && !chain.IsReferencedBy(hook)
            ? Remedy.Of(RuleStep.In(hook, RuleEdit.First(from, rule))) : null;
}
