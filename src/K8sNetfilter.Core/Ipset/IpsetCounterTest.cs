using K8sNetfilter.Logic;

namespace K8sNetfilter.Ipset;

/// <summary>A comparison with a counter: <c>--packets-gt 5</c>, <c>! --bytes-eq 0</c>.</summary>
/// <param name="Operator">What it compares by.</param>
/// <param name="Value">The number.</param>
internal readonly record struct IpsetCounterTest(IpsetCounterOperator Operator, ulong Value)
{
    /// <summary>The outcome for a counter that was read before and may have grown: Unknown if a larger one could change it.</summary>
    public MatchOutcome Test(ulong read) => Operator switch
    {
        IpsetCounterOperator.Greater => read > Value ? MatchOutcome.Yes : MatchOutcome.Unknown,
        IpsetCounterOperator.Less => read >= Value ? MatchOutcome.No : MatchOutcome.Unknown,
        IpsetCounterOperator.Equal => read > Value ? MatchOutcome.No : MatchOutcome.Unknown,
        _ => read > Value ? MatchOutcome.Yes : MatchOutcome.Unknown,
    };
}

/// <summary>How a counter is compared (IPSET_COUNTER_EQ and so on in include/uapi/linux/netfilter/ipset/ip_set.h).</summary>
internal enum IpsetCounterOperator
{
    /// <summary>It is the number.</summary>
    Equal,

    /// <summary>It is another.</summary>
    NotEqual,

    /// <summary>It is less.</summary>
    Less,

    /// <summary>It is more.</summary>
    Greater,
}
