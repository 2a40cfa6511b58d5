using System.Diagnostics;
using System.Net.Sockets;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Snapshots.Writing;

namespace K8sNetfilter.Tests.Truth;

/// <summary>
/// One set-up from beginning to end: arrange, call, ask live, take a snapshot and ask it, call again, judge. What a diagnosis says of a call that
/// the set-up did not list is tried too.
/// </summary>
internal sealed class TruthTrial(SetUp setUp, TruthQuestion question)
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.4), Long = TimeSpan.FromSeconds(2.5);
    private readonly Dictionary<(string, string, int, ProtocolType, int), (TruthCall Call, TruthOutcome Truth)> _known = [];

    /// <summary>Runs it.</summary>
    public TruthResult Run()
    {
        var clock = Stopwatch.StartNew();
        using var node = new TruthNode(setUp.V6);
        setUp.Arrange(node);
        node.Finish();
        var spent = new List<(string, TimeSpan)> { ("arrange", clock.Elapsed) };
        var before = node.Calls.ConvertAll(c => Measure(node, c, 2));
        spent.Add(("calls", clock.Elapsed));
        string path = node.Node.Path;
        var asked = new List<(TruthCall? Call, bool IsSnapshot, Func<TruthCall, TruthOutcome, TruthFinding> Judge)>();
        var results = new List<(ServiceHairpinResult Result, bool IsPassive, bool IsSnapshot)>();
        Ask(node, "NetNamespace", path, asked, results);
        spent.Add(("live", clock.Elapsed));
        string folder = Path.Combine(Path.GetTempPath(), "k8snf-truth-" + Guid.NewGuid().ToString("N"));
        try
        {
            SnapshotExport.Run(new LiveNode(KernelRoot.Live, node.Node.Space), folder, new SnapshotExportOptions { IncludePods = true },
                CancellationToken.None);
            spent.Add(("export", clock.Elapsed));
            Ask(node, "Snapshot", folder, asked, results);
            spent.Add(("snapshot", clock.Elapsed));
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        var findings = new List<TruthFinding>();
        for (int i = 0; i < node.Calls.Count; i++)
        {
            var call = node.Calls[i];
            var truth = Settle(node, call, before[i]);
            _known[Key(call)] = (call, truth);
            findings.AddRange(asked.Where(a => a.Call == call).Select(a => Confirm(node, call, truth,
                a.Judge) with { IsSnapshot = a.IsSnapshot }));
        }

        JudgeResults(node, results, findings);
        spent.Add(("calls", clock.Elapsed));
        var remedies = new TruthRemedies(node, question).Try();
        spent.Add(("remedies", clock.Elapsed));
        return new TruthResult(setUp, findings, clock.Elapsed) { Spent = spent, Remedies = remedies };
    }

    private void Ask(TruthNode node, string where, string value, List<(TruthCall?, bool, Func<TruthCall, TruthOutcome,
        TruthFinding>)> asked,
        List<(ServiceHairpinResult, bool, bool)> results)
    {
        var judge = new TruthJudge(node);
        bool isSnapshot = where == "Snapshot";
        foreach (var call in node.Calls)
        {
            var problems = new List<string>();
            var branches = question.Trace(call, where, value, problems);
            asked.Add((call, isSnapshot, (c, truth) => judge.Judge(c, truth, branches, problems)));
        }

        foreach (bool isPassive in (bool[])[false, true])
        {
            // Looking at what is there, it may leave open what a silence means.
            results.AddRange(question.Diagnose(where, value, isPassive, []).Where(r => r.ServiceIP is not null && r.SourcePod is not null)
                .Where(r => !(isPassive && r.Verdict == ServiceVerdict.Inconclusive)).Select(r => (r, isPassive, isSnapshot)));
        }
    }

    // A result is of a call by its pod; each such call is made, too.
    private void JudgeResults(TruthNode node, List<(ServiceHairpinResult Result, bool IsPassive, bool IsSnapshot)> results,
        List<TruthFinding> findings)
    {
        var judge = new TruthJudge(node);
        var many = results.GroupBy(r => (r.Result.ServiceIP, r.Result.Port, r.Result.Protocol))
            .Where(g => g.Select(r => r.Result.Endpoint).Distinct().Count() > 1).Select(g => g.Key).ToHashSet();
        foreach (var group in results.GroupBy(r => (Pod: r.Result.SourcePod!.Split(' ')[0], Service: r.Result.ServiceIP!.ToString(),
            r.Result.Port, r.Result.Protocol, r.IsPassive, r.IsSnapshot)))
        {
            var first = group.First().Result;
            if (!System.Net.IPAddress.TryParse(group.Key.Pod,
                out var source) || node.Find(source) is not { } from || (source.AddressFamily == AddressFamily.InterNetworkV6) != setUp.V6)
            {
                continue;
            }

            var call = new TruthCall(from, source, System.Net.IPAddress.Parse(first.ServiceIP!),
                first.Port) { Protocol = first.Protocol == "udp" ? ProtocolType.Udp : ProtocolType.Tcp };
            if (!_known.TryGetValue(Key(call), out var known))
            {
                _known[Key(call)] = known = (call, Settle(node, call, Measure(node, call, 2)));
            }

            findings.Add(Confirm(node, known.Call, known.Truth, (c, truth) => judge.Judge(c, truth, [.. group.Select(r => r.Result)],
                group.Key.IsPassive, many.Contains((first.ServiceIP, first.Port, first.Protocol))))
                with { IsSnapshot = group.Key.IsSnapshot });
        }
    }

    // A busy machine must not be taken for a broken way: what is said to work and timed out is given more time.
    private TruthFinding Confirm(TruthNode node, TruthCall call, TruthOutcome truth, Func<TruthCall, TruthOutcome, TruthFinding> judge)
    {
        var finding = judge(call, truth);
        if (finding.Judgement == TruthJudgement.Contradiction && truth.Kind == TruthKind.TimesOut)
        {
            var again = TruthCaller.Make(call, node.Listeners, Long);
            _known[Key(call)] = (call, again);
            return judge(call, again);
        }

        return finding;
    }

    private static (string, string, int, ProtocolType, int) Key(TruthCall call) => (call.From.Name, call.To.ToString(), call.Port,
        call.Protocol, call.SourcePort);

    private static List<TruthOutcome> Measure(TruthNode node, TruthCall call, int times) =>
        [.. Enumerable.Range(0, times).Select(_ => TruthCaller.Make(call, node.Listeners, Short))];

    // As before and after the question; where it varies, with more time and more often. Whether it works is what has to be the same.
    private static TruthOutcome Settle(TruthNode node, TruthCall call, List<TruthOutcome> before)
    {
        List<TruthOutcome> all = [.. before, .. Measure(node, call, 1)];
        if (all.Select(o => o.Kind).Distinct().Count() > 1)
        {
            all = [.. Enumerable.Range(0, 5).Select(_ => TruthCaller.Make(call, node.Listeners, Long))];
        }

        // How a call fails can vary: an address that nobody answers for is unreachable only after some seconds.
        return all.Select(o => o.Works).Distinct().Count() == 1 ? all[^1] : new TruthOutcome(TruthKind.Sometimes);
    }
}
