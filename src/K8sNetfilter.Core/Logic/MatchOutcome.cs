namespace K8sNetfilter.Logic;

/// <summary>Whether a packet matches. What is not known is never taken for a match or a miss.</summary>
public enum MatchOutcome : long
{
    /// <summary>It does not match.</summary>
    No,

    /// <summary>It matches.</summary>
    Yes,

    /// <summary>What is known of the packet and the node does not decide it; the reason is named and the walk goes both ways.</summary>
    Unknown,
}
