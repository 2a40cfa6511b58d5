using K8sNetfilter.Logic;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>A range of numbers, both ends included; empty where the high end is below the low one.</summary>
internal readonly record struct NumberRange(int Low, int High)
{
    /// <summary>
    /// Whether a number that may be unknown (-1) lies in the range; the smallest and greatest that it could be decide it too.
    /// </summary>
    public MatchOutcome Test(int number, int greatest) => number >= 0
        ? MatchOutcomes.Is(number >= Low && number <= High)
        : Low <= 0 && High >= greatest ? MatchOutcome.Yes : Low > High ? MatchOutcome.No : MatchOutcome.Unknown;
}
