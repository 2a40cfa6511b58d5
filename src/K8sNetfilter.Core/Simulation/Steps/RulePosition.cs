using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>The rule that a branch is at: whose base chain it came in by, and where it stands.</summary>
internal readonly struct RulePosition(WalkHook hook, CompiledChain chain, int index, CompiledRule rule)
{
    public WalkHook Hook { get; } = hook;

    public CompiledChain Chain { get; } = chain;

    /// <summary>Its number in the chain, from 0.</summary>
    public int Index { get; } = index;

    public CompiledRule Rule { get; } = rule;

    /// <summary>Names it for the user: <c>rule 3 of nat KUBE-SERVICES</c>.</summary>
    public override string ToString()
    {
        // The chain's own name in the place of the hook's; what follows it is the backend.
        int backend = Hook.Label.LastIndexOf(" (", StringComparison.Ordinal);
        return $"rule {Rule.Rule.Number} of {Hook.Table} {Printable.Text(Chain.Name)}{(backend < 0 ? "" : Hook.Label[backend..])}";
    }

    /// <summary>Names a question that only arises here, of a packet on its present way.</summary>
    public string Question(BranchState state) => $"{Hook.Backend} {Hook.Table} {Chain.Name} {Index + 1}|{state.Direction}|{state.Round}|{state.HookName}";
}
