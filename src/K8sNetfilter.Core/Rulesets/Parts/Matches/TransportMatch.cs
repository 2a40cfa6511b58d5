using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>Ports of tcp, udp, udplite, sctp or dccp, and the flags and options of tcp.</summary>
public sealed class TransportMatch : RuleMatch
{
    internal TransportMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The protocol's number.</summary>
    public byte Protocol { get; internal init; }

    /// <summary>The source port; null where it is not tested.</summary>
    public PortRange? SourcePorts { get; internal init; }

    /// <summary>True where the source port is inverted.</summary>
    public bool SourceNegated { get; internal init; }

    /// <summary>The destination port; null where it is not tested.</summary>
    public PortRange? DestinationPorts { get; internal init; }

    /// <summary>True where the destination port is inverted.</summary>
    public bool DestinationNegated { get; internal init; }

    /// <summary>The TCP flags that are looked at; null where they are not.</summary>
    public TcpBits? FlagsMask { get; internal init; }

    /// <summary>Those of them that must be set.</summary>
    public TcpBits FlagsSet { get; internal init; }

    /// <summary>True where the flags are inverted.</summary>
    public bool FlagsNegated { get; internal init; }

    /// <summary>The TCP option that must be there; null where none is asked for.</summary>
    public byte? TcpOption { get; internal init; }

    /// <summary>True where it must not be there.</summary>
    public bool TcpOptionNegated { get; internal init; }

    /// <summary>True where SCTP's chunks, or DCCP's types or options, are looked at too.</summary>
    public bool HasMore { get; internal init; }
}
