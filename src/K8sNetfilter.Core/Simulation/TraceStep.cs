using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Simulation;

/// <summary>One step of a packet's way: a rule, a policy, or what the kernel does between the rules.</summary>
public sealed record TraceStep
{
    /// <summary>The step's place in the walk, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Whether this is the way there or the answer's way back.</summary>
    public required PacketDirection Direction { get; init; }

    /// <summary>PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING; ROUTING or BRIDGE between them; RESULT at the end of a branch.</summary>
    public required string Hook { get; init; }

    /// <summary>The table; null for a step that is no table's.</summary>
    public string? Table { get; init; }

    /// <summary>The chain; null for a step that is no chain's.</summary>
    public string? Chain { get; init; }

    /// <summary>
    /// The rule's number in its chain, from 1, as <c>iptables -L --line-numbers</c> counts; null for a policy and for steps between rules.
    /// </summary>
    public int? RuleNumber { get; init; }

    /// <summary>The rule as iptables-save prints it; null where no rule is behind the step.</summary>
    public string? Rule { get; init; }

    /// <summary>Whether the packet matches the rule; Yes for what always happens.</summary>
    public required MatchOutcome Outcome { get; init; }

    /// <summary>Why it matches or not, or what happens, in words.</summary>
    public required string Reason { get; init; }

    /// <summary>
    /// What the step decides: ACCEPT, DROP, REJECT, RETURN, CONTINUE, JUMP or GOTO with a chain, DNAT, … Null where it decides nothing.
    /// </summary>
    public string? Verdict { get; init; }

    /// <summary>The packet after the step.</summary>
    public TracedPacket Packet => new(At);

    /// <summary>The packet after the step.</summary>
    internal Packet At { get; init; } = null!;

    /// <summary>The branch of the walk, from 1. A walk forks where a match is random or unknown.</summary>
    public required int Branch { get; init; }

    /// <summary>The branch that this branch forked from; null for branch 1.</summary>
    public int? Parent { get; init; }

    /// <summary>
    /// How probable it is to get here, from 0 to 1: the product of the random choices on the way, given what the branch assumes of
    /// unknown matches. Null where branches with different probabilities have joined.
    /// </summary>
    public double? Probability { get; init; }

    /// <summary>Which part of the kernel holds the table; null for a step that is no table's, or where a dump does not say.</summary>
    public NetfilterBackend? Backend { get; init; }
}
