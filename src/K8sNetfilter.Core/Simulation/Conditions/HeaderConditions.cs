using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>Conditions on the fields of the IP header: length, time to live, type of service (xt_length.c, xt_hl.c, xt_dscp.c).</summary>
internal static class HeaderConditions
{
    public static Condition Length(LengthMatch match)
    {
        NumberRange range = new(match.Length.First, match.Length.Last);
        return new(
            ConditionCompiler.Text(match),
            p => MatchOutcomes.Invert(range.Test(p.Packet.Length, ushort.MaxValue), match.Negated),
            _ => ConditionMessages.PacketsLengthIsNotGiven) { Module = match.Name };
    }

    public static Condition HopLimit(HopLimitMatch match)
    {
        // Nothing is less than 0 or more than 255: such a range is empty.
        NumberRange range = match.Comparison switch
        {
            < 0 => new(0, match.Value - 1),
            > 0 => new(match.Value + 1, byte.MaxValue),
            _ => new(match.Value, match.Value),
        };
        return new(
            ConditionCompiler.Text(match),
            p => MatchOutcomes.Invert(range.Test(p.Packet.Ttl, byte.MaxValue), match.Negated),
            _ => ConditionMessages.PacketsTimeToLiveIs) { Module = match.Name };
    }

    public static Condition Dscp(DscpMatch match) => new(
        ConditionCompiler.Text(match),
        p => p.Packet.Tos < 0 ? MatchOutcome.Unknown : MatchOutcomes.Is((p.Packet.Tos >> 2 == match.Value) != match.Negated),
        TosUnknown) { Module = match.Name };

    // The header's value is masked, the rule's is not (tos_mt).
    public static Condition Tos(TosMatch match) => new(
        ConditionCompiler.Text(match),
        p => p.Packet.Tos >= 0 ? MatchOutcomes.Is(((p.Packet.Tos & match.Mask) == match.Value) != match.Negated)
            : match.Mask == 0 ? MatchOutcomes.Is((match.Value == 0) != match.Negated) : MatchOutcome.Unknown,
        TosUnknown) { Module = match.Name };

    private static string TosUnknown(BranchState packet) => ConditionMessages.PacketsTypeOfServiceIs;
}
