namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>What connection tracking knows of the packet (<c>conntrack</c>, <c>state</c>).</summary>
public sealed class ConntrackMatch : RuleMatch
{
    internal ConntrackMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The states; null where they are not looked at.</summary>
    public ConntrackStates? States { get; internal init; }

    /// <summary>True where they are inverted.</summary>
    public bool StatesNegated { get; internal init; }

    /// <summary>The statuses; null where they are not looked at.</summary>
    public ConntrackStatuses? Statuses { get; internal init; }

    /// <summary>True where they are inverted.</summary>
    public bool StatusesNegated { get; internal init; }

    /// <summary>True for packets of the reply direction, false for the original one; null where it is not looked at.</summary>
    public bool? IsReply { get; internal init; }

    /// <summary>The connection's protocol; null where it is not looked at.</summary>
    public byte? Protocol { get; internal init; }

    /// <summary>True where it is inverted.</summary>
    public bool ProtocolNegated { get; internal init; }

    /// <summary>The original source.</summary>
    internal AddressCondition? OriginalSource { get; init; }

    /// <summary>The original destination, before DNAT.</summary>
    internal AddressCondition? OriginalDestination { get; init; }

    /// <summary>The source of replies.</summary>
    internal AddressCondition? ReplySource { get; init; }

    /// <summary>The destination of replies.</summary>
    internal AddressCondition? ReplyDestination { get; init; }

    /// <summary>The original source port.</summary>
    public PortCondition? OriginalSourcePort { get; internal init; }

    /// <summary>The original destination port, before DNAT.</summary>
    public PortCondition? OriginalDestinationPort { get; internal init; }

    /// <summary>The source port of replies.</summary>
    public PortCondition? ReplySourcePort { get; internal init; }

    /// <summary>The destination port of replies.</summary>
    public PortCondition? ReplyDestinationPort { get; internal init; }

    /// <summary>True where the time that the entry has left is looked at too.</summary>
    public bool TestsExpiry { get; internal init; }
}
