using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Nftables;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>One function that stands on a netfilter hook.</summary>
internal sealed class WalkHook
{
    public required WalkHookKind Kind { get; init; }

    public required int Priority { get; init; }

    public CompiledChain? Chain { get; init; }

    public string? Policy { get; init; }

    /// <summary>The base chain of nf_tables; null for anything else.</summary>
    public NativeHook? Native { get; init; }

    /// <summary>Among base chains for translation, which all have one place on the hook: lower runs first.</summary>
    public int NatPriority { get; init; }

    /// <summary>A packet of this node gets another route if the chain changes what routes are chosen by.</summary>
    public bool Reroutes => Native is null ? Table == "mangle" : Native.Base.Type == "route";

    /// <summary>Where the kernel says that it is on its hook; 0 if it does not say. Orders those of one priority.</summary>
    public int Order { get; init; }

    /// <summary>A base chain that only first packets of a connection meet.</summary>
    public bool IsNatChain => Kind is WalkHookKind.NatChain or WalkHookKind.NativeNatChain;

    /// <summary>True if the chain has rules.</summary>
    public bool HasRules => Chain is { Count: > 0 } || Native is { Chain.Rules.Length: > 0 };

    public string Table { get; init; } = "";

    /// <summary>Table and chain, with the backend where both have tables: <c>filter FORWARD (legacy)</c>.</summary>
    public string Label { get; init; } = "";

    public NetfilterBackend? Backend { get; init; }

    /// <summary>Of two nat tables on one hook: 1 for the first as listed, -1 for the second; 0 where there is one.</summary>
    public int Rival { get; set; }

    /// <summary>Of connection tracking: one of the rules needs it. Else other things on the node decide whether it is there.</summary>
    public bool IsNeeded { get; init; } = true;

    /// <summary>The place among the node's other chains of one that is not walked.</summary>
    public int Other { get; init; }
}
