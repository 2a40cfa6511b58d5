using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>The addresses in the lab. They exist in its namespaces only.</summary>
public sealed record LabAddresses
{
    private const int ServicePort = 80;
    private const int EndpointPort = 8080;

    private LabAddresses(LabTarget target, string node, string client, string neighbour, string routed, string gateway, string otherNode,
        string otherNodePod, string uplink, string service, int prefix)
    {
        Node = IPAddress.Parse(node);
        ClientAddress = IPAddress.Parse(client);
        Neighbour = IPAddress.Parse(neighbour);
        Routed = IPAddress.Parse(routed);
        RoutedGateway = IPAddress.Parse(gateway);
        OtherNode = IPAddress.Parse(otherNode);
        OtherNodePod = IPAddress.Parse(otherNodePod);
        Uplink = IPAddress.Parse(uplink);
        ServiceAddress = IPAddress.Parse(service);
        PrefixLength = prefix;
        EndpointAddress = target switch
        {
            LabTarget.SameBridge => Neighbour,
            LabTarget.OwnService => ClientAddress,
            LabTarget.Routed => Routed,
            _ => OtherNodePod,
        };
    }

    /// <summary>The bridge's own address: the pods' gateway.</summary>
    public IPAddress Node { get; }

    /// <summary>The calling pod.</summary>
    public IPAddress ClientAddress { get; }

    /// <summary>The other pod on the bridge.</summary>
    public IPAddress Neighbour { get; }

    /// <summary>The pod that is routed to.</summary>
    public IPAddress Routed { get; }

    /// <summary>That pod's gateway: the node's end of its link.</summary>
    public IPAddress RoutedGateway { get; }

    /// <summary>The second node's address on the wire between the nodes.</summary>
    public IPAddress OtherNode { get; }

    /// <summary>The pod on the second node.</summary>
    public IPAddress OtherNodePod { get; }

    /// <summary>The first node's address on the wire between the nodes.</summary>
    public IPAddress Uplink { get; }

    /// <summary>The Service's address.</summary>
    public IPAddress ServiceAddress { get; }

    /// <summary>The endpoint that the Service leads to.</summary>
    public IPAddress EndpointAddress { get; }

    /// <summary>The length of the pod subnet's prefix.</summary>
    public int PrefixLength { get; }

    /// <summary>The Service as the client calls it.</summary>
    public IPEndPoint Service => new(ServiceAddress, ServicePort);

    /// <summary>The endpoint as it listens.</summary>
    public IPEndPoint Endpoint => new(EndpointAddress, EndpointPort);

    /// <summary>The client as text.</summary>
    public string Client => ClientAddress.ToString();

    /// <summary>The addresses for a scenario.</summary>
    public static LabAddresses For(AddressFamily family, LabTarget target) => family == AddressFamily.InterNetworkV6
        ? new(target, "fd00:10:244::1", "fd00:10:244::2", "fd00:10:244::3", "fd00:10:244:1::2", "fd00:10:244:1::1", "fd00:10::2",
            "fd00:10:244:2::2", "fd00:10::1", "fd00:10:96::10", 64)
        : new(target, "10.244.0.1", "10.244.0.2", "10.244.0.3", "10.244.1.2", "10.244.1.1", "10.10.0.2", "10.244.2.2", "10.10.0.1",
            "10.96.0.10", 24);
}
