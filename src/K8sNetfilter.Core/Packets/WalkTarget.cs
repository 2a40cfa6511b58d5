namespace K8sNetfilter.Packets;

/// <summary>A rule's target, ready to be applied.</summary>
internal sealed class WalkTarget
{
    public static readonly WalkTarget None = new() { Action = WalkAction.Continue, Name = "" };

    public required WalkAction Action { get; init; }

    public required string Name { get; init; }

    public WalkChain? Chain { get; init; }

    /// <summary>Mark value, TTL, TOS, the mark of TPROXY, or a zone.</summary>
    public uint Value { get; init; }

    /// <summary>Which bits <see cref="Value"/> replaces.</summary>
    public uint Mask { get; init; }

    /// <summary>Which bits of the packet's mark CONNMARK reads or writes.</summary>
    public uint PacketMask { get; init; } = uint.MaxValue;

    /// <summary>For TTL: -1 decrements, 1 increments, 0 sets. For TOS: 1 sets the DSCP alone. For CT: the directions of the zone, 1 and 2.</summary>
    public int Mode { get; init; }

    /// <summary>The zone is the packet's mark, as connection tracking finds it.</summary>
    public bool IsMark { get; init; }

    public bool HasAddress { get; init; }

    public Bits128 Low { get; init; }

    public Bits128 High { get; init; }

    public bool HasPorts { get; init; }

    public int LowPort { get; init; }

    public int HighPort { get; init; }

    public bool Random { get; init; }

    /// <summary>How the sender of a rejected packet is told.</summary>
    public string Detail { get; init; } = "";

    /// <summary>True where the rest of the walk cannot tell whether the rule was met.</summary>
    public bool LeavesNoTrace => Action is WalkAction.Continue or WalkAction.Tee;

    /// <summary>The target as a verdict: <c>JUMP KUBE-SERVICES</c>, <c>ACCEPT</c>, <c>CONTINUE</c>.</summary>
    public string Verdict => Action switch
    {
        WalkAction.Jump => "JUMP " + Name,
        WalkAction.Goto => "GOTO " + Name,
        WalkAction.Continue when Name.Length == 0 => "CONTINUE",
        _ => Name,
    };
}
