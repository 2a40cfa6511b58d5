using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Nftables;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>The rule that a branch is at: whose base chain it came in by, and where it stands.</summary>
internal readonly struct RulePosition
{
    private readonly CompiledChain? _chain;
    private readonly CompiledRule? _rule;
    private readonly NativeRule? _native;

    /// <summary>A rule of iptables.</summary>
    public RulePosition(WalkHook hook, CompiledChain chain, int index, CompiledRule rule) =>
        (Hook, _chain, Index, _rule) = (hook, chain, index, rule);

    /// <summary>A rule of nf_tables.</summary>
    public RulePosition(WalkHook hook, NativeRule rule) => (Hook, Index, _native) = (hook, rule.Index, rule);

    public WalkHook Hook { get; }

    /// <summary>Its number in the chain, from 0.</summary>
    public int Index { get; }

    /// <summary>True for a rule of nf_tables.</summary>
    public bool IsNative => _native is not null;

    /// <summary>The chain of a rule of iptables.</summary>
    public CompiledChain Chain => _chain!;

    /// <summary>The rule of iptables.</summary>
    public CompiledRule Rule => _rule!;

    /// <summary>The rule, as iptables-save prints it; null for one of nf_tables.</summary>
    public NetfilterRule? Source => _rule?.Rule;

    /// <summary>What it does.</summary>
    public CompiledTarget Target => _native?.Target ?? _rule!.Target;

    /// <summary>The chain's name.</summary>
    public string ChainName => _native?.Chain.Name ?? _chain!.Name;

    /// <summary>Its number in the chain, from 1.</summary>
    public int Number => _native?.Number ?? _rule!.Rule.Number;

    /// <summary>Where a dump has it; empty if it does not say, or the rule is of nf_tables.</summary>
    public string DumpPlace => _chain?.Chain.SourceAt(Index) ?? "";

    /// <summary>Why it matches or not, in words.</summary>
    public string Why(BranchState state, MatchOutcome outcome) => _native?.Why ?? _rule!.Why(state, outcome);

    /// <summary>Names it for the user: <c>rule 3 of nat KUBE-SERVICES</c>.</summary>
    public override string ToString()
    {
        if (_native is not null)
        {
            return _native.ToString();
        }

        // The chain's own name in the place of the hook's; what follows it is the backend.
        int backend = Hook.Label.LastIndexOf(" (", StringComparison.Ordinal);
        return StepMessages.RuleAt(Rule.Rule.Number, Hook.Table, Printable.Text(Chain.Name), backend < 0 ? "" : Hook.Label[backend..]);
    }

    /// <summary>Names a question that only arises here, of a packet on its present way.</summary>
    public string Question(BranchState state) =>
        $"{Hook.Backend} {Hook.Table} {ChainName} {Index + 1}|{state.Direction}|{state.Round}|{state.HookName}";
}
