using System.Diagnostics;
using System.Globalization;
using K8sNetfilter.IO;
using K8sNetfilter.Nftables;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>Times of reading the namespace that the process is in; tests/bench/nftables.sh runs it.</summary>
public sealed class NftReadBenchmark
{
    [Fact(Explicit = true)]
    public void Reading_is_timed()
    {
        PrivateProcess.Require();
        string? set = Environment.GetEnvironmentVariable("NFT_BENCH_SET");
        var query = string.IsNullOrEmpty(set) ? NftQuery.All : NftQuery.All with { Set = set, WithRules = false };
        string[] list = string.IsNullOrEmpty(set) ? ["list", "ruleset"] : ["list", "set", "ip", "big", set];
        int rounds = int.Parse(Environment.GetEnvironmentVariable("NFT_BENCH_ROUNDS") ?? "3", CultureInfo.InvariantCulture);
        using var result = new StreamWriter(Environment.GetEnvironmentVariable("NFT_BENCH_RESULT")!);
        var ratios = new List<(double Text, double Json)>();
        for (int i = 0; i <= rounds; i++)
        {
            double text = Run(list), json = string.IsNullOrEmpty(set) ? Run(["-j", .. list]) : 0;
            long start = Stopwatch.GetTimestamp();
            var ruleset = new LiveNftables(KernelRoot.Live, null).Read(query, CancellationToken.None);
            double ours = Stopwatch.GetElapsedTime(start).TotalSeconds;
            result.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  round {i}: {ours:0.00} s, nft {text:0.00} s, nft -j {json:0.00} s, {Environment.WorkingSet >> 20} MB"));
            if (i > 0)
            {
                ratios.Add((ours / text, json == 0 ? 0 : ours / json));
            }

            if (!string.IsNullOrEmpty(set))
            {
                var found = ruleset.Tables[0].FindSet(set)!;
                for (int again = 0; again < 2; again++)
                {
                    start = Stopwatch.GetTimestamp();
                    found.Contains([10, 0, 1, 1]);
                    result.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  Contains, {(again == 0 ? "first" : "then")}: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.000} ms"));
                }
            }
        }

        ratios.Sort();
        var median = ratios[ratios.Count / 2];
        result.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  median: {median.Text:0.00}x nft, {median.Json:0.00}x nft -j (the first round, with JIT compilation, is not counted)"));
    }

    private static double Run(string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "PATH=$PATH:/usr/sbin exec nft \"$@\" > /dev/null", "sh", .. arguments]))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
