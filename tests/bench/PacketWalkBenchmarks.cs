using System.Net;
using BenchmarkDotNet.Attributes;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.KubeProxy;

namespace K8sNetfilter.Bench;

/// <summary>One walk on a loaded model of kube-proxy's shape, 10,000 Services x 3 endpoints being about 150,000 rules. The goal is 50 µs at the median.</summary>
[MemoryDiagnoser]
public class PacketWalkBenchmarks
{
    private readonly Random _random = new(1);
    private Packet[] _packets = [];
    private PacketWalk _walk = null!;
    private int _next;

    /// <summary>How many Services there are.</summary>
    [Params(1000, 10000, 50000)]
    public int Services { get; set; }

    /// <summary>Reads the rules and walks once over all Services, so that what is measured is a walk on a model that is in use.</summary>
    [GlobalSetup]
    public void Load()
    {
        var services = KubeProxyRuleset.Services(Services, 3).ToArray();
        _walk = PacketWalk.Create(RulesetParser.Parse(KubeProxyRuleset.Write(services)));
        _packets = [.. services.Select((s, i) => new Packet
        {
            Source = IPAddress.Parse("10.244.0.2"),
            Destination = s.ClusterIP,
            SourcePort = 40000 + (i % 20000),
            DestinationPort = 80,
            InInterface = "cni0",
        })];
        _random.Shuffle(_packets);
        foreach (var packet in _packets)
        {
            _walk.Walk(packet, new WalkOptions { OutInterface = "cni0" });
        }
    }

    /// <summary>The way there: three endpoints, so three branches.</summary>
    [Benchmark]
    public WalkResult Walk() => _walk.Walk(Next(), new WalkOptions { OutInterface = "cni0" });

    /// <summary>There and back.</summary>
    [Benchmark]
    public WalkResult WalkThereAndBack() => _walk.Walk(Next(), new WalkOptions { OutInterface = "cni0", Reply = true });

    /// <summary>There and back, told step by step.</summary>
    [Benchmark]
    public WalkResult WalkWithSteps() => _walk.Walk(Next(), new WalkOptions { OutInterface = "cni0", Reply = true, KeepSteps = true });

    private Packet Next() => _packets[_next++ % _packets.Length];
}
