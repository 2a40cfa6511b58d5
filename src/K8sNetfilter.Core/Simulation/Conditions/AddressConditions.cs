using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>
/// Conditions on addresses: ranges, what they are to this node, and whom the frame was for (xt_iprange.c, xt_addrtype.c, xt_pkttype.c).
/// </summary>
internal sealed class AddressConditions(IPFamily family, ForwardingModel network)
{
    /// <summary>False where a range is of the other family.</summary>
    public bool Fits(IprangeMatch match) =>
        (match.Source is null || match.Source.Value.Family == family)
        && (match.Destination is null || match.Destination.Value.Family == family);

    public static void Add(List<Condition> conditions, IprangeMatch match)
    {
        if (match.Source is { } source)
        {
            conditions.Add(new(
                "-m iprange " + ConditionCompiler.Text(match, "src-range"),
                p => p.Packet.SourceKnown ? MatchOutcomes.Is(source.Contains(p.Packet.Source) != match.SourceNegated)
                    : MatchOutcome.Unknown,
                _ => ConditionMessages.PacketsSourceAddressIsNot) { Module = match.Name });
        }

        if (match.Destination is { } destination)
        {
            conditions.Add(new(
                "-m iprange " + ConditionCompiler.Text(match, "dst-range"),
                p => MatchOutcomes.Is(destination.Contains(p.Packet.Destination) != match.DestinationNegated)) { Module = match.Name });
        }
    }

    public Condition Addrtype(AddrtypeMatch match) => new(
        ConditionCompiler.Text(match),
        p =>
        {
            string? device = match.LimitsToInput ? p.Packet.In : match.LimitsToOutput ? p.Packet.Out : "";
            if (device is null)
            {
                return MatchOutcome.Unknown;
            }

            var outcome = MatchOutcome.Yes;
            if (match.SourceTypes is { } source)
            {
                outcome = p.Packet.SourceKnown ? MatchOutcomes.Invert(HasType(p.Packet.Source, source, device), match.SourceNegated)
                    : MatchOutcome.Unknown;
            }

            return match.DestinationTypes is { } destination
                ? MatchOutcomes.Both(outcome, MatchOutcomes.Invert(
                    HasType(p.Packet.Destination, destination, device), match.DestinationNegated))
                : outcome;
        },
        _ => ConditionMessages.NodesAddressesAreNotKnown) { Module = match.Name, Lasting = true };

    public Condition PacketType(PacketTypeMatch match) => new(
        ConditionCompiler.Text(match),
        p => match.Type switch
        {
            "unicast" => MatchOutcomes.Is(!(IsMulticast(p) || IsBroadcast(p)) != match.Negated),
            "multicast" => MatchOutcomes.Is(IsMulticast(p) != match.Negated),
            "broadcast" => MatchOutcomes.Is(IsBroadcast(p) != match.Negated),
            _ => MatchOutcome.Unknown,
        },
        _ => ConditionMessages.FramesKindIsNotGiven) { Module = match.Name };

    // A frame's kind is whom it was addressed to when it came in (eth_type_trans), whatever was rewritten since. A packet that is made here
    // has none until it has left, not even on its way back in through lo: the kernel takes it for one to a host.
    private bool IsMulticast(BranchState packet) => !IsOwn(packet)
        && (family == IPFamily.IPv6 ? packet.IngressDestination >> 120 == 0xff : packet.IngressDestination >> 28 == 0xe);

    private bool IsBroadcast(BranchState packet) =>
        family == IPFamily.IPv4 && !IsOwn(packet) && HasType(packet.IngressDestination, AddressTypes.Broadcast, "") == MatchOutcome.Yes;

    private static bool IsOwn(BranchState packet) => packet.Packet.Local || packet.Packet.Looped;

    /// <summary>Whether an address is of the types that a rule names, on one interface or ("") on all.</summary>
    private MatchOutcome HasType(Bits128 address, AddressTypes types, string device) =>
        family == IPFamily.IPv6 ? HasTypesOfIPv6(address, types, device) : HasTypeOfIPv4(address, types, device);

    // One address has one type, so that one of several is enough: net/ipv4/fib_frontend.c, __inet_dev_addr_type.
    private MatchOutcome HasTypeOfIPv4(Bits128 address, AddressTypes types, string device)
    {
        if (address >> 28 == 0xe)
        {
            return MatchOutcomes.Is(types.HasFlag(AddressTypes.Multicast));
        }

        if (address == uint.MaxValue || address >> 24 == 0)
        {
            return MatchOutcomes.Is(types.HasFlag(AddressTypes.Broadcast));
        }

        if (!network.KnowsRoutes(IPFamily.IPv4))
        {
            return address >> 24 == 127 && device.Length == 0 ? MatchOutcomes.Is(types.HasFlag(AddressTypes.Local))
                : (types & (AddressTypes.Local | AddressTypes.Unicast | AddressTypes.Broadcast)) == 0 ? MatchOutcome.No
                : MatchOutcome.Unknown;
        }

        var local = network.LocalRoute(IPFamily.IPv4, address);
        var kind = local is not null && (device.Length == 0 || local.Device == device) ? local.Kind : FibResultKind.Unicast;
        return MatchOutcomes.Is(kind switch
        {
            FibResultKind.Local => types.HasFlag(AddressTypes.Local),
            FibResultKind.Broadcast => types.HasFlag(AddressTypes.Broadcast),
            FibResultKind.Unicast => types.HasFlag(AddressTypes.Unicast),
            _ => false,
        });
    }

    // What an address is by itself must hold for every type that is named; of those that a route tells, one is enough: match_type6 and
    // match_lookup_rt6 in xt_addrtype.c.
    private MatchOutcome HasTypesOfIPv6(Bits128 address, AddressTypes types, string device)
    {
        bool multicast = address >> 120 == 0xff;
        if ((types.HasFlag(AddressTypes.Multicast) && !multicast) || (types.HasFlag(AddressTypes.Unicast) && (multicast || address == 0))
            || (types.HasFlag(AddressTypes.Unspec) && address != 0))
        {
            return MatchOutcome.No;
        }

        if ((types & (AddressTypes.Local | AddressTypes.Anycast | AddressTypes.Unreachable)) == 0)
        {
            // The kernel refuses a rule with any other type.
            return (types & ~(AddressTypes.Multicast | AddressTypes.Unicast | AddressTypes.Unspec)) == 0 ? MatchOutcome.Yes
                : MatchOutcome.Unknown;
        }

        if (!network.KnowsRoutes(IPFamily.IPv6))
        {
            return address == 1 && device.Length == 0 ? MatchOutcomes.Is(types.HasFlag(AddressTypes.Local)) : MatchOutcome.Unknown;
        }

        var found = network.Route(FibQuery.To(
            IPFamily.IPv6, address) with { SourceKnown = true, Output = device.Length == 0 ? null : device });
        return found.Kind switch
        {
            FibResultKind.Unknown => MatchOutcome.Unknown,
            FibResultKind.Unreachable or FibResultKind.Blackhole or FibResultKind.Prohibit =>
                MatchOutcomes.Is(types.HasFlag(AddressTypes.Unreachable)),
            _ when IsAnycast(address, found.Entry) => MatchOutcomes.Is(types.HasFlag(AddressTypes.Anycast)),
            FibResultKind.Local => MatchOutcomes.Is(types.HasFlag(AddressTypes.Local) && (device.Length == 0 || found.Device == device)),
            _ => MatchOutcome.No,
        };
    }

    // A router has the address of each of its subnets as an anycast address; on a link, it is that of any router
    // (ipv6_anycast_destination).
    private static bool IsAnycast(Bits128 address, FibRoute? route) => route is not null
        && (route.IsAnycast || (route is { Kind: FibResultKind.Unicast, Gateway: null, PrefixLength: < 127 }
            && route.Destination == address));
}
