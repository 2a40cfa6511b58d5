using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>
/// Conditions on the way back to a packet's source (net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c).
/// </summary>
internal static class ReversePathConditions
{
    public static Condition Rpfilter(RpfilterMatch match, IPFamily family, ForwardingModel network) => new(
        ConditionCompiler.Text(match),
        p => MatchOutcomes.Invert(Passes(match, p, family, network), match.Negated),
        p => p.Packet.SourceKnown ? ConditionMessages.WayBackToPacketsSource : ConditionMessages.PacketsSourceAddressIsNot)
    {
        Module = match.Name, Lasting = true,
    };

    private static MatchOutcome Passes(RpfilterMatch match, BranchState state, IPFamily family, ForwardingModel network)
    {
        ref readonly var packet = ref state.Packet;
        if (packet.In is not { } input || !packet.SourceKnown)
        {
            return MatchOutcome.Unknown;
        }

        if (network.Find(input)?.IsLoopback == true)
        {
            return MatchOutcome.Yes;
        }

        if (packet.Source == Bits128.Zero)
        {
            // IPv6 leaves the unspecified address to the forward path; IPv4 has cases of its own for it.
            return family == IPFamily.IPv6 ? MatchOutcome.Yes : MatchOutcome.Unknown;
        }

        bool isGroup = family == IPFamily.IPv6 ? packet.Destination >> 120 == 0xff : packet.Destination >> 28 == 0xe;
        var back = network.Route(new FibQuery
        {
            Family = family, Destination = packet.Source, Source = isGroup ? Bits128.Zero : packet.Destination, SourceKnown = true,
            Mark = match.UsesMark ? packet.Mark : 0, MarkKnown = match.UsesMark ? packet.MarkKnown : uint.MaxValue, Input = "",
            Tos = packet.Tos,
        });
        return back switch
        {
            { Kind: FibResultKind.Unknown } or { Granted: not null } => MatchOutcome.Unknown,
            { Kind: FibResultKind.Local } when !match.AcceptsLocal => MatchOutcome.No,
            { Kind: FibResultKind.Local or FibResultKind.Unicast } when match.IsLoose => MatchOutcome.Yes,
            { Kind: FibResultKind.Local } => MatchOutcome.Unknown,
            { Kind: FibResultKind.Unicast, Entry: { } route } when route.Devices.Contains(input) => MatchOutcome.Yes,
            // IPv6 looks among the routes of the interface that the packet came in by: a shorter prefix may lead back through it.
            { Kind: FibResultKind.Unicast, Entry: not null } => family == IPFamily.IPv6 ? MatchOutcome.Unknown : MatchOutcome.No,
            { Kind: FibResultKind.Unicast } => MatchOutcome.Unknown,
            _ => MatchOutcome.No,
        };
    }
}
