namespace K8sNetfilter.Links;

/// <summary>What a routing rule does, ip-rule(8) (FR_ACT_…).</summary>
public enum RoutingRuleAction
{
    /// <summary>Not told.</summary>
    Unspecified = 0,

    /// <summary>Looks into a table.</summary>
    Lookup = 1,

    /// <summary>Goes to a rule further down.</summary>
    Goto = 2,

    /// <summary>Nothing.</summary>
    Nop = 3,

    /// <summary>Drops the packet in silence.</summary>
    Blackhole = 6,

    /// <summary>Answers that the destination is unreachable.</summary>
    Unreachable = 7,

    /// <summary>Answers that it is administratively prohibited.</summary>
    Prohibit = 8,
}
