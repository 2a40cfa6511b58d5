using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Diagnosis.Probe;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Simulation;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// What is found in the rules of a chain that stands is put on a node for real: traffic suffers as the evidence says, the remedy is run, the
/// finding is gone, and traffic works.
/// </summary>
public sealed class LiveChainContentTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static NetfilterChainResult[] Judge(NetworkNamespace space)
    {
        var node = new LiveNode(KernelRoot.Live, space);
        return [.. ChainReport.Read(node.Rulesets.Read(new RulesetQuery(), Cancellation)!, null, isWhole: true, node: node)];
    }

    private static NetfilterChainResult Fault(NetworkNamespace space) => Assert.Single(Judge(space), r => r.Verdict != ChainVerdict.Works);

    private static void Obey(NetworkNamespace space, NetfilterChainResult result)
    {
        Tool.Run(space, "sh", "-c", result.Remedy!);
        Assert.DoesNotContain(Judge(space), r => r.Verdict != ChainVerdict.Works);
    }

    public static TheoryData<NetfilterBackend, int> Versions => new(
        from backend in Enum.GetValues<NetfilterBackend>()
        from minor in KubeProxyVersion.Minors
        select (backend, minor));

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_rules_of_each_version_are_taken_by_the_tools_and_found_whole(NetfilterBackend backend, int minor)
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, backend, IPFamily.IPv4, KubeProxyVersion.Write(minor, KubeProxySample.Services));
        Assert.All(Judge(space), r => Assert.True(r.Verdict == ChainVerdict.Works, r.ToString()));
    }

    [Theory]
    [InlineData(NetfilterBackend.Nft, "-m mark --mark 0x8000/0x8000 ", "")]
    [InlineData(NetfilterBackend.Legacy, "-m mark --mark 0x8000/0x8000 ", "")]
    [InlineData(NetfilterBackend.Nft, "! -s 127.0.0.0/8 -d 127.0.0.0/8 ", "-d 127.0.0.0/8 ")]
    [InlineData(NetfilterBackend.Legacy, "! -s 127.0.0.0/8 -d 127.0.0.0/8 ", "")]
    public void What_a_changed_rule_of_kubelet_s_drops_comes_through_after_the_remedy(NetfilterBackend backend, string condition, string instead)
    {
        string text = KubeProxyVersion.Write(22, KubeProxySample.Services);
        using var whole = Privilege.MakeNamespace();
        Tool.Run(whole, "ip link set lo up");
        Restore.Do(whole, backend, IPFamily.IPv4, text);
        Assert.True(CallsItself(whole));

        using var space = Privilege.MakeNamespace();
        Tool.Run(space, "ip link set lo up");
        Restore.Do(space, backend, IPFamily.IPv4, text.Replace(condition, instead, StringComparison.Ordinal));
        var fault = Fault(space);
        Assert.Equal((ChainOwner.Kubelet, ChainVerdict.Broken, ChainCause.RuleChanged), (fault.Owner, fault.Verdict, fault.Cause));
        Assert.False(CallsItself(space));
        Obey(space, fault);
        Assert.True(CallsItself(space));
    }

    private static bool CallsItself(NetworkNamespace space) => space.Run(() =>
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 400 };
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            client.SendTo(new byte[1], server.LocalEndPoint!);
            return server.Receive(new byte[8]) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    });

    [Theory]
    [InlineData(NetfilterBackend.Nft)]
    [InlineData(NetfilterBackend.Legacy)]
    public void A_pod_reaches_its_own_Service_after_the_remedy_of_flannel_s_order(NetfilterBackend backend)
    {
        var scenario = new LabScenario { Name = "order", Target = LabTarget.OwnService, Hairpin = true, Call = Directory.Exists("/proc/sys/net/bridge") };
        using var lab = new LabNode(scenario, Cancellation);
        HairpinCell.Arrange(lab, scenario, backend, rules => rules
            .Replace("-A POSTROUTING -m comment", "-A POSTROUTING -m comment --comment \"flanneld masq\" -j FLANNEL-POSTRTG\n-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -j ACCEPT\n-A POSTROUTING -m comment", StringComparison.Ordinal)
            .Replace(":KUBE-MARK-MASQ - [0:0]\n", ":FLANNEL-POSTRTG - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n", StringComparison.Ordinal));
        var fault = Judge(lab.Node).Single(r => r.Verdict == ChainVerdict.Broken);
        Assert.Equal((ChainOwner.KubeProxy, ChainCause.Shadowed, "masquerade"), (fault.Owner, fault.Cause, fault.Group));
        Assert.NotEqual(LabObservation.Connected, Call(lab, scenario));
        Tool.Run(lab.Node, "sh", "-c", fault.Remedy!);
        Assert.DoesNotContain(Judge(lab.Node), r => r.Owner == ChainOwner.KubeProxy && r.Verdict != ChainVerdict.Works);
        Assert.Equal(LabObservation.Connected, Call(lab, scenario));
    }

    private static LabObservation Call(LabNode lab, LabScenario scenario)
    {
        var addresses = LabAddresses.For(scenario.Family, scenario.Target);
        using var stop = new CancellationTokenSource();
        using var server = lab.Endpoint.Run(() => new LabServer(scenario.Family, scenario.Protocol, addresses.Endpoint.Port));
        var serving = new Thread(() => server.Serve(stop.Token)) { IsBackground = true };
        serving.Start();
        try
        {
            using var call = lab.Client.Run(() => new ServiceCall(addresses.Service, scenario.Protocol));
            return call.Make(new byte[16], wantEcho: true, TimeSpan.FromSeconds(2), CancellationToken.None);
        }
        finally
        {
            stop.Cancel();
            serving.Join();
        }
    }

    [Theory]
    [InlineData(NetfilterBackend.Nft)]
    [InlineData(NetfilterBackend.Legacy)]
    public void Packets_outside_of_the_window_reach_the_client_untranslated_until_the_rule_is_back(NetfilterBackend backend)
    {
        const string invalid = "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP\n";
        var scenario = new LabScenario { Name = "invalid", Target = LabTarget.Routed };
        var addresses = LabAddresses.For(scenario.Family, scenario.Target);
        using var lab = new LabNode(scenario, Cancellation);
        HairpinCell.Arrange(lab, scenario, backend, rules => rules.Replace(invalid, "", StringComparison.Ordinal)
            .Replace("*nat\n", "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:KUBE-PROXY-CANARY - [0:0]\nCOMMIT\n*nat\n", StringComparison.Ordinal));
        Tool.Run(lab.Client, "nft add table ip seen");
        Tool.Run(lab.Client, "nft add chain ip seen in { type filter hook input priority -400 ; }");
        Tool.Run(lab.Client, $"nft add rule ip seen in ip saddr {addresses.EndpointAddress} counter");

        SetLiberal(lab.Node, 1);
        Assert.DoesNotContain(Judge(lab.Node), r => r.Cause == ChainCause.RuleMissing);
        Assert.Equal(0, Untranslated(lab, addresses));
        SetLiberal(lab.Node, 0);
        var fault = Fault(lab.Node);
        Assert.Equal((ChainVerdict.Broken, ChainCause.RuleMissing), (fault.Verdict, fault.Cause));
        Assert.True(Untranslated(lab, addresses) > 0);
        Obey(lab.Node, fault);
        Assert.Equal(0, Untranslated(lab, addresses));
    }

    private static void SetLiberal(NetworkNamespace space, int value) =>
        Tool.Run(space, "sh", "-c", $"echo {value} > /proc/sys/net/netfilter/nf_conntrack_tcp_be_liberal");

    // How many packets from the endpoint's own address the client sees when the endpoint sends one far outside of its connection's window.
    private static int Untranslated(LabNode lab, LabAddresses addresses)
    {
        using var server = lab.Endpoint.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        server.Bind(new IPEndPoint(IPAddress.Any, addresses.Endpoint.Port));
        server.Listen();
        using var client = lab.Client.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.Connect(addresses.Service);
        using var served = server.Accept();
        int before = Seen(lab.Client);
        byte[] packet = LabPacket.Build(
            new Packet
            {
                Source = addresses.EndpointAddress,
                Destination = addresses.ClientAddress,
                Protocol = "tcp",
                SourcePort = addresses.Endpoint.Port,
                DestinationPort = ((IPEndPoint)client.LocalEndPoint!).Port,
                TcpFlags = 0x10,
            },
            id: 7);
        lab.Endpoint.Run(() =>
        {
            // The connection begins anywhere: of four places, one is beyond what the client has room for.
            using var sender = new RawSender(v6: false);
            for (int i = 0; i < 4; i++)
            {
                Assert.True(sender.Send(packet));
                MoveOn(packet);
            }

            return true;
        });
        Thread.Sleep(200);
        return Seen(lab.Client) - before;
    }

    // A quarter of all sequence numbers, with the checksum as RFC 1624 has it.
    private static void MoveOn(byte[] packet)
    {
        var sequence = packet.AsSpan(24, 2);
        var checksum = packet.AsSpan(36, 2);
        ushort old = BinaryPrimitives.ReadUInt16BigEndian(sequence);
        ushort next = (ushort)(old + 0x4000);
        BinaryPrimitives.WriteUInt16BigEndian(sequence, next);
        int sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(checksum) + (ushort)~old + next;
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(checksum, (ushort)~sum);
    }

    private static int Seen(NetworkNamespace client)
    {
        string text = Tool.Run(client, "nft list chain ip seen in");
        int at = text.IndexOf("packets ", StringComparison.Ordinal) + 8;
        return int.Parse(text[at..text.IndexOf(' ', at)], System.Globalization.CultureInfo.InvariantCulture);
    }
}
