namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>Changes the connection's mark, or copies it to or from the packet (net/netfilter/xt_connmark.c).</summary>
public sealed class ConnmarkTarget : RuleTarget
{
    internal ConnmarkTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>What it does.</summary>
    public ConnmarkAction Action { get; internal init; }

    /// <summary>For <see cref="ConnmarkAction.Set"/>: what is XORed in.</summary>
    public uint Value { get; internal init; }

    /// <summary>The bits of the connection's mark.</summary>
    public uint ConnectionMask { get; internal init; }

    /// <summary>The bits of the packet's mark.</summary>
    public uint PacketMask { get; internal init; }

    /// <summary>Both marks afterwards.</summary>
    public (uint Packet, uint Connection) Apply(uint packet, uint connection) => Action switch
    {
        ConnmarkAction.Set => (packet, (connection & ~ConnectionMask) ^ Value),
        ConnmarkAction.Save => (packet, (connection & ~ConnectionMask) ^ (packet & PacketMask)),
        _ => ((packet & ~PacketMask) ^ (connection & ConnectionMask), connection),
    };
}
