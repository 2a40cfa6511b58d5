using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>
/// The targets of the nat table: each gives a connection its mapping, and the packet is translated by it at the same hook.
/// </summary>
internal sealed class NatTargets(PacketSimulation run)
{
    // More addresses than this in one range are not followed one by one.
    private const int MaxPicks = 16;

    // With fewer source ports than this, those that are in use matter.
    private const int FewPorts = 1024;

    /// <summary>Applies a target of the nat table.</summary>
    public AfterRule Apply(BranchState state, in RulePosition place, MatchOutcome outcome, string? why)
    {
        var target = place.Target;
        bool destination = target.Action is WalkAction.DestinationNat or WalkAction.Redirect
            || (target.Action == WalkAction.Netmap && WalkNat.IsDestinationHook(state.Hook));
        if (target.Action == WalkAction.Redirect && !KnowsOwn(state))
        {
            return ToOwnUnknown(state, place);
        }

        var range = Select(state, target, destination);
        if (range.Missing is { } missing)
        {
            if (run.Log.Keeps(state))
            {
                run.Log.Add(state, place, outcome, missing, "DROP");
            }

            run.End(state, PacketFate.Dropped, $"{missing} ({place})");
            return AfterRule.Gone;
        }

        if (run.Log.Keeps(state))
        {
            run.Log.Add(state, place, outcome, why ?? place.Why(state, outcome), Verdict(state, target, range));
        }

        if (!destination && state.Direction == PacketDirection.Original)
        {
            state.End.SourceNatBy = place.Source;
        }

        if (range.High <= range.Low)
        {
            Map(state, destination, range.Low, range.IsKnown, target);
            return AfterRule.Passed;
        }

        var current = Current(state, destination);
        if (!destination && range.IsKnown && !target.Random && current >= range.Low && current <= range.High && KeepsPort(state, target))
        {
            Map(state, destination, current, range.IsKnown, target);
            return AfterRule.Passed;
        }

        return Pick(state, place, destination, range);
    }

    private static Bits128 Current(BranchState state, bool destination) =>
        destination ? state.Connection.Reply.Source : state.Connection.Reply.Destination;

    // The addresses that a target maps to.
    private NatRange Select(BranchState state, CompiledTarget target, bool destination)
    {
        var low = Current(state, destination);
        bool known = destination || state.Connection.Reply.DestinationKnown;
        switch (target.Action)
        {
            case WalkAction.DestinationNat or WalkAction.SourceNat when target.HasAddress:
                return new(target.Low, target.High);
            case WalkAction.Netmap:
                low = target.Low | (low & ~target.High & AddressBits.Mask(128, state.Packet.Family));
                return new(low, low, known);
            case WalkAction.Masquerade when !run.Network.KnowsRoutes(state.Packet.Family) || state.Packet.Out is null:
                return new(low, low, isKnown: false);
            case WalkAction.Masquerade:
                return run.Network.SelectSource(
                    state.Packet.Family, state.Packet.Out, state.Packet.NextHop, state.Packet.Destination) is { } source
                    ? new(source, source) : new(StepMessages.HasNoAddressToMasquerade(state.Packet.Out));
            case WalkAction.Redirect when state.Stage == WalkStage.Output:
                // Packets made here go to the loopback address, others to the first address of where they came in (nf_nat_redirect.c).
                low = state.Packet.Family == IPFamily.IPv6 ? Bits128.One : 0x7f000001;
                return new(low, low);
            case WalkAction.Redirect:
                return FirstAddress(state) is { } own ? new(own, own) : new(StepMessages.HasNoAddressToRedirect(state.Packet.In));
            default:
                return new(low, low, known);
        }
    }

    private bool KnowsOwn(BranchState state) =>
        state.Stage == WalkStage.Output || (run.Network.KnowsRoutes(state.Packet.Family) && state.Packet.In is not null);

    // The address is this node's, whichever it is: the walk goes on to a local process.
    private AfterRule ToOwnUnknown(BranchState state, in RulePosition place)
    {
        if (run.Log.Keeps(state))
        {
            run.Log.Add(state, place, MatchOutcome.Unknown,
                StepMessages.FirstAddressOfInterfaceThat, "REDIRECT");
        }

        state.Layer2 = WalkLayer2.Bridge;
        run.End(state, PacketFate.Delivered, StepMessages.RedirectedToProcessOnThis);
        return AfterRule.Gone;
    }

    // Which address of a range it is is a hash of the packet's source (find_best_ips_proto), with a secret of this boot.
    private AfterRule Pick(BranchState state, in RulePosition place, bool destination, in NatRange range)
    {
        var target = place.Target;
        if (range.High - range.Low >= MaxPicks)
        {
            if (destination)
            {
                run.End(state, PacketFate.Unknown, StepMessages.PicksOneOfMoreThan(place, MaxPicks));
                return AfterRule.Gone;
            }

            Map(state, destination, 0, false, target);
            return AfterRule.Passed;
        }

        double share = 1.0 / (double)(range.High - range.Low + 1);
        for (Bits128 address = range.Low; address < range.High;)
        {
            // The highest address of all has none after it.
            address++;
            if (run.Fork(state) is not { } other)
            {
                run.TooMany(state);
                return AfterRule.Gone;
            }

            other.Probability *= share;
            Map(other, destination, address, true, target);
            if (run.Log.Keeps(other))
            {
                run.Log.Add(other, place, MatchOutcome.Yes,
                    StepMessages.ByHashOfSource(Verdict(other, target, new(address, address))), null);
            }

            run.Rules.Leave(other, place.Hook);
        }

        state.Probability *= share;
        Map(state, destination, range.Low, range.IsKnown, target);
        return AfterRule.Passed;
    }

    // A connection that has ended keeps its port for minutes (TIME_WAIT): of a few ports each may be in use.
    private static void GrantPort(BranchState state, CompiledTarget target)
    {
        if (state is { Direction: PacketDirection.Original, Packet.HasPorts: true } && target.HasPorts
            && target.HighPort - target.LowPort + 1 < FewPorts)
        {
            string ports = target.LowPort == target.HighPort ? StepMessages.PortIsFree(target.LowPort)
                : StepMessages.PortOfRangeIsFree(target.LowPort, target.HighPort);
            PacketSimulation.Grant(state, ports, ports);
        }
    }

    // A source that is in the range already stays, if its port may too (nf_in_range).
    private static bool KeepsPort(BranchState state, CompiledTarget target) =>
        !target.HasPorts || !state.Packet.HasPorts
        || (state.Connection.Reply.DestinationPort >= target.LowPort && state.Connection.Reply.DestinationPort <= target.HighPort);

    private static string Verdict(BranchState state, CompiledTarget target, in NatRange range)
    {
        var family = state.Packet.Family;
        string address = !range.IsKnown ? "?" : range.Low == range.High ? AddressBits.ToAddress(range.Low, family).ToString()
            : $"{AddressBits.ToAddress(range.Low, family)}-{AddressBits.ToAddress(range.High, family)}";
        string ports = !target.HasPorts ? "" : target.LowPort == target.HighPort ? $":{target.LowPort}"
            : $":{target.LowPort}-{target.HighPort}";
        return $"{target.Name} {(state.Packet.Family == IPFamily.IPv6 && ports.Length > 0 ? $"[{address}]" : address)}{ports}";
    }

    private Bits128? FirstAddress(BranchState state)
    {
        // On a bridge the packet's device is the bridge itself by then. What is sent to a link-local address goes to one of those
        // (nf_nat_redirect_ipv6_usable); the others come first in the kernel's list.
        bool wantsLink = state.Packet.Family == IPFamily.IPv6 && state.Packet.Destination >> 118 == 0x3fa;
        foreach (var address in run.Network.Find(state.Packet.In)?.Addresses ?? [])
        {
            if (address.Family == state.Packet.Family && (!wantsLink || address.Scope == 253))
            {
                return address.Address;
            }
        }

        return null;
    }

    // From which a target picks one; or why there is none.
    private readonly struct NatRange(Bits128 low, Bits128 high, bool isKnown = true)
    {
        public NatRange(string missing)
            : this(default, default) => Missing = missing;

        public Bits128 Low { get; } = low;

        public Bits128 High { get; } = high;

        public bool IsKnown { get; } = isKnown;

        public string? Missing { get; }
    }

    // nf_nat_setup_info: the mapping goes into the reply tuple; a mapping that changes nothing is none.
    private static void Map(BranchState state, bool destination, Bits128 address, bool known, CompiledTarget target)
    {
        bool ports = state.Packet.HasPorts;
        int port = destination ? state.Connection.Reply.SourcePort : state.Connection.Reply.DestinationPort;
        int mapped = port;
        if (ports && target.HasPorts)
        {
            mapped = target.LowPort == target.HighPort ? target.LowPort
                : !target.Random && port >= target.LowPort && port <= target.HighPort ? port : -1;
        }
        else if (!destination && target.Random)
        {
            mapped = -1;
        }

        var before = state.Connection.Reply;
        if (destination)
        {
            state.Connection.Reply = state.Connection.Reply
                with { Source = address, SourceKnown = known, SourcePort = ports ? mapped : port };
            state.Connection.DestinationNatDone = true;
            state.Connection.DestinationNat |= state.Connection.Reply != before || (target.HasPorts && mapped < 0);
        }
        else
        {
            state.Connection.Reply = state.Connection.Reply with
            {
                Destination = known ? address : 0,
                DestinationKnown = known,
                DestinationPort = mapped,
                SourcePort = ports ? state.Connection.Reply.SourcePort : mapped,
            };
            state.Connection.SourceNatDone = true;
            state.Connection.SourceNat |= state.Connection.Reply != before || mapped < 0 || !known;
            GrantPort(state, target);
        }
    }
}
