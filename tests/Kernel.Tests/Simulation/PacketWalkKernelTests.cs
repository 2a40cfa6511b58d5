using System.Diagnostics;
using System.Globalization;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Tests.Namespaces;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// The walk against the kernel: generated rules and packets run for real, and the kernel's own trace is the truth, rule by rule, with the
/// mark after each, where the packet ends and what it looks like there; then the same for the answer. K8SNETFILTER_WALK_PAIRS sets how many
/// packets are tried, of which three in five are IPv4's and two IPv6's (10000 in the nightly run).
/// </summary>
public sealed class PacketWalkKernelTests(ITestOutputHelper output)
{
    private static int Pairs => int.TryParse(Environment.GetEnvironmentVariable("K8SNETFILTER_WALK_PAIRS"), CultureInfo.InvariantCulture, out int pairs) ? pairs : 1000;

    private static int FirstSeed => int.TryParse(Environment.GetEnvironmentVariable("K8SNETFILTER_WALK_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 1;

    [Fact]
    public void The_walk_is_the_way_that_the_kernel_takes() => Hold(LabAddressing.IPv4, Pairs * 3 / 5);

    [Fact]
    public void The_walk_is_the_way_that_the_kernel_takes_with_IPv6()
    {
        Assert.SkipUnless(Directory.Exists("/proc/sys/net/ipv6"), "this kernel has no IPv6");
        Hold(LabAddressing.IPv6, Pairs * 2 / 5);
    }

    private void Hold(LabAddressing addressing, int pairs)
    {
        var clock = Stopwatch.StartNew();
        var totals = new WalkTotals();
        int rounds = Math.Max(4, (pairs + WalkTrial.Packets - 1) / WalkTrial.Packets);
        foreach (var (call, hairpin) in new[] { (true, true), (true, false), (false, false), (false, true) })
        {
            if (call && !PacketLab.HasBridgeNetfilter)
            {
                output.WriteLine("This kernel has no bridge netfilter: that half is left out.");
                continue;
            }

            using var lab = new PacketLab(addressing, call, hairpin);
            for (int i = 0; i < (rounds + 3) / 4; i++)
            {
                Round(lab, FirstSeed + (i * 4) + (call ? 2 : 0) + (hairpin ? 1 : 0), totals);
            }
        }

        totals.Report(output, clock.Elapsed, pairs);
    }

    private static void Round(PacketLab lab, int seed, WalkTotals totals)
    {
        var random = new Random(seed);
        bool unknowns = seed % 5 == 0;
        string rules = new RulesetGenerator(random, lab.Addressing) { Unknowns = unknowns }.Make();
        lab.Forward(seed % 7 != 0);
        lab.Shell($"conntrack -F 2>/dev/null; {lab.Addressing.Tables("restore")}", rules);
        string saved = lab.Shell($"{lab.Addressing.Tables("save")} 2>/dev/null; echo ===; nft -j -a list ruleset");
        int cut = saved.IndexOf("===", StringComparison.Ordinal);
        var ruleset = RulesetParser.Parse(saved[..cut]);
        Assert.Empty(ruleset.Problems);
        lab.Trace.Learn(saved[(cut + 3)..]);
        lab.Trace.Read(TimeSpan.Zero);
        lab.Trace.Clear();
        WalkTrial.Round(lab, lab.Walk(ruleset), random, totals, $"seed {seed}, {(seed % 7 != 0 ? "" : "not ")}forwarding\n{rules}");
    }
}
