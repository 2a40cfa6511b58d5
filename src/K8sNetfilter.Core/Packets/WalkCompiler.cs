using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Packets;

/// <summary>Makes chains and rules of one table ready to be walked, each when a packet first gets there.</summary>
internal sealed class WalkCompiler(bool v6, NodeNetwork network)
{
    private readonly Dictionary<NetfilterChain, WalkChain> _chains = [];
    private readonly TargetCompiler _targets = new(v6);

    public bool V6 { get; } = v6;

    public ConditionCompiler Conditions { get; } = new(v6, network);

    public WalkChain Chain(NetfilterChain chain)
    {
        lock (_chains)
        {
            if (!_chains.TryGetValue(chain, out var known))
            {
                _chains[chain] = known = new WalkChain(chain, this);
            }

            return known;
        }
    }

    public WalkTarget Target(NetfilterRule rule)
    {
        if (rule.Target is not { } target)
        {
            return WalkTarget.None;
        }

        return rule.JumpsTo is { } chain
            ? new() { Action = target.Kind == RuleTargetKind.Goto ? WalkAction.Goto : WalkAction.Jump, Name = target.Name, Chain = Chain(chain) }
            : _targets.Compile(target);
    }
}
