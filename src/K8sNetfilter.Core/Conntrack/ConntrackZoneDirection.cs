namespace K8sNetfilter.Conntrack;

/// <summary>
/// For which direction a connection's zone counts (<c>CT --zone</c>, <c>--zone-orig</c>, <c>--zone-reply</c> in iptables-extensions(8)).
/// </summary>
public enum ConntrackZoneDirection : long
{
    /// <summary>Both directions.</summary>
    Both,

    /// <summary>Only the original direction; replies are looked up in zone 0.</summary>
    Original,

    /// <summary>Only the reply direction.</summary>
    Reply,
}
