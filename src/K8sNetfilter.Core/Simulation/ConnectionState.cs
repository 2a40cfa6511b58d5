namespace K8sNetfilter.Simulation;

/// <summary>What connection tracking says of a packet (<c>-m conntrack --ctstate</c>, iptables-extensions(8)).</summary>
public enum ConnectionState : long
{
    /// <summary>Connection tracking has not seen the packet yet, as in the raw table. A rule that asks for a state there finds INVALID, or
    /// NEW behind a rule with <c>-j CT</c>.</summary>
    None,

    /// <summary>The first packet of a connection. Only such packets consult the nat tables.</summary>
    New,

    /// <summary>A packet of a connection that is known.</summary>
    Established,

    /// <summary>A connection that belongs to another, such as an FTP data channel or an ICMP error.</summary>
    Related,

    /// <summary>A packet that fits no connection.</summary>
    Invalid,

    /// <summary>A packet that was told to bypass connection tracking (<c>-j CT --notrack</c>).</summary>
    Untracked,
}
