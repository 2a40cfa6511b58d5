namespace K8sNetfilter.Packets;

/// <summary>One thing that a rule asks of a packet, ready to be asked many times.</summary>
internal sealed class Condition
{
    private readonly Func<WalkState, MatchOutcome> _test;
    private readonly Func<WalkState, string>? _unknown;

    /// <summary>Makes a condition.</summary>
    /// <param name="text">The condition as the rule says it.</param>
    /// <param name="test">Asks a packet.</param>
    /// <param name="unknown">Why it is unknown for a packet; null where it never is.</param>
    public Condition(string text, Func<WalkState, MatchOutcome> test, Func<WalkState, string>? unknown = null)
    {
        Text = text;
        _test = test;
        _unknown = unknown;
    }

    public string Text { get; }

    /// <summary>How probable a match is where the rule leaves it to chance; null where it does not.</summary>
    public double? Chance { get; init; }

    /// <summary>
    /// The same packet gets the same answer again, as from a set and unlike from a rate limit, so that one assumption serves all rules
    /// that ask the same.
    /// </summary>
    public bool Lasting { get; init; }

    /// <summary>The match extension's name, for those who settle it: <c>limit</c>, <c>set</c>.</summary>
    public string Module { get; init; } = "";

    /// <summary>The ipset that it asks; null for other matches.</summary>
    public string? Set { get; init; }

    /// <summary>The answer is turned round (<c>!</c>) after asking the set.</summary>
    public bool Negated { get; init; }

    public MatchOutcome Test(WalkState packet) => _test(packet);

    public string WhyUnknown(WalkState packet) => _unknown?.Invoke(packet) ?? "it cannot be decided from rules alone";

    public static MatchOutcome Is(bool value) => value ? MatchOutcome.Yes : MatchOutcome.No;

    /// <summary>No where one is; else unknown where one is.</summary>
    public static MatchOutcome Both(MatchOutcome left, MatchOutcome right) =>
        left == MatchOutcome.No || right == MatchOutcome.No ? MatchOutcome.No
        : left == MatchOutcome.Unknown || right == MatchOutcome.Unknown ? MatchOutcome.Unknown : MatchOutcome.Yes;

    /// <summary>Yes where one is; else unknown where one is.</summary>
    public static MatchOutcome Either(MatchOutcome left, MatchOutcome right) =>
        left == MatchOutcome.Yes || right == MatchOutcome.Yes ? MatchOutcome.Yes
        : left == MatchOutcome.Unknown || right == MatchOutcome.Unknown ? MatchOutcome.Unknown : MatchOutcome.No;

    public static MatchOutcome Invert(MatchOutcome outcome, bool negated) => !negated ? outcome : outcome switch
    {
        MatchOutcome.Yes => MatchOutcome.No,
        MatchOutcome.No => MatchOutcome.Yes,
        _ => MatchOutcome.Unknown,
    };
}
