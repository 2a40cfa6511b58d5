using System.Globalization;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Ipset;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>
/// Conditions on the elements of a set (net/netfilter/xt_set.c): decided by the node's sets, as far as they are known and stay as they
/// are.
/// </summary>
internal static class SetConditions
{
    public static Condition Set(SetMatch match, ForwardingModel network, SetChanges? changes)
    {
        var question = Question(match);
        return new(
            ConditionCompiler.Text(match),
            p => MatchOutcomes.Invert(Ask(match, question, network, changes, p).Outcome, match.Negated),
            p => Ask(match, question, network, changes, p).Why ?? "")
        {
            Module = match.Name,
            Set = match.Set,
            Negated = match.Negated,
            Lasting = true,
        };
    }

    private static IpsetAnswer Ask(SetMatch match, IpsetQuestion? question, ForwardingModel network, SetChanges? changes, BranchState state)
    {
        string name = Printable.Text(match.Set, 40);
        if (question is null)
        {
            return IpsetAnswer.Unknown(ConditionMessages.OptionOfIsNotKnown(ConditionCompiler.Text(match)));
        }

        var sets = network.Sets.Catalog;
        if (!sets.IsKnown)
        {
            return IpsetAnswer.Unknown(ConditionMessages.WhatSetHoldsIsNot(name, sets.Missing is { } missing ? $" ({missing})" : ""));
        }

        if (sets.Find(match.Set) is not { } set)
        {
            return IpsetAnswer.Unknown(ConditionMessages.SetIsNotAmongSets(name));
        }

        var answer = IpsetLookup.Test(set, sets, Packet(state.Packet), question);
        return changes?.MayChange(set, sets, question, answer) is { } why ? IpsetAnswer.Unknown(why) : answer;
    }

    private static IpsetPacket Packet(in WalkPacket packet) => new()
    {
        Family = packet.Family,
        SourceKnown = packet.SourceKnown,
        Source = packet.Source,
        Destination = packet.Destination,
        Protocol = packet.Protocol,
        SourcePort = packet.SourcePort,
        DestinationPort = packet.DestinationPort,
        IcmpType = packet.IcmpType,
        IcmpCode = packet.IcmpCode,
        Mark = packet.Mark,
        MarkKnown = packet.MarkKnown,
        In = packet.In,
        Out = packet.Out,
        IsLocal = packet.Local || packet.Looped,
    };

    // Null for an option that is not known here.
    private static IpsetQuestion? Question(SetMatch match)
    {
        var question = new IpsetQuestion { Sources = [.. match.Directions.Select(d => d == "src")] };
        foreach (var option in match.Options)
        {
            switch (option.Name)
            {
                // Whether the counters of an element grow decides nothing.
                case "match-set" or "set" or "update-counters" or "update-subcounters":
                    break;
                case "return-nomatch":
                    question = question with { ReturnsNomatch = true };
                    break;
                case "packets-eq" or "packets-lt" or "packets-gt" when Counter(option) is { } packets:
                    question = question with { Packets = packets };
                    break;
                case "bytes-eq" or "bytes-lt" or "bytes-gt" when Counter(option) is { } bytes:
                    question = question with { Bytes = bytes };
                    break;
                default:
                    return null;
            }
        }

        return match.Directions.All(d => d is "src" or "dst") ? question : null;
    }

    private static IpsetCounterTest? Counter(RuleOption option) =>
        !ulong.TryParse(option.First, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? null
        : new IpsetCounterTest(
            option.Name[^2..] switch
            {
                "lt" => IpsetCounterOperator.Less,
                "gt" => IpsetCounterOperator.Greater,
                _ => option.Negated ? IpsetCounterOperator.NotEqual : IpsetCounterOperator.Equal,
            },
            value);
}
