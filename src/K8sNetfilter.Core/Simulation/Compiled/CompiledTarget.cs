using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>A rule's target, ready to be applied.</summary>
internal sealed class CompiledTarget
{
    public static readonly CompiledTarget None = new() { Action = WalkAction.Continue, Name = "" };

    private readonly RuleCompiler? _compiler;
    private readonly bool _forOne;
    private CompiledChain? _chain;

    public CompiledTarget()
    {
    }

    /// <summary>Makes a call or a goto.</summary>
    /// <param name="next">The chain that it leads to.</param>
    /// <param name="compiler">Makes that ready, when the first packet goes there: of a Service's endpoints, chance takes one.</param>
    /// <param name="forOne">Only packets to one address come to the rule.</param>
    public CompiledTarget(NetfilterChain next, RuleCompiler compiler, bool forOne)
    {
        Next = next;
        _compiler = compiler;
        _forOne = forOne;
    }

    public required WalkAction Action { get; init; }

    public required string Name { get; init; }

    /// <summary>The chain that it leads to; null where it decides itself.</summary>
    public NetfilterChain? Next { get; }

    /// <summary><see cref="Next"/>, ready to be walked.</summary>
    public CompiledChain? Chain => _chain ??= _compiler?.Chain(Next!, _forOne);

    /// <summary>Mark value, TTL, TOS, the mark of TPROXY, or a zone.</summary>
    public uint Value { get; init; }

    /// <summary>Which bits <see cref="Value"/> replaces.</summary>
    public uint Mask { get; init; }

    /// <summary>Which bits of the packet's mark CONNMARK reads or writes.</summary>
    public uint PacketMask { get; init; } = uint.MaxValue;

    /// <summary>
    /// For TTL: -1 decrements, 1 increments, 0 sets. For TOS: 1 sets the DSCP alone. For CT: the directions of the zone, 1 and 2.
    /// </summary>
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
