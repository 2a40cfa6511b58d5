namespace K8sNetfilter.Hooks;

/// <summary>A rule of nf_tables at a glance: what it may do, not when.</summary>
/// <param name="Verdict">How it ends, where it is met.</param>
/// <param name="IsConditional">Not every packet gets to its verdict.</param>
/// <param name="Changes">It may change a packet, its mark or its connection.</param>
/// <param name="Target">The chain that it leads to; null where it leads to none, or to any of its table.</param>
public readonly record struct ChainRule(ChainRuleVerdict Verdict, bool IsConditional, bool Changes, string? Target);

/// <summary>How a rule ends.</summary>
public enum ChainRuleVerdict
{
    /// <summary>The next rule decides.</summary>
    Continue,

    /// <summary>The packet passes the base chain.</summary>
    Accept,

    /// <summary>The packet is dropped.</summary>
    Drop,

    /// <summary>The packet is rejected.</summary>
    Reject,

    /// <summary>Back to the calling chain, or to the policy.</summary>
    Return,

    /// <summary>Into another chain, or to one of several.</summary>
    Jump,
}
