using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Simulation.Conditions;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>
/// Makes chains and rules of one family ready to be walked, each when a packet first gets there. What rule after rule asks or does is made
/// once.
/// </summary>
internal sealed class RuleCompiler(IPFamily family, ForwardingModel network, bool forgets = false, SetChanges? changes = null)
{
    private readonly Dictionary<NetfilterChain, CompiledChain> _chains = [];
    private readonly Dictionary<NetfilterChain, CompiledChain> _passing = [];
    private readonly TargetCompiler _targets = new(family);
    private readonly ConditionCompiler _conditions = new(family, network, changes);
    private readonly PartCache<Condition[]> _madeConditions = new();
    private readonly PartCache<CompiledTarget> _madeTargets = new();

    public IPFamily Family { get; } = family;

    /// <summary>Chains that only packets to one address come to are let go by <see cref="Forget"/>.</summary>
    public bool Forgets { get; } = forgets;

    /// <summary>Makes a chain ready.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="forOne">What leads here is a rule for one address.</param>
    public CompiledChain Chain(NetfilterChain chain, bool forOne = false)
    {
        lock (_chains)
        {
            if (_chains.TryGetValue(chain, out var known) || (Forgets && _passing.TryGetValue(chain, out known)))
            {
                return known;
            }

            bool passing = Forgets && forOne && chain.HasOneReferrer;
            return (passing ? _passing : _chains)[chain] = new CompiledChain(chain, this, passing);
        }
    }

    /// <summary>
    /// Lets go of the chains for one address: a walk over all Services of a node meets each Service's chains in a few walks in a row, and
    /// never again.
    /// </summary>
    public void Forget()
    {
        lock (_chains)
        {
            _passing.Clear();
        }
    }

    /// <summary>What a rule asks beside addresses, interfaces and its protocol.</summary>
    public Condition[] Conditions(RuleRef rule, in RuleFields glance)
    {
        if (glance.Rest.IsEmpty)
        {
            return [];
        }

        // The protocol decides whose option one without an extension of its own is.
        lock (_madeConditions)
        {
            if (_madeConditions.Find(glance.Protocol, glance.Rest) is { } known)
            {
                return known;
            }

            List<Condition>? list = null;
            foreach (var match in rule.Rule.Conditions)
            {
                if (match.Name is not ("source" or "destination" or "protocol" or "in-interface" or "out-interface" or "comment"))
                {
                    _conditions.Add(list ??= [], match);
                }
            }

            Condition[] made = list is null ? [] : [.. list];
            _madeConditions.Keep(glance.Protocol, glance.Rest, made);
            return made;
        }
    }

    public void AddConditions(List<Condition> conditions, RuleMatch match) => _conditions.Add(conditions, match);

    public CompiledTarget Target(RuleRef rule, bool forOne)
    {
        if (rule.JumpsTo is { } chain)
        {
            // The name of the target, not of a chain that was found later.
            return rule.Rule.Target is not { } jump ? CompiledTarget.None : Misprint.Find(jump) is not null ? _targets.Compile(jump)
                : Call(chain, jump.Kind == RuleTargetKind.Goto, forOne);
        }

        return rule.Rule.Target is { } target ? _targets.Compile(target) : CompiledTarget.None;
    }

    /// <summary>The target of a rule that was looked at.</summary>
    public CompiledTarget Target(RuleRef rule, in RuleFields glance, bool forOne)
    {
        if (glance.Target.IsEmpty)
        {
            return CompiledTarget.None;
        }

        if (rule.JumpsTo is { } chain)
        {
            return glance.Target.Length == glance.TargetText.Length && !glance.IsGoto ? Call(chain, isGoto: false, forOne)
                : Target(rule, forOne);
        }

        if (glance.Target.SequenceEqual("DNAT"u8) && TryDnat(glance.TargetText, out var dnat))
        {
            return dnat;
        }

        lock (_madeTargets)
        {
            if (_madeTargets.Find(glance.TargetText, default) is { } known)
            {
                return known;
            }

            var made = Target(rule, forOne);
            _madeTargets.Keep(glance.TargetText, default, made);
            return made;
        }
    }

    private CompiledTarget Call(NetfilterChain chain, bool isGoto, bool forOne) =>
        new(chain, this, forOne) { Action = isGoto ? WalkAction.Goto : WalkAction.Jump, Name = chain.Name };

    // "DNAT --to-destination 10.244.0.3:8080" and "[fd00::3]:8080", as kube-proxy has them.
    private bool TryDnat(ReadOnlySpan<byte> text, out CompiledTarget target)
    {
        target = CompiledTarget.None;
        var prefix = "DNAT --to-destination "u8;
        if (!text.StartsWith(prefix) || !AddressBits.TryParseEndpoint(text[prefix.Length..], Family, out var address, out int port)
            || address == 0 || port == 0)
        {
            return false;
        }

        target = new() { Action = WalkAction.DestinationNat, Name = "DNAT", HasAddress = true, Low = address, High = address,
            HasPorts = true, LowPort = port, HighPort = port };
        return true;
    }
}
