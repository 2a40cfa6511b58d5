namespace K8sNetfilter.Tests.Simulation;

/// <summary>What trials of the walk against the kernel came to.</summary>
internal sealed class WalkTotals
{
    public int Pairs { get; set; }

    public int Answers { get; set; }

    public int Rulesets { get; set; }

    public int Events { get; set; }

    public int Forks { get; set; }

    public int Branches { get; set; }

    public Dictionary<string, int> Unknowns { get; } = new(StringComparer.Ordinal);

    public List<string> Disagreements { get; } = [];

    /// <summary>Says what they came to, and fails if walk and kernel disagree anywhere.</summary>
    public void Report(ITestOutputHelper output, TimeSpan time, int pairs)
    {
        output.WriteLine($"{Pairs} packets and {Answers} answers over {Rulesets} rulesets in {time.TotalSeconds:0.0} s: {Events} trace events, "
            + $"{Forks} packets took one of several branches ({Branches} in all), {Disagreements.Count} disagreements");
        foreach (var (reason, count) in Unknowns.OrderByDescending(p => p.Value))
        {
            output.WriteLine($"  unknown {count} times: {reason}");
        }

        Assert.True(Disagreements.Count == 0, string.Join("\n\n", Disagreements.DistinctBy(d => d[..d.IndexOf(',', StringComparison.Ordinal)]).Take(3)));
        Assert.True(Pairs >= Math.Min(pairs, 100) && Events > Pairs, "hardly anything was traced");
        Assert.DoesNotContain(Unknowns.Keys, string.IsNullOrWhiteSpace);
    }
}
