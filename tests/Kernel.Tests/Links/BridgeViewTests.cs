using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Nodes;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Links;

public sealed class BridgeViewTests
{
    private static void NoWarning(string text) => Assert.Fail(text);

    private static Bridge Read(NodeFixture node, BridgeNetfilterSwitches? switches = null) =>
        Assert.Single(BridgeView.Read(new LiveNode(KernelRoot.Live, node.Node).Links, switches ?? BridgeNetfilterSwitches.Unknown, NoWarning, default)!);

    [Fact]
    public void A_bridge_shows_its_ports_and_the_pods_behind_them()
    {
        using var node = new NodeFixture(3);
        node.Link.SetBridgePort("veth1", new BridgePortSettings { Hairpin = true });
        // A process of the pod leads to its namespace.
        using var process = node.Pods[1].Run(() => Process.Start("sleep", "60"));
        try
        {
            var bridge = Read(node);
            Assert.Equal(["10.244.0.1/16", "fd00:10:244::1/64"], bridge.Address);
            Assert.Equal(["veth0", "veth1", "veth2"], bridge.Ports.Select(p => p.Name));
            for (int i = 0; i < 3; i++)
            {
                var port = bridge.Ports[i];
                Assert.Equal([NodeFixture.PodAddress(i), NodeFixture.PodAddress6(i)], port.Addresses);
                Assert.Equal((PortAddressSource.PeerNamespace, i == 1, "cni0", "veth"), (port.AddressSource, port.Hairpin, port.Bridge, port.Kind));
                Assert.Equal(i == 1 ? process.Id : null, port.Pid);
                Assert.Equal(i == 1 ? $"{process.Id}" : null, port.NetNamespace);
            }
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    [Fact]
    public void Addresses_come_from_neighbours_where_the_other_end_cannot_be_read()
    {
        using var node = new NodeFixture(1);
        Tool.Run(node.Node, "ip link add outside type veth peer name inside");
        Tool.Run(node.Node, "ip link set outside master cni0 up");
        Tool.Run(node.Node, "bridge fdb add 02:00:00:00:07:07 dev outside master static");
        node.Link.SetNeighbor("cni0", IPAddress.Parse("10.244.7.7"), PhysicalAddress.Parse("02-00-00-00-07-07").GetAddressBytes());
        node.Link.SetNeighbor("cni0", IPAddress.Parse("fd00:10:244::77"), PhysicalAddress.Parse("02-00-00-00-07-07").GetAddressBytes());
        var port = Read(node).Ports.Single(p => p.Name == "outside");
        Assert.Equal(PortAddressSource.Neighbor, port.AddressSource);
        Assert.Equal(["10.244.7.7", "fd00:10:244::77"], port.Address.Select(a => a.ToString()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    public void A_bridge_opts_in_never_out(bool global, bool own, bool effective)
    {
        using var node = new NodeFixture(0);
        node.Link.SetBridge("cni0", new BridgeSettings { NfCallIptables = own, NfCallIp6tables = own, NfCallArptables = own });
        var bridge = Read(node, new BridgeNetfilterSwitches(true, global, global, global));
        Assert.Equal((effective, effective, effective, own), (bridge.IPv4Netfilter, bridge.IPv6Netfilter, bridge.ArpNetfilter, bridge.NfCallIptables));
        // Without the module nothing calls the hooks.
        Assert.False(Read(node, new BridgeNetfilterSwitches(false, null, null, null)).IPv4Netfilter);
    }

    [Fact]
    public void Pods_that_come_and_go_meanwhile_disturb_nothing()
    {
        using var node = new NodeFixture(8);
        using var stop = new CancellationTokenSource();
        var churn = new Thread(() =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                using var pod = K8sNetfilter.Namespaces.NetworkNamespace.Create("a short one");
                using var link = RouteNetlink.Open(node.Node);
                link.AddVethPair(new VethEnd("short") { MasterIndex = link.IndexOf("cni0") }, new VethEnd("eth0") { Namespace = pod });
                if (i % 2 == 0)
                {
                    link.DeleteLink("short");
                }
                else
                {
                    // The namespace goes first, and takes its end and so the other with it, in the kernel's own time.
                    pod.Dispose();
                    SpinWait.SpinUntil(() => link.FindLink("short") is null, TimeSpan.FromSeconds(20));
                }
            }
        });
        churn.Start();
        try
        {
            for (int i = 0; i < 200; i++)
            {
                var ports = Assert.Single(BridgeView.Read(new LiveNode(KernelRoot.Live, node.Node).Links, BridgeNetfilterSwitches.Unknown, _ => { }, default)!)
                    .Ports.Where(p => p.Name != "short").ToList();
                Assert.Equal(8, ports.Count);
                Assert.All(ports, p => Assert.Equal(PortAddressSource.PeerNamespace, p.AddressSource));
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }
    }

    [Fact]
    public void A_namespace_that_is_gone_leaves_its_port_without_addresses()
    {
        using var node = new NodeFixture(2);
        var source = new LiveNode(KernelRoot.Live, node.Node).Links;
        var links = source.ReadLinks(NoWarning, default)!;
        node.EndPod(0);
        // The pair is taken down some time after the last descriptor is closed.
        Assert.True(SpinWait.SpinUntil(() => node.Link.FindLink("veth0") is null, TimeSpan.FromSeconds(30)));
        var found = source.ReadPeerAddresses(links, NoWarning, default)!;
        Assert.Equal([links.Single(l => l.Name == "veth1").Index], found.Keys);
    }

    [Fact]
    public void Cancellation_ends_a_reading_of_the_bridges()
    {
        using var node = new NodeFixture(1);
        Assert.Throws<OperationCanceledException>(() => BridgeView.Read(new LiveNode(KernelRoot.Live, node.Node).Links, BridgeNetfilterSwitches.Unknown, NoWarning, new CancellationToken(true)));
    }
}
