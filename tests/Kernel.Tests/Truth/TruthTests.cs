using System.Collections.Concurrent;
using System.Globalization;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Truth;

/// <summary>
/// The first thing that a change to the walk or the diagnosis is held against: many nodes, each arranged in namespaces of its own, with real
/// calls through them. An answer, live and from a snapshot, is the truth, or unknown, or names what it takes for granted.
/// <c>K8SNF_TRUTH='part of a name|of another'</c> runs those set-ups alone; <c>K8SNF_TRUTH_REPORT=file</c> keeps the table.
/// </summary>
public sealed class TruthTests(ITestOutputHelper output)
{
    private const int AtOnce = 10;

    // More than this share of set-ups with an open answer is no help to anybody.
    private const double MostUnknown = 0.10;

    private static readonly Lock Turn = new();

    [Fact]
    public void No_answer_is_contradicted_by_traffic()
    {
        Privilege.MakeNamespace().Dispose();
        foreach (string tool in (string[])["ip", "nft", "iptables-nft-restore", "iptables-legacy-restore", "ebtables", "conntrack",
            "nsenter"])
        {
            Tool.Require(tool);
        }

        Assert.SkipUnless(Directory.Exists("/proc/sys/net/bridge"), "br_netfilter is not loaded");
        string? part = Environment.GetEnvironmentVariable("K8SNF_TRUTH");
        string[] parts = part?.Split('|') ?? [""];
        var setUps = AllSetUps.List().Where(s => parts.Any(p => s.ToString().Contains(p, StringComparison.OrdinalIgnoreCase))).ToList();
        string? file = Environment.GetEnvironmentVariable("K8SNF_TRUTH_REPORT");
        var results = RunAll(setUps, result => Keep(file, TruthReport.Write(result, isLong: part is not null)));
        string report = TruthReport.Write(results, isLong: part is not null);
        output.WriteLine(report);
        Keep(file, TruthReport.Counts(results));

        var failed = results.Where(r => r.Failure is not null).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} set-ups could not be run:\n{string.Join('\n', failed)}");
        var wrong = results.SelectMany(r => r.Findings.Where(f => f.Judgement == TruthJudgement.Contradiction)
            .Select(f => $"{r.SetUp}: {f}")).ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} answers are contradicted:\n{string.Join('\n', wrong)}");
        var remedies = results.SelectMany(r => r.Remedies.Select(m => (r.SetUp, Remedy: m))).ToList();
        var useless = remedies.Where(r => r.Remedy.Works == false).ToList();
        int untried = remedies.Count(r => r.Remedy.Gives == ServiceVerdict.Works && r.Remedy.Works is null);
        Assert.True(untried <= remedies.Count / 10, string.Create(CultureInfo.InvariantCulture, $"{untried} of {remedies.Count} promises could not be held to traffic"));
        Assert.True(useless.Count == 0, $"{useless.Count} remedies do not help:\n{string.Join('\n', useless.Select(u => $"{u.SetUp}: {u.Remedy}"))}");
        int open = results.Count(r => r.Worst == TruthJudgement.Unknown);
        Assert.True(part is not null || open <= results.Count * MostUnknown,
            string.Create(CultureInfo.InvariantCulture, $"{open} of {results.Count} set-ups have an open answer"));
        Assert.True(part is not null || results.Count >= 150, string.Create(CultureInfo.InvariantCulture, $"{results.Count} set-ups"));
    }

    // Also what a run that is stopped has found.
    private static void Keep(string? file, string text)
    {
        if (file is { Length: > 0 })
        {
            lock (Turn)
            {
                File.AppendAllText(file, text);
            }
        }
    }

    private static List<TruthResult> RunAll(List<SetUp> setUps, Action<TruthResult> done)
    {
        RuntimeThreads.StartForProcesses();
        var waiting = new ConcurrentQueue<SetUp>(setUps);
        var results = new ConcurrentDictionary<SetUp, TruthResult>();
        var workers = Enumerable.Range(0, Math.Min(AtOnce, setUps.Count)).Select(_ => new Thread(() =>
        {
            using var question = new TruthQuestion();
            while (waiting.TryDequeue(out var setUp))
            {
                done(results[setUp] = RunOne(setUp, question));
            }
        })
        { IsBackground = true, Name = "truth" }).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        return setUps.ConvertAll(s => results[s]);
    }

    private static TruthResult RunOne(SetUp setUp, TruthQuestion question)
    {
        try
        {
            return new TruthTrial(setUp, question).Run();
        }
        catch (Exception failure)
        {
            return new TruthResult(setUp, [], TimeSpan.Zero) { Failure = failure.ToString() };
        }
    }
}
