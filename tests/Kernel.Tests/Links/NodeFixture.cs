using System.Globalization;
using System.Net;
using K8sNetfilter.Links;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Tests.Namespaces;

namespace K8sNetfilter.Tests.Links;

/// <summary>A node with a bridge and pods in private namespaces; all of it is gone with this object.</summary>
internal sealed class NodeFixture : IDisposable
{
    private readonly List<NetworkNamespace> _pods = [];

    public NodeFixture(int pods, string bridge = "cni0")
    {
        Node = Privilege.MakeNamespace("the node");
        Link = RouteNetlink.Open(Node);
        Link.SetUp("lo");
        Link.AddBridge(bridge);
        Link.AddAddress(bridge, IPAddress.Parse("10.244.0.1"), 16);
        Link.AddAddress(bridge, IPAddress.Parse("fd00:10:244::1"), 64);
        int index = Link.IndexOf(bridge);
        for (int i = 0; i < pods; i++)
        {
            var pod = NetworkNamespace.Create($"pod {i}");
            _pods.Add(pod);
            Link.AddVethPair(
                new VethEnd(PortName(i)) { MasterIndex = index, IsUp = true },
                new VethEnd("eth0") { Namespace = pod, MacAddress = Mac(i), IsUp = true });
            using var inside = RouteNetlink.Open(pod);
            inside.AddAddress("eth0", PodAddress(i), 16);
            inside.AddAddress("eth0", PodAddress6(i), 64);
        }
    }

    public NetworkNamespace Node { get; }

    public RouteNetlink Link { get; }

    public IReadOnlyList<NetworkNamespace> Pods => _pods;

    public static string PortName(int pod) => string.Create(CultureInfo.InvariantCulture, $"veth{pod}");

    public static byte[] Mac(int pod) => [0x0a, 0x58, 0x0a, 0xf4, (byte)((pod + 2) >> 8), (byte)(pod + 2)];

    public static IPAddress PodAddress(int pod) => new([10, 244, (byte)((pod + 2) >> 8), (byte)(pod + 2)]);

    public static IPAddress PodAddress6(int pod) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"fd00:10:244::{pod + 2:x}"));

    /// <summary>Closes a pod's namespace, as when the pod ends.</summary>
    public void EndPod(int pod) => _pods[pod].Dispose();

    public void Dispose()
    {
        Link.Dispose();
        _pods.ForEach(p => p.Dispose());
        Node.Dispose();
    }
}
