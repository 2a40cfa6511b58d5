namespace K8sNetfilter.Nftables.Syntax;

/// <summary>A statement of a rule.</summary>
internal abstract record StatementSyntax;

/// <summary>A comparison: <c>tcp dport != 22</c>.</summary>
/// <param name="Left">What is loaded.</param>
/// <param name="Operator">The operator; empty if none is written: equal, or of a bit mask "has one of them".</param>
/// <param name="Right">What it is compared with.</param>
internal sealed record MatchSyntax(ExpressionSyntax Left, string Operator, ExpressionSyntax Right) : StatementSyntax;

/// <summary>The end of the rule: a verdict, or what a verdict map says.</summary>
internal sealed record VerdictStatementSyntax(ExpressionSyntax Verdict) : StatementSyntax;

/// <summary>A counter of the rule's own.</summary>
/// <param name="Packets">Packets so far; null if the listing leaves them out.</param>
/// <param name="Bytes">Bytes so far.</param>
internal sealed record CounterSyntax(ulong? Packets, ulong? Bytes) : StatementSyntax;

/// <summary>A limit: <c>limit rate over 10/second burst 5 packets</c>.</summary>
/// <param name="Rate">How many for each <paramref name="Per"/>.</param>
/// <param name="Unit">Null for packets; bytes, kbytes, mbytes.</param>
/// <param name="Per">second, minute, hour, day, week.</param>
/// <param name="Over">Whether it matches above the rate.</param>
/// <param name="Burst">How many at once.</param>
/// <param name="BurstUnit">packets, bytes, kbytes, mbytes.</param>
internal sealed record LimitSyntax(ulong Rate, string? Unit, string Per, bool Over, uint Burst, string BurstUnit) : StatementSyntax;

/// <summary>A quota: <c>quota over 25 mbytes used 3 bytes</c>.</summary>
/// <param name="Over">Whether it matches above the quota.</param>
/// <param name="Bytes">The quota, in bytes.</param>
/// <param name="Used">What is used of it, in bytes.</param>
internal sealed record QuotaSyntax(bool Over, ulong Bytes, ulong Used) : StatementSyntax;

/// <summary>A limit of connections: <c>ct count over 3</c>.</summary>
internal sealed record ConnectionLimitSyntax(bool Over, uint Count) : StatementSyntax;

/// <summary>When the rule last matched: <c>last used 5s</c>.</summary>
/// <param name="Used">How long ago; null for never.</param>
internal sealed record LastSyntax(TimeSpan? Used) : StatementSyntax;

/// <summary>An object of the table: <c>counter name "c"</c>, <c>ct helper set "h"</c>. The name may come from a map.</summary>
/// <param name="Kind">counter, quota, limit, ct helper, ct timeout, ct expectation, synproxy, secmark, tunnel.</param>
/// <param name="Name">The name.</param>
internal sealed record ObjectStatementSyntax(string Kind, ExpressionSyntax Name) : StatementSyntax;

/// <summary>A message in the log: nft(8), "log statement".</summary>
internal sealed record LogSyntax : StatementSyntax
{
    public string? Prefix { get; init; }

    public string? Level { get; init; }

    public int? Group { get; init; }

    public uint? Snaplen { get; init; }

    public int? QueueThreshold { get; init; }

    /// <summary>tcp sequence, tcp options, ip options, skuid, ether, all.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}

/// <summary>A refusal: <c>reject with icmpx admin-prohibited</c>.</summary>
/// <param name="Kind">icmp, icmpv6, icmpx, tcp reset; null for the family's own.</param>
/// <param name="Code">The code; null for tcp reset and for the family's own.</param>
internal sealed record RejectSyntax(string? Kind, ExpressionSyntax? Code) : StatementSyntax;

/// <summary>A write: <c>meta mark set 1</c>, <c>ip dscp set af11</c>.</summary>
internal sealed record AssignmentSyntax(ExpressionSyntax Target, ExpressionSyntax Value) : StatementSyntax;

/// <summary>A translation: snat, dnat, masquerade, redirect.</summary>
/// <param name="Kind">Which of them.</param>
internal sealed record NatSyntax(string Kind) : StatementSyntax
{
    /// <summary>ip, ip6; null if none is written.</summary>
    public string? Family { get; init; }

    /// <summary>The address, a range, a prefix, or a map; with ports if it is a concatenation.</summary>
    public ExpressionSyntax? Address { get; init; }

    public ExpressionSyntax? Port { get; init; }

    /// <summary>Whether a prefix is put in place of another: <c>prefix to</c>.</summary>
    public bool IsPrefix { get; init; }

    /// <summary>random, fully-random, persistent.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}

/// <summary>A socket of this node instead: <c>tproxy ip to 127.0.0.1:80</c>.</summary>
internal sealed record TproxySyntax(string? Family, ExpressionSyntax? Address, ExpressionSyntax? Port) : StatementSyntax;

/// <summary>A program's decision: <c>queue flags bypass to 1-3</c>.</summary>
internal sealed record QueueSyntax(ExpressionSyntax Number, IReadOnlyList<string> Flags) : StatementSyntax;

/// <summary>A copy: <c>dup to 10.0.0.1 device "eth0"</c>; in netdev the device comes alone.</summary>
internal sealed record DupSyntax(ExpressionSyntax? Address, ExpressionSyntax? Device) : StatementSyntax;

/// <summary>Out of another interface: <c>fwd ip to 10.0.0.1 device "eth0"</c>.</summary>
internal sealed record ForwardSyntax(string? Family, ExpressionSyntax? Address, ExpressionSyntax Device) : StatementSyntax;

/// <summary>A connection past the stack: <c>flow add @f</c>.</summary>
internal sealed record FlowSyntax(string Flowtable) : StatementSyntax;

/// <summary>An element from a packet: <c>update @s { ip saddr timeout 1m counter }</c>.</summary>
/// <param name="Operation">add, update, delete.</param>
/// <param name="Set">The set's or map's name.</param>
/// <param name="Element">The element.</param>
internal sealed record SetStatementSyntax(string Operation, string Set, ElementSyntax Element) : StatementSyntax;

/// <summary>A handshake in place of the server: <c>synproxy mss 1460 wscale 7 timestamp sack-perm</c>.</summary>
internal sealed record SynproxySyntax(ushort? Mss, byte? WindowScale, IReadOnlyList<string> Flags) : StatementSyntax;

/// <summary>No connection tracking.</summary>
internal sealed record NotrackSyntax : StatementSyntax;

/// <summary>An option of TCP that is made into padding: <c>reset tcp option fastopen</c>.</summary>
internal sealed record ResetOptionSyntax(OptionHeader Option) : StatementSyntax;

/// <summary>A match or target of iptables in a table of nft, as <c>xt match "comment"</c> or as the words of iptables.</summary>
internal sealed record XtSyntax(string Text) : StatementSyntax;
