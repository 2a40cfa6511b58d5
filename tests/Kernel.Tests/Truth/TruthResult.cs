namespace K8sNetfilter.Tests.Truth;

/// <summary>What came of a set-up.</summary>
/// <param name="SetUp">The set-up.</param>
/// <param name="Findings">Its answers.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record TruthResult(SetUp SetUp, IReadOnlyList<TruthFinding> Findings, TimeSpan Elapsed)
{
    /// <summary>Why it could not be run; null where it was.</summary>
    public string? Failure { get; init; }

    /// <summary>What came of the remedies for what is broken.</summary>
    public IReadOnlyList<TruthRemedy> Remedies { get; init; } = [];

    /// <summary>When each part of it had been done.</summary>
    public IReadOnlyList<(string Part, TimeSpan Until)> Spent { get; init; } = [];

    /// <summary>The worst of its answers about the calls that it lists.</summary>
    public TruthJudgement Worst => Findings.Select(f => f.Judgement).DefaultIfEmpty(TruthJudgement.Unknown).Max();

    public override string ToString()
    {
        string calls = string.Join(", ", Findings.Where(f => f.Question.StartsWith("Trace", StringComparison.Ordinal) && !f.IsSnapshot)
            .Select(f => $"{f.Question[6..]} {f.Truth}"));
        string parts = string.Join(", ", Spent.Select((s, i) => Seconds(s.Part, s.Until - (i == 0 ? TimeSpan.Zero : Spent[i - 1].Until))));
        string worst = Failure is null ? Worst.ToString() : "FAILED";
        return FormattableString.Invariant($"{worst,-13} {SetUp} [{Elapsed.TotalSeconds:0.0} s: {parts}] {calls}{Failure}");

        static string Seconds(string part, TimeSpan time) => FormattableString.Invariant($"{part} {time.TotalSeconds:0.0}");
    }
}
