using System.Diagnostics;
using System.Globalization;
using System.Text;
using K8sNetfilter.Ipset;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Simulation;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Ipset;

/// <summary>
/// Look-ups in sets against the kernel: generated sets, rules and packets run for real, and the kernel's trace says which rules matched.
/// K8SNETFILTER_IPSET_PACKETS sets how many packets are sent in each family.
/// </summary>
[Collection("alone")]
public sealed class IpsetKernelTests(ITestOutputHelper output)
{
    private const int PacketsPerRound = 40;

    private static int Packets => int.TryParse(Environment.GetEnvironmentVariable("K8SNETFILTER_IPSET_PACKETS"),
        CultureInfo.InvariantCulture, out int packets) ? packets : 400;

    private static int FirstSeed => int.TryParse(Environment.GetEnvironmentVariable("K8SNETFILTER_IPSET_SEED"),
        CultureInfo.InvariantCulture, out int seed) ? seed : 1;

    [Fact]
    public void A_set_matches_what_it_matches_in_the_kernel() => Hold(LabAddressing.IPv4);

    [Fact]
    public void A_set_matches_what_it_matches_in_the_kernel_with_IPv6()
    {
        Assert.SkipUnless(Directory.Exists("/proc/sys/net/ipv6"), "this kernel has no IPv6");
        Hold(LabAddressing.IPv6);
    }

    private void Hold(LabAddressing addressing)
    {
        Tool.Require("ipset");
        var clock = Stopwatch.StartNew();
        using var lab = new PacketLab(addressing, PacketLab.HasBridgeNetfilter, hairpin: false);
        lab.Forward(true);
        string[] types = [.. IpsetType.Names.Where(t => Has(lab, t))];
        Assert.SkipUnless(types.Length > 0, "this kernel has no ipset");
        output.WriteLine($"not in this kernel: {string.Join(' ', IpsetType.Names.Except(types))}");
        var totals = new Totals();
        for (int round = 0; round < (Packets + PacketsPerRound - 1) / PacketsPerRound; round++)
        {
            Round(lab, FirstSeed + round, types, totals);
        }

        output.WriteLine($"{totals.Packets} packets, {totals.Pairs} pairs of a rule and a packet ({totals.Matches} matched) in {clock.Elapsed.TotalSeconds:0.0} s, "
            + $"{totals.Unknown} unknown, {totals.Differences.Count} disagreements");
        foreach (var (reason, count) in totals.Reasons.OrderByDescending(r => r.Value))
        {
            output.WriteLine($"  unknown {count} times: {reason}");
        }

        Assert.True(totals.Differences.Count == 0, string.Join("\n\n", totals.Differences.Take(5)));
        Assert.True(totals.Pairs > 500 && totals.Matches > 100, "hardly anything was traced");
    }

    private static bool Has(PacketLab lab, string type)
    {
        string options = type.StartsWith("bitmap:", StringComparison.Ordinal) ? type == "bitmap:port" ? "range 1-2" : "range 10.0.0.0/24"
            : "";
        return lab.Shell($"ipset create probe {type} {options} 2>/dev/null && ipset destroy probe && echo yes || true").Contains("yes",
            StringComparison.Ordinal);
    }

    private static void Round(PacketLab lab, int seed, string[] types, Totals totals)
    {
        var random = new Random(seed);
        var generator = new IpsetGenerator(random, lab.Addressing, types);
        string sets = generator.Sets(), rules = generator.Rules();
        lab.Shell($"{lab.Addressing.Tables("restore")} <<'E'\n*mangle\nCOMMIT\nE\nconntrack -F 2>/dev/null; ipset flush; for i in $(seq 50); do ipset destroy 2>/dev/null && break; sleep 0.05; done");
        lab.Shell("ipset -exist restore", sets);
        lab.Shell(lab.Addressing.Tables("restore"), rules);
        string saved = lab.Shell($"{lab.Addressing.Tables("save")} 2>/dev/null; echo ===; nft -j -a list ruleset");
        int cut = saved.IndexOf("===", StringComparison.Ordinal);
        var ruleset = RulesetParser.Parse(saved[..cut]);
        Assert.Empty(ruleset.Problems);
        lab.Trace.Learn(saved[(cut + 3)..]);
        lab.Trace.Read(TimeSpan.Zero);
        lab.Trace.Clear();
        var walk = lab.Walk(ruleset);
        var read = walk.Network.Sets.Catalog;
        var written = Written(read);
        if (seed % 2 == 0)
        {
            // What was written and read again has to say the same.
            walk.Network.Sets = new NodeIpsets(new FixedSource(written), CancellationToken.None);
        }

        var sent = new Packet[PacketsPerRound];
        for (int i = 0; i < sent.Length; i++)
        {
            (string link, sent[i]) = PacketGenerator.Make(random, i, lab.Addressing);
            lab.Send(link, sent[i], i + 1);
        }

        while (lab.Trace.Read(TimeSpan.FromMilliseconds(15)))
        {
        }

        _ = lab.Receive().Count();
        for (int i = 0; i < sent.Length; i++)
        {
            Check(walk, ruleset, sent[i], lab.Trace.Of(i + 1), totals, $"seed {seed}\n{sets}");
        }
    }

    private static void Check(PacketWalk walk, Ruleset ruleset, Packet packet, IReadOnlyList<TraceEvent> trace, Totals totals,
        string context)
    {
        totals.Packets++;
        var steps = walk.Walk(packet, new WalkOptions { KeepSteps = true, AllSteps = true, MaxBranches = 4096 }).Steps;
        foreach (var chain in ruleset.Tables.Single(t => t.Name == "mangle").Chains.Where(c =>
            trace.Any(e => e.Table == "mangle" && e.Chain == c.Name)))
        {
            foreach (var rule in chain.GetRules())
            {
                var own = steps.Where(s => s.Table == "mangle" && s.Chain == chain.Name && s.RuleNumber == rule.Number
                    && s.Direction == PacketDirection.Original).ToList();
                bool matched = trace.Any(e => e.Table == "mangle" && e.Chain == chain.Name && e.Rule == rule.Number);
                totals.Pairs++;
                totals.Matches += matched ? 1 : 0;
                if (own.Select(s => s.Outcome).Distinct().ToArray() is not [var outcome])
                {
                    totals.Differences.Add($"{packet} meets {chain.Name} in the kernel, and not in the walk\n{context}");
                    return;
                }

                if (outcome == MatchOutcome.Unknown)
                {
                    totals.Unknown++;
                    string reason = own[0].Reason;
                    totals.Reasons[reason] = totals.Reasons.GetValueOrDefault(reason) + 1;
                }
                else if ((outcome == MatchOutcome.Yes) != matched)
                {
                    totals.Differences.Add($"{packet} from '{packet.InInterface}' type {packet.IcmpType}: {rule.Text}: the walk says {outcome}: {own[0].Reason}\n{context}");
                }
            }
        }
    }

    private static IpsetCatalog Written(IpsetCatalog sets)
    {
        var text = new StringWriter(new StringBuilder(), CultureInfo.InvariantCulture);
        IpsetText.Write(text, sets, CancellationToken.None);
        var reader = new IpsetTextReader();
        foreach (var line in text.ToString().AsSpan().EnumerateLines())
        {
            reader.Read(line);
        }

        Assert.Empty(reader.Catalog.Problems);
        return reader.Catalog;
    }

    private sealed class FixedSource(IpsetCatalog sets) : IIpsetSource
    {
        public IpsetCatalog ReadIpsets(CancellationToken cancellation) => sets;

        public IReadOnlyList<string> ReadIpsetNames(CancellationToken cancellation) => [];
    }

    private sealed class Totals
    {
        public int Packets { get; set; }

        public int Pairs { get; set; }

        public int Matches { get; set; }

        public int Unknown { get; set; }

        public Dictionary<string, int> Reasons { get; } = new(StringComparer.Ordinal);

        public List<string> Differences { get; } = [];
    }
}
