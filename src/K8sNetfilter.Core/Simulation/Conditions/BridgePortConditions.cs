using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>Conditions on the bridge ports of a packet that bridge netfilter handed to the IP hooks (xt_physdev.c).</summary>
internal static class BridgePortConditions
{
    public static Condition Physdev(PhysdevMatch match)
    {
        InterfacePattern? input = match.Input is null ? null : new(match.Input);
        InterfacePattern? output = match.Output is null ? null : new(match.Output);
        return new(
            ConditionCompiler.Text(match),
            p => p.Packet.HasBridgeInfo ? Bridged(match, input, output, p)
                : MatchOutcomes.Is(
                    match.IsBridged is not true && match.IsIn is not true && match.IsOut is not true
                    && (input is null || match.InputNegated) && (output is null || match.OutputNegated)),
            p => p.Packet.PhysicalIn is null ? ConditionMessages.BridgePortThatPacketComes
                : ConditionMessages.BridgePortThatPacketLeaves)
        { Module = match.Name, Lasting = true };
    }

    // physdev_mt, in its order. An input port that is not there is no reason to miss, an output port is.
    private static MatchOutcome Bridged(PhysdevMatch match, InterfacePattern? input, InterfacePattern? output, BranchState packet)
    {
        bool hasIn = packet.Packet.PhysicalIn is null or { Length: > 0 };
        bool hasOut = packet.Packet.PhysicalOut is null or { Length: > 0 };
        if ((match.IsBridged is { } bridged && bridged != hasOut) || (match.IsIn is { } isIn && isIn != hasIn)
            || (match.IsOut is { } isOut && isOut != hasOut))
        {
            return MatchOutcome.No;
        }

        var outcome = input is { } from && hasIn ? MatchOutcomes.Invert(from.Test(packet.Packet.PhysicalIn), match.InputNegated)
            : MatchOutcome.Yes;
        return output is not { } to ? outcome
            : MatchOutcomes.Both(outcome, hasOut ? MatchOutcomes.Invert(to.Test(packet.Packet.PhysicalOut), match.OutputNegated)
                : MatchOutcome.No);
    }
}
