using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>One function that stands on a netfilter hook.</summary>
internal sealed class WalkHook
{
    public required WalkHookKind Kind { get; init; }

    public required int Priority { get; init; }

    public CompiledChain? Chain { get; init; }

    public string? Policy { get; init; }

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
