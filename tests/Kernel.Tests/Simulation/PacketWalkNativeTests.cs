using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using K8sNetfilter.Rulesets.Reading;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// The walk through native tables of nf_tables against the kernel: generated rulesets are loaded by nft and read back by netlink, packets
/// are sent for real, and the kernel's trace is the truth. In every third round iptables-nft has tables too. K8SNETFILTER_WALK_PAIRS sets
/// how many packets are tried.
/// </summary>
[Collection("alone")]
public sealed partial class PacketWalkNativeTests(ITestOutputHelper output)
{
    private static int Pairs => int.TryParse(Environment.GetEnvironmentVariable("K8SNETFILTER_WALK_PAIRS"), CultureInfo.InvariantCulture, out int pairs) ? pairs : 1000;

    private static int FirstSeed => int.TryParse(Environment.GetEnvironmentVariable("K8SNETFILTER_WALK_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 1;

    [Fact]
    public void The_walk_through_native_tables_is_the_way_that_the_kernel_takes() => Hold(LabAddressing.IPv4, Pairs * 3 / 5);

    [Fact]
    public void The_walk_through_native_tables_is_the_way_that_the_kernel_takes_with_IPv6()
    {
        Assert.SkipUnless(Directory.Exists("/proc/sys/net/ipv6"), "this kernel has no IPv6");
        Hold(LabAddressing.IPv6, Pairs * 2 / 5);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void The_walk_through_the_rules_of_kube_proxy_is_the_way_that_the_kernel_takes(bool isFrom36, bool isV6)
    {
        Assert.SkipUnless(!isV6 || Directory.Exists("/proc/sys/net/ipv6"), "this kernel has no IPv6");
        var addressing = isV6 ? LabAddressing.IPv6 : LabAddressing.IPv4;
        var clock = Stopwatch.StartNew();
        var totals = new WalkTotals();
        using var lab = new PacketLab(addressing, call: PacketLab.HasBridgeNetfilter, hairpin: true);
        lab.Forward(true);
        string rules = ProxyRules.Of(isFrom36, addressing);
        lab.Shell("nft -f -", rules);
        lab.Trace.Learn(lab.Shell("nft -j -a list ruleset"));
        var random = new Random(FirstSeed);
        for (int i = 0; i < 60; i++)
        {
            // What a packet adds to a set counts for the next: the set is read again.
            lab.Shell("conntrack -F 2>/dev/null");
            lab.Trace.Clear();
            WalkTrial.Round(lab, lab.WalkNative(RulesetParser.Parse(""), lab.Native()), random, totals, rules, count: 2);
        }

        totals.Report(output, clock.Elapsed, 100);
    }

    private void Hold(LabAddressing addressing, int pairs)
    {
        var clock = Stopwatch.StartNew();
        var totals = new WalkTotals();
        int rounds = Math.Max(2, (pairs + WalkTrial.Packets - 1) / WalkTrial.Packets);
        foreach (bool call in new[] { true, false })
        {
            if (call && !PacketLab.HasBridgeNetfilter)
            {
                output.WriteLine("This kernel has no bridge netfilter: that half is left out.");
                continue;
            }

            using var lab = new PacketLab(addressing, call, hairpin: call);
            for (int i = 0; i < (rounds + 1) / 2; i++)
            {
                Round(lab, FirstSeed + (i * 2) + (call ? 1 : 0), totals);
            }
        }

        totals.Report(output, clock.Elapsed, pairs);
    }

    private static void Round(PacketLab lab, int seed, WalkTotals totals)
    {
        var random = new Random(seed);
        bool unknowns = seed % 5 == 0, isForwarding = seed % 7 != 0, isMixed = seed % 3 == 0;
        string native = new NativeRulesetGenerator(random, lab.Addressing) { Unknowns = unknowns }.Make();
        string tables = isMixed ? new RulesetGenerator(random, lab.Addressing).Make() : "";
        lab.Forward(isForwarding);
        lab.Shell("conntrack -F 2>/dev/null; nft list tables | grep -vw lab | sed 's/^/delete /' | nft -f -");
        if (isMixed)
        {
            lab.Shell(lab.Addressing.Tables("restore"), tables);
        }

        native = Load(lab, native);
        string saved = lab.Shell($"{lab.Addressing.Tables("save")} 2>/dev/null; echo ===; nft -j -a list ruleset");
        int cut = saved.IndexOf("===", StringComparison.Ordinal);
        var ruleset = RulesetParser.Parse(isMixed ? saved[..cut] : "");
        Assert.Empty(ruleset.Problems);
        var read = lab.Native();
        Assert.True(read.IsComplete, string.Join(", ", read.Missing));
        lab.Trace.Learn(saved[(cut + 3)..]);
        lab.Trace.Read(TimeSpan.Zero);
        lab.Trace.Clear();
        WalkTrial.Round(lab, lab.WalkNative(ruleset, read), random, totals, $"seed {seed}, {(isForwarding ? "" : "not ")}forwarding\n{native}\n{tables}");
    }

    // Rules whose matches contradict each other are refused: they are left out.
    private static string Load(PacketLab lab, string rules)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                lab.Shell("nft -f -", rules);
                return rules;
            }
            catch (InvalidOperationException refused) when (attempt < 8 && RefusedLine().IsMatch(refused.Message))
            {
                var lines = RefusedLine().Matches(refused.Message).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToHashSet();
                rules = string.Join('\n', rules.Split('\n').Where((_, i) => !lines.Contains(i + 1)));
            }
        }
    }

    [GeneratedRegex(@"^/dev/stdin:(\d+):", RegexOptions.Multiline)]
    private static partial Regex RefusedLine();
}
