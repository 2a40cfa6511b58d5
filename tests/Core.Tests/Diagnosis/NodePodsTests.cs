using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Links;
using K8sNetfilter.Tests.Nodes;
using K8sNetfilter.Tests.Simulation;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>Where an address is, as a node's links, neighbours and routes show it.</summary>
public sealed class NodePodsTests
{
    private static NodePods Read(PlainNode node) =>
        new(ForwardingModelReader.Read(node.Links, node.Sysctls, Assert.Fail, TestContext.Current.CancellationToken), IPFamily.IPv4);

    private static (string Kind, string? Bridge, string? Link) Find(NodePods pods, string address) =>
        pods.Find(AddressBits.From(IPAddress.Parse(address))) is var pod ? (pod.Kind.ToString(), pod.Bridge, pod.Link) : default;

    // A pod on a link of its own, as Calico has it.
    private static void AddRouted(PlainNode node, string address, string? kind)
    {
        node.Links.Links.Add(new Link { Index = 8, Name = "cali8", Kind = kind, IsUp = true, HasCarrier = true, Mtu = 1500 });
        node.Links.Routes.Add(PlainLinks.To(address + "/32", 8));
    }

    [Fact]
    public void A_pod_behind_a_bridge_is_found_with_its_port_and_one_on_a_link_of_its_own_with_that()
    {
        var node = new PlainNode();
        AddRouted(node, "10.244.9.9", "veth");
        var pods = Read(node);
        Assert.Equal(("Bridged", "cni0", "veth-a"), Find(pods, "10.244.0.2"));
        Assert.Equal(("Routed", null, "cali8"), Find(pods, "10.244.9.9"));
        Assert.Equal([2, 1], pods.Grounds.Select(g => g.Count));
    }

    [Fact]
    public void An_address_of_the_bridges_network_whose_port_is_not_known_is_behind_the_bridge()
    {
        var node = new PlainNode();
        Assert.Equal(("Bridged", "cni0", null), Find(Read(node), "10.244.0.77"));

        // With the node's uplink in it the bridge reaches other machines too.
        int eth0 = node.Links.Links.FindIndex(l => l.Name == "eth0");
        node.Links.Links[eth0] = node.Links.Links[eth0] with { MasterIndex = 3 };
        Assert.Equal(("Elsewhere", null, null), Find(Read(node), "10.244.0.77"));
    }

    [Theory]
    [InlineData("10.244.0.1", "Node")]
    [InlineData("192.168.1.10", "Node")]
    [InlineData("192.168.1.77", "Elsewhere")]
    [InlineData("10.9.9.9", "Elsewhere")]
    public void An_address_of_the_node_and_one_behind_its_uplink_are_no_pods(string address, string kind) =>
        Assert.Equal((kind, null, null), Find(Read(new PlainNode()), address));

    [Fact]
    public void A_host_route_to_what_is_no_veth_leads_to_no_pod_of_this_node()
    {
        var node = new PlainNode();
        AddRouted(node, "10.244.9.9", "vxlan");
        var pods = Read(node);
        Assert.Equal("Elsewhere", Find(pods, "10.244.9.9").Kind);
        Assert.Single(pods.Grounds);
    }

    [Fact]
    public void Without_routes_it_is_not_known_where_an_address_is()
    {
        var pods = new NodePods(ForwardingModel.Unknown, IPFamily.IPv4);
        Assert.Equal("Unknown", Find(pods, "10.244.0.2").Kind);
        Assert.Empty(pods.Grounds);
    }
}
