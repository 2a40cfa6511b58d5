namespace K8sNetfilter.Packets;

/// <summary>The rule that a branch is at: whose base chain it came in by, and where it stands.</summary>
internal readonly struct WalkPlace(WalkHook hook, WalkChain chain, int index, WalkRule rule)
{
    public WalkHook Hook { get; } = hook;

    public WalkChain Chain { get; } = chain;

    /// <summary>Its number in the chain, from 0.</summary>
    public int Index { get; } = index;

    public WalkRule Rule { get; } = rule;

    /// <summary>Names it for the user: <c>rule 3 of nat KUBE-SERVICES</c>.</summary>
    public override string ToString()
    {
        // The chain's own name in the place of the hook's; what follows it is the backend.
        int backend = Hook.Label.LastIndexOf(" (", StringComparison.Ordinal);
        return $"rule {Rule.Rule.Number} of {Hook.Table} {Printable.Text(Chain.Name)}{(backend < 0 ? "" : Hook.Label[backend..])}";
    }

    /// <summary>Names a question that only arises here, of a packet on its present way.</summary>
    public string Question(WalkState state) => $"{Hook.Backend} {Hook.Table} {Chain.Name} {Index + 1}|{state.Direction}|{state.Round}|{state.HookName}";
}
