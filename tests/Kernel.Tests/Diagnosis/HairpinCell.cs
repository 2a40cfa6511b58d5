using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Snapshots.Reading;
using K8sNetfilter.Snapshots.Writing;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>One of the lab's nodes with kube-proxy's rules in place of the lab's own, and what the diagnosis says of it before any call.</summary>
internal static class HairpinCell
{
    private const string Name = "default/web:http";

    /// <summary>Runs the lab, with what is said of each call ahead of it; what goes wrong in arranging a node, on the lab's own thread, is this test's failure.</summary>
    public static IEnumerable<LabResult> Run(IReadOnlyList<LabScenario> scenarios, Func<LabNode, LabScenario, ServiceHairpinResult?> arrange, CancellationToken cancellation)
    {
        Exception? failure = null;
        foreach (var result in HairpinLab.Run(scenarios, (lab, scenario) =>
        {
            try
            {
                return arrange(lab, scenario)?.Verdict == ServiceVerdict.Works;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                failure ??= error;
                return false;
            }
        }, cancellation))
        {
            yield return result;
        }

        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>The rules of a scenario as kube-proxy would write them.</summary>
    public static string Rules(LabScenario scenario)
    {
        var addresses = LabAddresses.For(scenario.Family, scenario.Target);
        bool v6 = scenario.Family == AddressFamily.InterNetworkV6;
        var service = new KubeProxyService("default", "web", "http", addresses.ServiceAddress, addresses.Service.Port, [addresses.Endpoint])
        {
            Protocol = scenario.Protocol == ProtocolType.Tcp ? "tcp" : "udp",
        };
        string text = KubeProxyRuleset.Write([service], v6, masqueradeAll: scenario.Masquerade == LabMasquerade.All);
        if (scenario.Masquerade == LabMasquerade.None)
        {
            text = string.Join('\n', text.Split('\n').Where(l => !(l.StartsWith("-A KUBE-SEP-", StringComparison.Ordinal) && l.EndsWith("-j KUBE-MARK-MASQ", StringComparison.Ordinal))));
        }

        return scenario.ForwardDrop ? text.Replace(":FORWARD ACCEPT", ":FORWARD DROP", StringComparison.Ordinal) : text;
    }

    /// <summary>Takes the lab's own rules away and puts others there with the real tools.</summary>
    public static void Arrange(LabNode lab, LabScenario scenario, NetfilterBackend backend, Func<string, string>? change = null)
    {
        bool v6 = scenario.Family == AddressFamily.InterNetworkV6;
        Tool.Run(lab.Node, $"nft delete table {(v6 ? "ip6" : "ip")} k8snetfilter-lab");
        string text = Rules(scenario);
        Restore.Do(lab.Node, backend, v6 ? IPFamily.IPv6 : IPFamily.IPv4, change is null ? text : change(text));
    }

    /// <summary>What the diagnosis says.</summary>
    public static List<ServiceHairpinResult> Diagnose(LabNode lab, bool named = true)
    {
        var problems = new List<string>();
        var results = ServiceHairpinDiagnosis.Run(
            new LiveNode(KernelRoot.Live, lab.Node), new HairpinQuery { Wants = named ? s => s.FullName == Name : null, OnProblem = p => problems.Add(p.Message) }, CancellationToken.None)!.ToList();
        Assert.Empty(problems);
        return results;
    }

    // A snapshot of each cell takes minutes: in the normal run one of so many is taken.
    private static readonly int Every = Environment.GetEnvironmentVariable("K8SNF_SNAPSHOT_CELLS") == "all" ? 1 : 16;
    private static int s_cells;

    /// <summary>What the diagnosis says from a snapshot that is taken in the cell, as it says it live.</summary>
    private static void DiagnoseSnapshot(LabNode lab, List<ServiceHairpinResult> live)
    {
        if (Interlocked.Increment(ref s_cells) % Every != 0)
        {
            return;
        }

        string folder = Path.Combine(Path.GetTempPath(), "k8snf-cell-" + Guid.NewGuid().ToString("N"));
        try
        {
            SnapshotExport.Run(new LiveNode(KernelRoot.Live, lab.Node), folder, new SnapshotExportOptions { IncludePods = true }, CancellationToken.None);
            var node = new SnapshotNode(folder);
            var problems = new List<string>();
            var kept = ServiceHairpinDiagnosis.Run(node, new HairpinQuery { Wants = s => s.FullName == Name, OnProblem = p => problems.Add(p.Message) }, CancellationToken.None)!.ToList();
            Assert.Empty(problems);
            Assert.Equal(live.Select(Show), kept.Select(Show));
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        static string Show(ServiceHairpinResult result) => $"{result.Service} {result.SourcePod} {result.Endpoint} {result.Bridge} {result.Verdict} {result.Cause}";
    }

    /// <summary>What it says of the call that the lab will make.</summary>
    public static ServiceHairpinResult Predict(LabNode lab, LabScenario scenario)
    {
        var results = Diagnose(lab);
        DiagnoseSnapshot(lab, results);
        return results.Single(r => r.SourcePod == LabAddresses.For(scenario.Family, scenario.Target).Client);
    }
}
