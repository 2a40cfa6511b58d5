using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>Conditions that chance or the traffic before decides (xt_statistic.c, xt_recent.c): open, and the reason says why.</summary>
internal static class HistoryConditions
{
    public static Condition Statistic(StatisticMatch match)
    {
        // Of several packets every n-th: of one, it is chance.
        double share = match.Probability ?? 1.0 / match.Every;
        double chance = match.Negated ? 1 - share : share;
        string text = ConditionCompiler.Text(match);
        return chance is 0 or 1
            ? new(text, _ => MatchOutcomes.Is(chance == 1)) { Module = match.Name }
            : new(text, _ => MatchOutcome.Unknown, _ => ConditionMessages.ItIsLeftToChance) { Module = match.Name, Chance = chance };
    }

    public static Condition Recent(RecentMatch match)
    {
        string text = ConditionCompiler.Text(match);

        // Adding an address always matches (recent_mt).
        return match.Action == RecentAction.Set
            ? new(text, _ => MatchOutcomes.Is(!match.Negated)) { Module = match.Name }
            : new(text, _ => MatchOutcome.Unknown,
                _ => ConditionMessages.WhatListOfHoldsDepends(text)) { Module = match.Name, Lasting = true };
    }
}
