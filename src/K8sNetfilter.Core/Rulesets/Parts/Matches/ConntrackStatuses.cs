namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>Statuses of a connection that a rule can ask for.</summary>
[Flags]
public enum ConntrackStatuses : long
{
    /// <summary>No status.</summary>
    None = 1,

    /// <summary>It was expected by a helper.</summary>
    Expected = 2,

    /// <summary>Packets went both ways.</summary>
    SeenReply = 4,

    /// <summary>It is not dropped early.</summary>
    Assured = 8,

    /// <summary>Its first packet has left the host.</summary>
    Confirmed = 16,
}
