using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>Conditions on the marks of the packet and of its connection (xt_mark.c, xt_connmark.c).</summary>
internal static class MarkConditions
{
    public static Condition Mark(MarkMatch match) => match.IsConnection
        ? new(
            ConditionCompiler.Text(match),
            // Without a connection it never matches, negated or not (connmark_mt). The template of a CT rule has no mark.
            p => p.Connection.HasTemplate ? MatchOutcomes.Invert(Masked(0, uint.MaxValue, match), match.Negated)
                : p.Connection.Exists ? MatchOutcomes.Invert(Masked(p.Connection.Mark, p.Connection.MarkKnown, match), match.Negated)
                : MatchOutcome.No,
            _ => ConditionMessages.ConnectionsMarkIsNotKnown) { Module = match.Name }
        : new(
            ConditionCompiler.Text(match),
            p => MatchOutcomes.Invert(Masked(p.Packet.Mark, p.Packet.MarkKnown, match), match.Negated),
            _ => ConditionMessages.PacketsMarkIsNotKnown) { Module = match.Name };

    // One known bit that differs decides. The rule's value is not masked, so that one with bits outside of its mask never fits.
    private static MatchOutcome Masked(uint mark, uint known, MarkMatch match) =>
        (((mark & match.Mask) ^ match.Value) & (known | ~match.Mask)) != 0 ? MatchOutcome.No
        : (match.Mask & ~known) == 0 ? MatchOutcome.Yes : MatchOutcome.Unknown;
}
