using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>
/// Conditions on what connection tracking holds of the packet's connection (xt_conntrack.c, which <c>-m state</c> is a name of).
/// </summary>
internal static class ConnectionConditions
{
    // What the template of a CT rule shows of itself: new, confirmed, and nothing else (nf_ct_tmpl_alloc, xt_ct_tg_check).
    private static readonly BranchState Template = new()
    {
        Options = WalkOptions.Default,
        Packet = new() { Looped = true },
        Connection = new() { State = ConnectionState.New, Original = new(true, 0, 0, 0, 0), Reply = new(true, 0, 0, 0, 0) },
    };

    /// <summary>False where an address is of the other family.</summary>
    public static bool Fits(ConntrackMatch match, IPFamily family)
    {
                return Is(match.OriginalSource) && Is(match.OriginalDestination) && Is(match.ReplySource) && Is(match.ReplyDestination);

        bool Is(AddressCondition? condition) => condition is null || condition.Value.Value.Family == family;
    }

    public static Condition Conntrack(ConntrackMatch match)
    {
        var tests = Tests(match).ToArray();
        return new(
            ConditionCompiler.Text(match),
            packet =>
            {
                var p = packet.Connection.HasTemplate ? Template : packet;
                if (match.States is { } states && IsIn(p, states) == match.StatesNegated)
                {
                    return MatchOutcome.No;
                }

                if (!p.Connection.Exists)
                {
                    // Nothing else can be asked of a packet without a connection: only a state matches (conntrack_mt).
                    return MatchOutcomes.Is(match.States is not null);
                }

                var outcome = MatchOutcome.Yes;
                foreach (var test in tests)
                {
                    outcome = MatchOutcomes.Both(outcome, test(p));
                    if (outcome == MatchOutcome.No)
                    {
                        break;
                    }
                }

                return outcome;
            },
            _ => ConditionMessages.WhatConnectionTrackingHoldsOf) { Module = match.Name,
                Lasting = match.Name == "conntrack" };
    }

    private static IEnumerable<Func<BranchState, MatchOutcome>> Tests(ConntrackMatch match)
    {
        if (match.IsReply is { } reply)
        {
            yield return p => MatchOutcomes.Is(p.Connection.OfReplyTuple == reply);
        }

        if (match.Protocol is { } protocol)
        {
            yield return p => MatchOutcomes.Is((p.Packet.Protocol == protocol) != match.ProtocolNegated);
        }

        if (match.OriginalSource is { } originalSource)
        {
            yield return p => Of(originalSource, p.Connection.Original.Source, p.Connection.Original.SourceKnown);
        }

        if (match.OriginalDestination is { } originalDestination)
        {
            yield return p => Of(originalDestination, p.Connection.Original.Destination, p.Connection.Original.DestinationKnown);
        }

        if (match.ReplySource is { } replySource)
        {
            yield return p => Of(replySource, p.Connection.Reply.Source, p.Connection.Reply.SourceKnown);
        }

        if (match.ReplyDestination is { } replyDestination)
        {
            yield return p => Of(replyDestination, p.Connection.Reply.Destination, p.Connection.Reply.DestinationKnown);
        }

        if (match.OriginalSourcePort is { } originalSourcePort)
        {
            yield return p => Of(originalSourcePort, p.Connection.Original.SourcePort);
        }

        if (match.OriginalDestinationPort is { } originalDestinationPort)
        {
            yield return p => Of(originalDestinationPort, p.Connection.Original.DestinationPort);
        }

        if (match.ReplySourcePort is { } replySourcePort)
        {
            yield return p => Of(replySourcePort, p.Connection.Reply.SourcePort);
        }

        if (match.ReplyDestinationPort is { } replyDestinationPort)
        {
            yield return p => Of(replyDestinationPort, p.Connection.Reply.DestinationPort);
        }

        if (match.Statuses is { } statuses)
        {
            yield return p => MatchOutcomes.Invert(Status(p, statuses), match.StatusesNegated);
        }

        if (match.TestsExpiry)
        {
            yield return _ => MatchOutcome.Unknown;
        }
    }

    private static MatchOutcome Of(AddressCondition condition, Bits128 address, bool known) => known
        ? MatchOutcomes.Is(condition.IsMetBy(address)) : MatchOutcome.Unknown;

    private static MatchOutcome Of(PortCondition condition, int port) =>
        MatchOutcomes.Invert(new NumberRange(condition.Value.First, condition.Value.Last).Test(port, ushort.MaxValue), condition.Negated);

    /// <summary>What rules see where there is no connection is INVALID, also before connection tracking.</summary>
    private static bool IsIn(BranchState packet, ConntrackStates asked)
    {
        var seen = packet.Connection.State switch
        {
            ConnectionState.New => ConntrackStates.New,
            ConnectionState.Established => ConntrackStates.Established,
            ConnectionState.Related => ConntrackStates.Related,
            ConnectionState.Untracked => ConntrackStates.Untracked,
            _ => ConntrackStates.Invalid,
        };
        if (packet.Connection.Exists)
        {
            seen |= (packet.Connection.SourceNat ? ConntrackStates.Snat : 0) | (
                packet.Connection.DestinationNat ? ConntrackStates.Dnat : 0);
        }

        return (seen & asked) != 0;
    }

    private static MatchOutcome Status(BranchState packet, ConntrackStatuses asked)
    {
        bool later = packet.Connection.State != ConnectionState.New || packet.Connection.OfReplyTuple;
        var outcome = MatchOutcome.No;
        if (asked.HasFlag(ConntrackStatuses.SeenReply))
        {
            outcome = MatchOutcomes.Is(later);
        }

        if (asked.HasFlag(ConntrackStatuses.Confirmed))
        {
            // A first packet is confirmed where it leaves, so that it comes back in through lo as confirmed.
            outcome = MatchOutcomes.Either(outcome, MatchOutcomes.Is(later || packet.Packet.Looped));
        }

        if (asked.HasFlag(ConntrackStatuses.Expected))
        {
            outcome = MatchOutcomes.Either(outcome, MatchOutcomes.Is(packet.Connection.State == ConnectionState.Related));
        }

        if (asked.HasFlag(ConntrackStatuses.Assured))
        {
            // The answer to a first packet does not assure a connection yet; later packets may.
            bool first = packet.Connection.State == ConnectionState.New || (packet.Connection.OfReplyTuple && packet.Round == 0);
            outcome = MatchOutcomes.Either(outcome, first ? MatchOutcome.No : MatchOutcome.Unknown);
        }

        // NONE is no bit that a connection could have.
        return outcome;
    }
}
