using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>One condition of a rule, in a form that many packets can be tested with.</summary>
internal sealed class Condition
{
    private readonly Func<BranchState, MatchOutcome> _test;
    private readonly Func<BranchState, string>? _unknown;

    /// <summary>Makes a condition.</summary>
    /// <param name="text">The condition as the rule says it.</param>
    /// <param name="test">Asks a packet.</param>
    /// <param name="unknown">Why it is unknown for a packet; null where it never is.</param>
    public Condition(string text, Func<BranchState, MatchOutcome> test, Func<BranchState, string>? unknown = null)
    {
        Text = text;
        _test = test;
        _unknown = unknown;
    }

    public string Text { get; }

    /// <summary>The probability of a match if the rule leaves it to chance; null if it does not.</summary>
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

    public MatchOutcome Test(BranchState packet) => _test(packet);

    public string WhyUnknown(BranchState packet) => _unknown?.Invoke(packet) ?? ConditionMessages.ItCannotBeDecidedFrom;
}
