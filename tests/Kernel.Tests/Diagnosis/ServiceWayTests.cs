using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Diagnosis.Probe;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// The ways to a Service other than its cluster address: node ports and external addresses with both policies, load balancers with source
/// ranges, session affinity, no endpoints. In each cell the diagnosis says how a pod's call ends, and then the pod calls for real.
/// </summary>
public sealed class ServiceWayTests(ITestOutputHelper output)
{
    private const int NodePort = 30080;
    private const int AtOnce = 8;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1.2);

    // An answer that the data promises gets a second, longer chance: the machine may be busy.
    private static readonly TimeSpan SecondWait = TimeSpan.FromSeconds(4);

    private static bool HasSwitch => Directory.Exists("/proc/sys/net/bridge");

    /// <summary>A way to call a Service.</summary>
    /// <param name="Name">What it is.</param>
    /// <param name="Type">The kind of the address that is called.</param>
    /// <param name="Make">The Service, of one with a cluster address and an endpoint.</param>
    public sealed record Way(string Name, NodeServiceType Type, Func<KubeProxyService, IPAddress, KubeProxyService> Make)
    {
        /// <inheritdoc/>
        public override string ToString() => Name;
    }

    private sealed record Cell(Way Way, LabScenario Scenario, NetfilterBackend Backend);

    private static readonly Way[] Ways =
    [
        new("NodePortCluster", NodeServiceType.NodePort, (s, _) => s with { NodePort = NodePort }),
        new("NodePortLocal", NodeServiceType.NodePort, (s, _) => s with { NodePort = NodePort, LocalEndpoints = s.Endpoints }),
        new("NodePortLocalElsewhere", NodeServiceType.NodePort, (s, _) => s with { NodePort = NodePort, LocalEndpoints = [] }),
        new("NodePortAffinity", NodeServiceType.NodePort, (s, _) => s with { NodePort = NodePort, AffinitySeconds = 10800 }),
        new("NodePortNoEndpoints", NodeServiceType.NodePort, (s, _) => s with { NodePort = NodePort, Endpoints = [] }),
        new("ExternalCluster", NodeServiceType.ExternalIP, (s, a) => s with { ExternalIP = a }),
        new("ExternalLocal", NodeServiceType.ExternalIP, (s, a) => s with { ExternalIP = a, LocalEndpoints = s.Endpoints }),
        new("ExternalNoEndpoints", NodeServiceType.ExternalIP, (s, a) => s with { ExternalIP = a, Endpoints = [] }),
        new("LoadBalancer", NodeServiceType.LoadBalancer, (s, a) => s with { LoadBalancerIP = a }),
        new("LoadBalancerOfPods", NodeServiceType.LoadBalancer, (s, a) => s with { LoadBalancerIP = a, SourceRanges = [V6(s) ? "fd00:10:244::/64" : "10.244.0.0/16"] }),
        new("LoadBalancerOfOthers", NodeServiceType.LoadBalancer, (s, a) => s with { LoadBalancerIP = a, SourceRanges = [V6(s) ? "2001:db8:7::/48" : "198.51.100.0/24"] }),
        new("ClusterAffinity", NodeServiceType.ClusterIP, (s, _) => s with { AffinitySeconds = 10800 }),
        new("ClusterNoEndpoints", NodeServiceType.ClusterIP, (s, _) => s with { Endpoints = [] }),
    ];

    private static bool V6(KubeProxyService s) => s.ClusterIP.AddressFamily == AddressFamily.InterNetworkV6;

    private static readonly Cell[] Cells =
    [
        .. (from way in Ways
            from family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6]
            from target in (LabTarget[])[LabTarget.SameBridge, LabTarget.OwnService, LabTarget.Routed]
            from call in (bool[])[false, true]
            from hairpin in target == LabTarget.OwnService ? (bool[])[false, true] : [false]
            select (way, new LabScenario { Name = way.Name, Family = family, Target = target, Call = call, Hairpin = hairpin }))
            .Select((c, i) => new Cell(c.way, c.Item2, i % 2 == 0 ? NetfilterBackend.Nft : NetfilterBackend.Legacy)),
    ];

    [Fact]
    public void Every_way_ends_as_the_rules_say()
    {
        Privilege.MakeNamespace().Dispose();
        Tool.Require("iptables-legacy-restore");
        Assert.Equal(208, Cells.Length);
        var cells = Cells.Where(c => HasSwitch || !c.Scenario.Call).ToArray();
        var wrong = new ConcurrentBag<string>();
        var ends = new ConcurrentBag<string>();
        var failures = new ConcurrentBag<Exception>();
        int next = -1;
        var workers = Enumerable.Range(0, AtOnce).Select(_ => new Thread(() =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < cells.Length && failures.IsEmpty;)
            {
                try
                {
                    Try(cells[i], wrong, ends);
                }
                catch (Exception failure)
                {
                    failures.Add(new InvalidOperationException($"{cells[i].Way} {cells[i].Scenario}", failure));
                }
            }
        })).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        if (failures.TryTake(out var first))
        {
            throw first;
        }

        Assert.Equal(cells.Length, ends.Count);
        output.WriteLine($"{wrong.Count} mismatches in {cells.Length} cells; " + string.Join(", ", ends.GroupBy(e => e).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key}: {g.Count()}")));
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order(StringComparer.Ordinal).Take(30)));
        Assert.SkipUnless(HasSwitch, $"{Cells.Length - cells.Length} of {Cells.Length} cells need br_netfilter, which this kernel has not loaded; the others agree");
    }

    private static void Try(Cell cell, ConcurrentBag<string> wrong, ConcurrentBag<string> ends)
    {
        var (way, scenario, backend) = cell;
        bool v6 = scenario.Family == AddressFamily.InterNetworkV6;
        var addresses = LabAddresses.For(scenario.Family, scenario.Target);
        var outside = IPAddress.Parse(v6 ? "2001:db8:9::7" : "203.0.113.7");
        var uplink = IPAddress.Parse(v6 ? "2001:db8:8::2" : "192.0.2.2");
        using var lab = new LabNode(scenario, TestContext.Current.CancellationToken);
        AddUplink(lab, v6, uplink, outside, addresses.ServiceAddress);
        var service = way.Make(new KubeProxyService("default", "web", "http", addresses.ServiceAddress, 80, [addresses.Endpoint]), outside);
        Tool.Run(lab.Node, $"nft delete table {(v6 ? "ip6" : "ip")} k8snetfilter-lab");
        Restore.Do(lab.Node, backend, v6 ? IPFamily.IPv6 : IPFamily.IPv4, KubeProxyRuleset.Write([service], v6));
        var to = way.Name switch
        {
            _ when way.Type == NodeServiceType.NodePort => new IPEndPoint(uplink, NodePort),
            _ when service.ExternalIP is not null || service.LoadBalancerIP is not null => new IPEndPoint(outside, 80),
            _ => addresses.Service,
        };

        var problems = new List<string>();
        var all = ServiceHairpinDiagnosis.Run(
            new LiveNode(KernelRoot.Live, lab.Node), new HairpinQuery { Wants = _ => true, OnProblem = p => problems.Add(p.Message) }, CancellationToken.None)!.ToList();
        var said = all.Where(r => to.Address.ToString() == r.ServiceIP && r.Port == to.Port && r.SourcePod == addresses.Client).ToList();
        var observed = Call(lab, scenario, addresses, to, said is [{ Verdict: ServiceVerdict.Works }]);
        var kernel = observed == LabObservation.Connected ? ServiceVerdict.Works : ServiceVerdict.Broken;
        string end = said is [var only] ? $"{only.Verdict} {only.Cause}" : $"{said.Count} results";
        ends.Add(end);
        bool isRefused = observed == LabObservation.Refused;
        if (problems.Count > 0 || said is not [{ } one] || one.Verdict != kernel || one.Type != way.Type || (one.Cause == ServiceHairpinCause.NoEndpoint) != isRefused
            || (one.Verdict == ServiceVerdict.Broken && one.Cause is ServiceHairpinCause.Unknown or ServiceHairpinCause.None))
        {
            wrong.Add(string.Create(CultureInfo.InvariantCulture,
                $"{way} {scenario.Family} {scenario.Target} call={scenario.Call} hairpin={scenario.Hairpin} {backend}: said {end} ({string.Join(" | ", said.Select(r => r.Evidence))}), the kernel {observed}; {string.Join(" ", problems)}"));
        }
    }

    // The node's way out, which swallows everything: without it a call to an address outside ends before a rule does its work.
    private static void AddUplink(LabNode lab, bool v6, params IPAddress[] known)
    {
        Tool.Run(lab.Node, "ip link add up0 up type veth peer name up1");
        Tool.Run(lab.Node, "ip link set up1 up");
        Tool.Run(lab.Node, $"ip addr add {known[0]}/{(v6 ? 64 : 24)} dev up0{(v6 ? " nodad" : "")}");
        Tool.Run(lab.Node, $"ip -{(v6 ? 6 : 4)} route add default dev up0");
        foreach (var address in known[1..])
        {
            Tool.Run(lab.Node, $"ip neighbour add {address} lladdr 02:00:00:00:00:01 dev up0");
        }
    }

    private static LabObservation Call(LabNode lab, LabScenario scenario, LabAddresses addresses, IPEndPoint to, bool shouldWork)
    {
        using var stop = new CancellationTokenSource();
        using var server = lab.Endpoint.Run(() => new LabServer(scenario.Family, scenario.Protocol, addresses.Endpoint.Port));
        var serving = new Thread(() => server.Serve(stop.Token)) { IsBackground = true };
        serving.Start();
        try
        {
            LabObservation Once(TimeSpan wait)
            {
                using var call = lab.Client.Run(() => new ServiceCall(to, scenario.Protocol));
                return call.Make(new byte[16], wantEcho: true, wait, CancellationToken.None);
            }

            var first = Once(Wait);
            // A client that has been here before ends where it ended: a session counts.
            var again = Once(first != LabObservation.Connected && shouldWork ? SecondWait : Wait);
            return first == again || (shouldWork && again == LabObservation.Connected) ? again : throw new InvalidOperationException($"first {first}, then {again}");
        }
        finally
        {
            stop.Cancel();
            serving.Join();
        }
    }
}
