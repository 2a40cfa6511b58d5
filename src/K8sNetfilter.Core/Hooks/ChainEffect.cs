namespace K8sNetfilter.Hooks;

/// <summary>What a base chain does to the packets that meet it, as far as its rules were looked at.</summary>
public enum ChainEffect
{
    /// <summary>Its rules were not looked at.</summary>
    Unread,

    /// <summary>No packet is changed or lost there.</summary>
    Nothing,

    /// <summary>It drops every packet.</summary>
    Drops,

    /// <summary>It rejects every packet.</summary>
    Rejects,

    /// <summary>It lets packets pass or drops them, by conditions, and changes none.</summary>
    Filters,

    /// <summary>It may change a packet, its mark or its connection.</summary>
    Changes,
}
