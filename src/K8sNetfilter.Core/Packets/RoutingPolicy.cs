namespace K8sNetfilter.Packets;

/// <summary>A routing policy rule (ip-rule(8)) as the walk asks it.</summary>
internal sealed class RoutingPolicy
{
    public required uint Priority { get; init; }

    public required uint Table { get; init; }

    /// <summary>Unicast looks its table up; other kinds decide at once.</summary>
    public RouteVerdict Kind { get; init; } = RouteVerdict.Unicast;

    public (Bits128 Address, Bits128 Mask)? From { get; init; }

    public (Bits128 Address, Bits128 Mask)? To { get; init; }

    public uint Mark { get; init; }

    public uint MarkMask { get; init; }

    public string? In { get; init; }

    public string? Out { get; init; }

    public bool Negated { get; init; }

    /// <summary>Routes with this prefix length or a shorter one are passed over; -1 for none.</summary>
    public int SuppressPrefixLength { get; init; } = -1;

    /// <summary>The rule asks for something that is not modelled (a port, a user, a tunnel): what it names.</summary>
    public string? Unmodelled { get; init; }

    public MatchOutcome Test(Bits128 source, bool sourceKnown, Bits128 destination, uint mark, uint markKnown, string? input, string? output)
    {
        var outcome = MatchOutcome.Yes;
        if (To is { } to && (destination & to.Mask) != to.Address)
        {
            return Condition.Invert(MatchOutcome.No, Negated);
        }

        if (From is { } from)
        {
            if (!sourceKnown)
            {
                outcome = MatchOutcome.Unknown;
            }
            else if ((source & from.Mask) != from.Address)
            {
                return Condition.Invert(MatchOutcome.No, Negated);
            }
        }

        if ((((mark ^ Mark) & MarkMask) & markKnown) != 0)
        {
            return Condition.Invert(MatchOutcome.No, Negated);
        }

        if ((MarkMask & ~markKnown) != 0)
        {
            outcome = MatchOutcome.Unknown;
        }

        if (In is not null)
        {
            // A packet made here comes in through lo, as far as rules are concerned (fib_rule_match, LOOPBACK_IFINDEX).
            string? name = input is { Length: 0 } ? "lo" : input;
            if (name is null)
            {
                outcome = MatchOutcome.Unknown;
            }
            else if (name != In)
            {
                return Condition.Invert(MatchOutcome.No, Negated);
            }
        }

        if (Out is not null && output != Out)
        {
            return Condition.Invert(MatchOutcome.No, Negated);
        }

        return Condition.Invert(Unmodelled is null ? outcome : MatchOutcome.Unknown, Negated);
    }
}
