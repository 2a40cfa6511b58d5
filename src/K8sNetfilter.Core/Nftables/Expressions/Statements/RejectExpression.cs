namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Drops a packet and answers it (net/netfilter/nft_reject.c).</summary>
/// <param name="Type">With what.</param>
/// <param name="Code">The ICMP code; for ICMPX 0 no route, 1 port unreachable, 2 host unreachable, 3 administratively prohibited.</param>
public sealed record RejectExpression(NftRejectType Type, byte Code) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "reject";
}

/// <summary>What a packet is rejected with (enum nft_reject_types).</summary>
public enum NftRejectType
{
    /// <summary>ICMP or ICMPv6, with the family's own code.</summary>
    Icmp = 0,

    /// <summary>A TCP reset.</summary>
    TcpReset = 1,

    /// <summary>ICMP or ICMPv6, whichever the packet is, with a code for both.</summary>
    Icmpx = 2,
}
