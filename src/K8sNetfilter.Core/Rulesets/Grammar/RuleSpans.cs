namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>Where in a line the things stand that every rule is indexed by.</summary>
internal struct RuleSpans
{
    /// <summary>The chain's name.</summary>
    public Range Chain;

    /// <summary>The target's name; empty where the rule has none.</summary>
    public Range Target;

    /// <summary>True for <c>-g</c>.</summary>
    public bool IsGoto;

    /// <summary>True where the line has counters.</summary>
    public bool HasCounters;

    /// <summary>Packets counted.</summary>
    public ulong Packets;

    /// <summary>Bytes counted.</summary>
    public ulong Bytes;
}
