using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;

namespace K8sNetfilter.Forwarding;

/// <summary>A routing policy rule (ip-rule(8)) as the kernel matches it (fib_rule_match, fib4_rule_match, fib6_rule_match).</summary>
internal sealed class FibRule
{
    // net.ipv4.ip_local_port_range as the kernel starts with it: the ports of those that call.
    private const int FirstCaller = 32768;
    private const int LastCaller = 60999;

    public required uint Priority { get; init; }

    public required uint Table { get; init; }

    /// <summary>Unicast looks its table up; other kinds decide at once.</summary>
    public FibResultKind Kind { get; init; } = FibResultKind.Unicast;

    /// <summary>The priority of the rule to go on with; null where it does something else.</summary>
    public uint? GoTo { get; init; }

    public (Bits128 Address, Bits128 Mask)? From { get; init; }

    public (Bits128 Address, Bits128 Mask)? To { get; init; }

    public uint Mark { get; init; }

    public uint MarkMask { get; init; }

    public string? In { get; init; }

    public string? Out { get; init; }

    public byte Tos { get; init; }

    public byte? Protocol { get; init; }

    public (ushort From, ushort To)? SourcePorts { get; init; }

    public (ushort From, ushort To)? DestinationPorts { get; init; }

    public (uint From, uint To)? Users { get; init; }

    /// <summary>The interfaces of virtual routing domains, for a rule that is for those (l3mdev); null for another rule.</summary>
    public string[]? Domains { get; init; }

    public bool Negated { get; init; }

    /// <summary>Routes with this prefix length or a shorter one are passed over; -1 for none.</summary>
    public int SuppressPrefixLength { get; init; } = -1;

    /// <summary>Routes through interfaces of this group are passed over; null for none.</summary>
    public uint? SuppressGroup { get; init; }

    /// <summary>The rule selects by something that is not modelled (a tunnel): what it names.</summary>
    public string? Unmodelled { get; init; }

    /// <summary>It looks its table up for every packet, as the kernel's own three do: what most lookups go through.</summary>
    public bool TakesAll => Kind == FibResultKind.Unicast && GoTo is null && From is null && To is null && MarkMask == 0 && Mark == 0
        && In is null && Out is null && Tos == 0 && Protocol is null
        && SourcePorts is null && DestinationPorts is null && Users is null && Domains is null && !Negated && SuppressPrefixLength < 0
        && SuppressGroup is null && Unmodelled is null;

    /// <summary>Whether a type of service is the packet's. Where it is not known, it is that of nearly all: 0.</summary>
    public static bool HasTos(in FibQuery packet, byte tos, ref string? granted)
    {
        if (packet.Tos < 0)
        {
            granted ??= ForwardingMessages.TosIsZero;
            return false;
        }

        // ECN's two bits are not looked at (INET_DSCP_MASK).
        return (packet.Tos & 0xfc) == tos;
    }

    public MatchOutcome Test(in FibQuery packet, ref string? granted) => MatchOutcomes.Invert(Matches(packet, ref granted), Negated);

    /// <summary>Whether the rule passes over what its table has (fib4_rule_suppress). What refuses is never passed over.</summary>
    public bool Suppresses(in FibResult found) =>
        found is { Entry: { } entry, Kind: FibResultKind.Unicast or FibResultKind.Local or FibResultKind.Broadcast or FibResultKind.Multicast }
        && (entry.PrefixLength <= SuppressPrefixLength || (SuppressGroup is { } group && entry.Devices.Count > 0 && entry.Group == group));

    private MatchOutcome Matches(in FibQuery packet, ref string? granted)
    {
        // A packet that is forwarded has no socket that would be bound to an interface, and most of the others are not bound.
        if ((To is { } to && (packet.Destination & to.Mask) != to.Address) || (Out is not null && packet.Output != Out)
            || ((((packet.Mark ^ Mark) & MarkMask) & packet.MarkKnown) != 0)
            || (From is { } from && packet.SourceKnown && (packet.Source & from.Mask) != from.Address)
            || (Protocol is { } protocol && protocol != packet.Protocol))
        {
            return MatchOutcome.No;
        }

        // A packet made here comes in through lo, as far as rules are concerned (fib_rule_match, LOOPBACK_IFINDEX).
        string? input = packet.Input is { Length: 0 } ? "lo" : packet.Input;
        if (input is not null && ((In is not null && input != In) || Domains?.Contains(input) == false))
        {
            return MatchOutcome.No;
        }

        var other = Within(DestinationPorts, packet.DestinationPort, ref granted);
        // What is forwarded is nobody's: user 0.
        var user = Users is null ? MatchOutcome.Yes : packet.HasSocket ? MatchOutcome.Unknown : MatchOutcomes.Is(Users.Value.From == 0);
        if (other == MatchOutcome.No || user == MatchOutcome.No)
        {
            return MatchOutcome.No;
        }

        var port = Within(SourcePorts, packet.SourcePort, ref granted);
        if (port == MatchOutcome.No || (Tos != 0 && !HasTos(packet, Tos, ref granted)))
        {
            return MatchOutcome.No;
        }

        return Unmodelled is not null || (From is not null && !packet.SourceKnown) || (MarkMask & ~packet.MarkKnown) != 0
            || (input is null && (In ?? (object?)Domains) is not null)
            || port == MatchOutcome.Unknown || other == MatchOutcome.Unknown || user == MatchOutcome.Unknown || Domains is not null
            ? MatchOutcome.Unknown : MatchOutcome.Yes;
    }

    private static MatchOutcome Within((ushort From, ushort To)? range, int port, ref string? granted)
    {
        if (range is not { } ports)
        {
            return MatchOutcome.Yes;
        }

        if (port >= 0)
        {
            return MatchOutcomes.Is(port >= ports.From && port <= ports.To);
        }

        if (ports.From > LastCaller || ports.To < FirstCaller)
        {
            granted ??= ForwardingMessages.CallersPort(FirstCaller, LastCaller);
            return MatchOutcome.No;
        }

        return MatchOutcome.Unknown;
    }
}
