using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>
/// Conditions on the header behind the IP header: ports, TCP flags, ICMP types (xt_tcpudp.c, xt_multiport.c, ip_tables.c).
/// </summary>
internal static class TransportConditions
{
    public static void Add(List<Condition> conditions, TransportMatch match)
    {
        string module = match.Name;
        if (match.SourcePorts is { } source)
        {
            NumberRange ports = new(source.First, source.Last);
            conditions.Add(new(
                ConditionCompiler.Text(match, "sport", "source-port"),
                p => MatchOutcomes.Invert(ports.Test(p.Packet.SourcePort, ushort.MaxValue), match.SourceNegated),
                SourcePortUnknown) { Module = module });
        }

        if (match.DestinationPorts is { } destination)
        {
            NumberRange ports = new(destination.First, destination.Last);
            conditions.Add(new(
                ConditionCompiler.Text(match, "dport", "destination-port"),
                p => MatchOutcomes.Invert(ports.Test(p.Packet.DestinationPort, ushort.MaxValue), match.DestinationNegated),
                DestinationPortUnknown) { Module = module });
        }

        if (match.FlagsMask is { } mask)
        {
            int looked = (int)mask;
            int wanted = (int)match.FlagsSet;
            conditions.Add(new(
                ConditionCompiler.Text(match, "tcp-flags", "syn"),
                p => p.Packet.TcpFlags < 0 ? MatchOutcome.Unknown
                    : MatchOutcomes.Is(((p.Packet.TcpFlags & looked) == wanted) != match.FlagsNegated),
                _ => ConditionMessages.PacketsTCPFlagsAreNot) { Module = module });
        }

        // TCP's options, SCTP's chunks and DCCP's types are not among what is given of a packet.
        foreach (var option in match.Options)
        {
            if (option.Name is "tcp-option" or "chunk-types" or "dccp-types" or "dccp-option")
            {
                conditions.Add(OpaqueConditions.Of(module, [option]));
            }
        }
    }

    public static Condition Icmp(IcmpMatch match)
    {
        NumberRange codes = new(match.FirstCode, match.LastCode);
        return new(
            ConditionCompiler.Text(match, "icmp-type", "icmpv6-type"),
            p =>
            {
                MatchOutcome outcome = match.Type is not { } type ? MatchOutcome.Yes
                    : p.Packet.IcmpType < 0 ? MatchOutcome.Unknown
                    : p.Packet.IcmpType != type ? MatchOutcome.No
                    : codes.Test(p.Packet.IcmpCode, byte.MaxValue);
                return MatchOutcomes.Invert(outcome, match.Negated);
            },
            _ => ConditionMessages.PacketsICMPTypeIsNot) { Module = match.Name };
    }

    public static Condition Multiport(MultiportMatch match)
    {
        NumberRange[] ports = [.. match.Ports.Select(p => new NumberRange(p.First, p.Last))];
        return new(
            ConditionCompiler.Text(match),
            p => MatchOutcomes.Invert(
                MatchOutcomes.Either(
                    match.TestsSource ? AnyOf(ports, p.Packet.SourcePort) : MatchOutcome.No,
                    match.TestsDestination ? AnyOf(ports, p.Packet.DestinationPort) : MatchOutcome.No),
                match.Negated),
            p => match.TestsSource && p.Packet.SourcePort < 0 ? SourcePortUnknown(p) : DestinationPortUnknown(p)) { Module = match.Name };
    }

    private static MatchOutcome AnyOf(NumberRange[] ranges, int number)
    {
        var outcome = MatchOutcome.No;
        foreach (var range in ranges)
        {
            outcome = MatchOutcomes.Either(outcome, range.Test(number, ushort.MaxValue));
        }

        return outcome;
    }

    private static string SourcePortUnknown(BranchState packet) => ConditionMessages.PacketsSourcePortIsNot;

    private static string DestinationPortUnknown(BranchState packet) => ConditionMessages.PacketsDestinationPortIsNot;
}
