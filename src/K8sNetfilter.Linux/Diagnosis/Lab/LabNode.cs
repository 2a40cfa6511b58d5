using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Links;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>
/// A node, its bridge and its pods as a scenario wants them, in network namespaces that only this object holds: they have no name in the
/// file system and are gone with it, also when the process is killed.
/// </summary>
internal sealed class LabNode : IDisposable
{
    private const string Bridge = "br0";
    private const string PodLink = "eth0";
    private const string Table = "k8snetfilter-lab";

    // kube-proxy's own mark for what is to be masqueraded (kubernetes/pkg/proxy/iptables/proxier.go).
    private const uint MasqueradeMark = 0x4000;

    private readonly List<NetworkNamespace> _namespaces = [];
    private LabScenario _scenario;
    private readonly LabAddresses _addresses;

    /// <summary>Builds it.</summary>
    /// <exception cref="NodeException">A capability is missing, or this kernel cannot build it.</exception>
    public LabNode(LabScenario scenario, CancellationToken cancellation)
    {
        _scenario = scenario;
        _addresses = LabAddresses.For(scenario.Family, scenario.Target);
        try
        {
            Node = Make(DiagnosisMessages.LabsNode);
            Client = Make(DiagnosisMessages.LabsClient);
            Endpoint = scenario.Target == LabTarget.OwnService ? Client : Make(DiagnosisMessages.LabsEndpoint);
            cancellation.ThrowIfCancellationRequested();
            BuildNode();
            cancellation.ThrowIfCancellationRequested();
            InstallRules(cancellation);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The node.</summary>
    public NetworkNamespace Node { get; }

    /// <summary>The calling pod.</summary>
    public NetworkNamespace Client { get; }

    /// <summary>The pod behind the Service.</summary>
    public NetworkNamespace Endpoint { get; }

    /// <summary>Whether this kernel has the switch of bridge netfilter: without br_netfilter it is as if it were off.</summary>
    public static bool HasSwitch(AddressFamily family) => File.Exists(Sysctl(CallKey(family == AddressFamily.InterNetworkV6)));

    /// <summary>Changes the node to the settings of another scenario with the same machines.</summary>
    /// <exception cref="NodeException">This kernel refuses.</exception>
    public void Become(LabScenario scenario, CancellationToken cancellation)
    {
        var before = _scenario;
        _scenario = scenario;
        Node.Run(() =>
        {
            Set(IsV6 ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward", scenario.Forwarding);
            SetCall();
        });
        if (scenario.Hairpin != before.Hairpin)
        {
            using var node = RouteNetlink.Open(Node);
            node.SetBridgePort("pod0", new BridgePortSettings { Hairpin = scenario.Hairpin });
        }

        if (scenario.ForwardDrop != before.ForwardDrop || scenario.Masquerade != before.Masquerade)
        {
            new NfBatch(IsV6 ? NfFamily.IPv6 : NfFamily.IPv4, Table).DeleteTable().Commit(Node, cancellation);
            InstallRules(cancellation);
        }
    }

    private static string CallKey(bool v6) => v6 ? "net/bridge/bridge-nf-call-ip6tables" : "net/bridge/bridge-nf-call-iptables";

    private bool IsV6 => _scenario.Family == AddressFamily.InterNetworkV6;

    private int HostPrefix => IsV6 ? 128 : 32;

    /// <inheritdoc/>
    public void Dispose()
    {
        // A namespace that loses its last holder takes its links, rules and connections with it.
        foreach (var space in _namespaces)
        {
            space.Dispose();
        }

        _namespaces.Clear();
    }

    private NetworkNamespace Make(string name)
    {
        var made = NetworkNamespace.Create(name);
        _namespaces.Add(made);
        if (IsV6)
        {
            // A link-local address that is still being checked for duplicates cannot ask for a neighbour: the first second would show
            // failures that have nothing to do with the scenario.
            made.Run(() => Set("net/ipv6/conf/default/accept_dad", false));
        }

        return made;
    }

    private void BuildNode()
    {
        using var node = RouteNetlink.Open(Node);
        node.SetUp("lo");
        node.AddBridge(Bridge, new BridgeSettings { MulticastSnooping = false });
        node.AddAddress(Bridge, _addresses.Node, _addresses.PrefixLength);
        AddBridgedPod(node, Client, "pod0", _addresses.ClientAddress);
        switch (_scenario.Target)
        {
            case LabTarget.SameBridge:
                AddBridgedPod(node, Endpoint, "pod1", _addresses.Neighbour);
                break;
            case LabTarget.Routed:
                node.AddVethPair(new VethEnd("pod1") { IsUp = true }, new VethEnd(PodLink) { Namespace = Endpoint });
                node.AddAddress("pod1", _addresses.RoutedGateway, HostPrefix);
                node.AddRoute(To(_addresses.Routed, HostPrefix, node.IndexOf("pod1")));
                SetUpPod(Endpoint, _addresses.Routed, HostPrefix, _addresses.RoutedGateway);
                break;
            case LabTarget.OtherNode:
                AddOtherNode(node);
                break;
            default:
                break;
        }

        Node.Run(() =>
        {
            Set(IsV6 ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward", _scenario.Forwarding);
            SetCall();
        });
        if (_scenario.BridgeFlag)
        {
            node.SetBridge(Bridge, IsV6 ? new BridgeSettings { NfCallIp6tables = true } : new BridgeSettings { NfCallIptables = true });
        }

        if (_scenario.Promiscuous)
        {
            node.SetPromiscuous(Bridge, true);
        }
    }

    /// <summary>The switch is there only where br_netfilter is; without it, it is as if it were off.</summary>
    private void SetCall()
    {
        string key = CallKey(IsV6);
        if (File.Exists(Sysctl(key)))
        {
            Set(key, _scenario.Call);
        }
        else if (_scenario.Call || _scenario.BridgeFlag)
        {
            throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.LabNeedsBridgeNetfilter), NodeErrorCategory.NotSupported, _scenario.Name);
        }
    }

    private void AddBridgedPod(RouteNetlink node, NetworkNamespace pod, string port, IPAddress address)
    {
        node.AddVethPair(
            new VethEnd(port) { MasterIndex = node.IndexOf(Bridge), IsUp = true }, new VethEnd(PodLink) { Namespace = pod });
        if (_scenario.Hairpin)
        {
            node.SetBridgePort(port, new BridgePortSettings { Hairpin = true });
        }

        SetUpPod(pod, address, _addresses.PrefixLength, _addresses.Node);
    }

    private void SetUpPod(NetworkNamespace pod, IPAddress address, int prefix, IPAddress gateway)
    {
        using var inside = RouteNetlink.Open(pod);
        inside.SetUp("lo");
        inside.SetUp(PodLink);
        inside.AddAddress(PodLink, address, prefix);
        inside.AddRoute(Default(gateway, inside.IndexOf(PodLink)));
    }

    private void AddOtherNode(RouteNetlink node)
    {
        var otherNode = Make(DiagnosisMessages.LabsSecondNode);
        int podNetwork = _addresses.PrefixLength, wirePrefix = IsV6 ? 64 : 24;
        node.AddVethPair(new VethEnd("wire0") { IsUp = true }, new VethEnd("wire0") { Namespace = otherNode });
        node.AddAddress("wire0", _addresses.Uplink, wirePrefix);
        using var other = RouteNetlink.Open(otherNode);
        other.SetUp("lo");
        other.SetUp("wire0");
        other.AddAddress("wire0", _addresses.OtherNode, wirePrefix);
        node.AddRoute(To(_addresses.OtherNodePod, HostPrefix, node.IndexOf("wire0")) with { Gateway = _addresses.OtherNode });
        other.AddRoute(To(Network(_addresses.Node, podNetwork), podNetwork, other.IndexOf("wire0")) with { Gateway = _addresses.Uplink });
        other.AddVethPair(new VethEnd("pod0") { IsUp = true }, new VethEnd(PodLink) { Namespace = Endpoint });
        // The pod's gateway is an address of that very link: neighbour discovery, unlike ARP, answers for no other.
        other.AddAddress("pod0", _addresses.RoutedGateway, HostPrefix);
        other.AddRoute(To(_addresses.OtherNodePod, HostPrefix, other.IndexOf("pod0")));
        SetUpPod(Endpoint, _addresses.OtherNodePod, HostPrefix, _addresses.RoutedGateway);
        otherNode.Run(() => Set(IsV6 ? "net/ipv6/conf/all/forwarding" : "net/ipv4/ip_forward", true));
    }

    /// <summary>
    /// Rules shaped like kube-proxy's: KUBE-SERVICES to KUBE-SVC to KUBE-SEP, and a mark that is masqueraded on the way out.
    /// </summary>
    private void InstallRules(CancellationToken cancellation)
    {
        byte protocol = _scenario.Protocol == ProtocolType.Tcp ? (byte)6 : (byte)17;
        var service = _addresses.Service;
        var endpoint = _addresses.Endpoint;
        var batch = new NfBatch(IsV6 ? NfFamily.IPv6 : NfFamily.IPv4, Table)
            .AddTable()
            .AddBaseChain("prerouting", "nat", NfHook.Prerouting, -100)
            .AddBaseChain("postrouting", "nat", NfHook.Postrouting, 100)
            .AddBaseChain("forward", "filter", NfHook.Forward, 0, accepts: !_scenario.ForwardDrop)
            .AddChain("KUBE-SERVICES")
            .AddChain("KUBE-SVC-LAB")
            .AddChain("KUBE-SEP-LAB")
            .AddRule("prerouting", rule => rule.Jump("KUBE-SERVICES"))
            .AddRule("KUBE-SERVICES", rule => rule
                .Destination(service.Address).Protocol(protocol).DestinationPort((ushort)service.Port).Jump("KUBE-SVC-LAB"));
        if (_scenario.Masquerade == LabMasquerade.All)
        {
            batch.AddRule("KUBE-SVC-LAB", rule => rule.SetMark(MasqueradeMark, MasqueradeMark));
        }

        batch.AddRule("KUBE-SVC-LAB", rule => rule.Jump("KUBE-SEP-LAB"));
        if (_scenario.Masquerade == LabMasquerade.Own)
        {
            batch.AddRule("KUBE-SEP-LAB", rule => rule.Source(endpoint.Address).SetMark(MasqueradeMark, MasqueradeMark));
        }

        batch.AddRule("KUBE-SEP-LAB", rule => rule.Protocol(protocol).DnatTo(endpoint.Address, (ushort)endpoint.Port))
            .AddRule("postrouting", rule => rule.Mark(MasqueradeMark, MasqueradeMark).Masquerade(fullyRandom: true))
            .Commit(Node, cancellation);
    }

    private Route To(IPAddress destination, int prefix, int link) => new()
    {
        Family = _scenario.Family,
        Destination = destination,
        PrefixLength = prefix,
        Table = 0,
        LinkIndex = link,
        Kind = RouteKind.Unicast,
    };

    private Route Default(IPAddress gateway, int link) => To(IsV6 ? IPAddress.IPv6Any : IPAddress.Any, 0, link) with { Gateway = gateway };

    private static IPAddress Network(IPAddress address, int prefix)
    {
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(prefix / 8).Clear();
        return new IPAddress(bytes);
    }

    private static string Sysctl(string key) => KernelRoot.Live.Resolve("/proc/sys/" + key);

    private static void Set(string key, bool on)
    {
        try
        {
            File.WriteAllText(Sysctl(key), on ? "1" : "0");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw KernelFailure.From(error is UnauthorizedAccessException ? Interop.Errno.EACCES : Interop.Errno.EROFS,
                DiagnosisMessages.SettingLabSysctl, key, "CAP_NET_ADMIN");
        }
    }
}
