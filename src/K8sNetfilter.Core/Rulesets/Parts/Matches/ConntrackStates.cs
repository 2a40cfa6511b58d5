namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>States of a packet to connection tracking, iptables-extensions(8).</summary>
[Flags]
public enum ConntrackStates : long
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>It belongs to no connection.</summary>
    Invalid = 1,

    /// <summary>It starts one.</summary>
    New = 2,

    /// <summary>It belongs to one that has seen packets both ways.</summary>
    Established = 4,

    /// <summary>It starts one that belongs to another, or is an ICMP error of one.</summary>
    Related = 8,

    /// <summary>It is not tracked.</summary>
    Untracked = 16,

    /// <summary>Its source is translated.</summary>
    Snat = 32,

    /// <summary>Its destination is translated.</summary>
    Dnat = 64,
}
