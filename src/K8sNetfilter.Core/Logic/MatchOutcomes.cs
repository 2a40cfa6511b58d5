namespace K8sNetfilter.Logic;

/// <summary>Logic of three values: what is not known stays unknown, unless the other side decides.</summary>
internal static class MatchOutcomes
{
    /// <summary>Yes for true, No for false.</summary>
    public static MatchOutcome Is(bool value) => value ? MatchOutcome.Yes : MatchOutcome.No;

    /// <summary>Yes if both are; No if either is.</summary>
    public static MatchOutcome Both(MatchOutcome left, MatchOutcome right) =>
        left == MatchOutcome.No || right == MatchOutcome.No ? MatchOutcome.No
        : left == MatchOutcome.Unknown || right == MatchOutcome.Unknown ? MatchOutcome.Unknown : MatchOutcome.Yes;

    /// <summary>Yes if either is; No if both are.</summary>
    public static MatchOutcome Either(MatchOutcome left, MatchOutcome right) =>
        left == MatchOutcome.Yes || right == MatchOutcome.Yes ? MatchOutcome.Yes
        : left == MatchOutcome.Unknown || right == MatchOutcome.Unknown ? MatchOutcome.Unknown : MatchOutcome.No;

    /// <summary>The opposite, for a condition with <c>!</c>.</summary>
    public static MatchOutcome Invert(MatchOutcome outcome, bool negated) => !negated ? outcome : outcome switch
    {
        MatchOutcome.Yes => MatchOutcome.No,
        MatchOutcome.No => MatchOutcome.Yes,
        _ => MatchOutcome.Unknown,
    };
}
