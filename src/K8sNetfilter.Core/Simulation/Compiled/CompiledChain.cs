using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>
/// A chain, ready to be walked: its rules are made ready as packets get to them, in a long one only those that a packet can match.
/// </summary>
internal sealed class CompiledChain(NetfilterChain chain, RuleCompiler compiler, bool isPassing = false)
{
    /// <summary>Chains up to this length are looked through rule by rule.</summary>
    private const int Short = 24;

    private readonly CompiledRule?[] _rules = new CompiledRule?[chain.Kept];
    private ChainIndex? _index;

    public NetfilterChain Chain { get; } = chain;

    public string Name => Chain.Name;

    public int Count => _rules.Length;

    /// <summary>The place of the first rule after one that could not be read; beyond all rules where all were.</summary>
    public int FaultAt { get; } = chain.FaultAt;

    /// <summary>Only packets to one address or port come here: see <see cref="RuleCompiler.Forget"/>.</summary>
    public bool IsPassing { get; } = isPassing;

    public CompiledRule this[int index]
    {
        get
        {
            if (_rules[index] is { } known)
            {
                return known;
            }

            bool forOne = IsPassing || (compiler.Forgets && _index is not null && !_index.IsForAll(index));
            var made = new CompiledRule(new RuleRef(Chain, index), compiler, forOne);
            return forOne && !IsPassing ? made : _rules[index] = made;
        }
    }

    /// <summary>The first rule from <paramref name="from"/> on that a packet can match; the count where there is none.</summary>
    public int Next(int from, BranchState packet) =>
        Count <= Short || from >= Count || (packet.Packet.HasPorts && packet.Packet.DestinationPort < 0) ? from
        : (_index ??= Chain.Index).Next(
        from, packet.Packet.Destination, packet.Packet.HasPorts ? packet.Packet.DestinationPort : -1, Count);
}
