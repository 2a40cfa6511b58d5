namespace K8sNetfilter.Tests.Truth;

/// <summary>How an answer stands to the truth.</summary>
internal enum TruthJudgement
{
    /// <summary>The truth, and it depends on nothing that was not looked at.</summary>
    Firm,

    /// <summary>The truth, if what it names as taken for granted is true; or not the truth, and just that is false which it names.</summary>
    Assumed,

    /// <summary>It does not say.</summary>
    Unknown,

    /// <summary>Traffic does otherwise.</summary>
    Contradiction,
}

/// <summary>One answer, held against what the traffic did.</summary>
/// <param name="Question">The call, and who answered.</param>
/// <param name="Judgement">How it stands to the truth.</param>
/// <param name="Truth">What the traffic did.</param>
/// <param name="Answer">What was said.</param>
internal sealed record TruthFinding(string Question, TruthJudgement Judgement, TruthOutcome Truth, string Answer)
{
    /// <summary>From a snapshot, not from the live node.</summary>
    public bool IsSnapshot { get; init; }

    public override string ToString() => $"{(IsSnapshot ? "snapshot" : "live")} {Question}: {Judgement}: truth {Truth}; said {Answer}";
}
