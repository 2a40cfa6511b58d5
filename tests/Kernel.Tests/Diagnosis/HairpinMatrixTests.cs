using System.Collections.Concurrent;
using System.Net.Sockets;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// The diagnosis that needs no traffic, held against the kernel: in each cell of the lab's matrix the node's state is read and the call's
/// outcome said; then the call is made.
/// </summary>
public sealed class HairpinMatrixTests(ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static bool HasSwitch => Directory.Exists("/proc/sys/net/bridge");

    [Fact]
    public void Every_cell_of_the_matrix_ends_as_its_state_says()
    {
        Privilege.MakeNamespace().Dispose();
        var cells = LabMatrix.Cells;
        Assert.Equal(384, cells.Length);
        LabScenario[] runnable = [.. cells.Where(c => HasSwitch || !c.Effective)];
        Check(runnable);
        Assert.SkipUnless(HasSwitch, $"{cells.Length - runnable.Length} of {cells.Length} cells need br_netfilter, which this kernel has not loaded; the others agree");
    }

    [Fact]
    public void Forwarding_a_dropping_policy_and_promiscuity_end_as_their_state_says()
    {
        Privilege.MakeNamespace().Dispose();
        Assert.SkipUnless(HasSwitch, "br_netfilter is not loaded");
        Assert.Equal(96, LabMatrix.FurtherCells.Length);
        Check(LabMatrix.FurtherCells);
    }

    private void Check(LabScenario[] scenarios)
    {
        Tool.Require("iptables-legacy-restore");
        var said = new ConcurrentDictionary<LabScenario, ServiceHairpinResult>();
        var wrong = new List<string>();
        int place = 0;
        foreach (var result in HairpinCell.Run(scenarios, (lab, scenario) =>
        {
            int index = Array.IndexOf(scenarios, scenario);
            HairpinCell.Arrange(lab, scenario, index % 2 == 0 ? NetfilterBackend.Nft : NetfilterBackend.Legacy);
            return said[scenario] = HairpinCell.Predict(lab, scenario);
        }, Cancellation))
        {
            var scenario = scenarios[place++];
            if (!said.TryGetValue(scenario, out var prediction) || prediction.Verdict != result.Verdict || prediction.Verdict == ServiceVerdict.Unknown
                || (prediction.Verdict == ServiceVerdict.Broken && prediction.Cause is ServiceHairpinCause.Unknown or ServiceHairpinCause.None))
            {
                wrong.Add($"{result.Scenario} {result.Family} {result.Protocol}: said {prediction?.Verdict} {prediction?.Cause} ({prediction?.Evidence}), observed {result.Verdict} {result.Observed} ({result.Settings}) {result.Evidence}");
            }
        }

        output.WriteLine($"{wrong.Count} mismatches in {scenarios.Length} cells; " + string.Join(", ", said.Values.GroupBy(r => $"{r.Verdict} {r.Cause}").Select(g => $"{g.Key}: {g.Count()}")));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(20)));
    }
}
