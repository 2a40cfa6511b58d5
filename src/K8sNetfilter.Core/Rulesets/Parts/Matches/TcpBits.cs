namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The flags of a TCP header, in its bit order.</summary>
[Flags]
public enum TcpBits : long
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>FIN.</summary>
    Fin = 1,

    /// <summary>SYN.</summary>
    Syn = 2,

    /// <summary>RST.</summary>
    Rst = 4,

    /// <summary>PSH.</summary>
    Psh = 8,

    /// <summary>ACK.</summary>
    Ack = 16,

    /// <summary>URG.</summary>
    Urg = 32,
}
