using System.Runtime.InteropServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>The tables of one backend and family.</summary>
/// <param name="Backend">The backend; null where the dump does not say.</param>
/// <param name="Family">The family.</param>
/// <param name="Tables">Its tables.</param>
/// <param name="IsWhole">True where a table that is not among them does not exist.</param>
internal sealed record TableSet(NetfilterBackend? Backend, IPFamily Family, IReadOnlyList<RulesetTable> Tables, bool IsWhole)
{
    /// <summary>What net.netfilter.nf_conntrack_tcp_be_liberal says; null where it is not known.</summary>
    public bool? IsTcpLiberal { get; init; }

    /// <summary>How a command line names the node.</summary>
    public CommandPlace At { get; init; } = CommandPlace.Here;

    private readonly Dictionary<RulesetTable, HashSet<NetfilterChain>> _reached = [];

    /// <summary>The table of that name; null if there is none.</summary>
    public RulesetTable? Table(string name) => Tables.FirstOrDefault(t => t.Name == name);

    /// <summary>True where a table has any of these chains.</summary>
    public static bool HasAny(RulesetTable table, IReadOnlyList<string> names) => names.Any(n => table.FindChain(n) is not null);

    /// <summary>True where a packet can come to the chain: a way of jumps leads to it from a built-in one.</summary>
    public bool IsReached(NetfilterChain chain)
    {
        ref var reached = ref CollectionsMarshal.GetValueRefOrAddDefault(_reached, chain.Owner, out _);
        reached ??= Reach(chain.Owner.Chains.Where(c => c.IsBuiltIn));
        return reached.Contains(chain);
    }

    /// <summary>The chains that ways of jumps lead to from these, with themselves. Each chain's rules are looked at once.</summary>
    public static HashSet<NetfilterChain> Reach(IEnumerable<NetfilterChain> from)
    {
        var seen = new HashSet<NetfilterChain>(from);
        var open = new Stack<NetfilterChain>(seen);
        while (open.TryPop(out var chain))
        {
            foreach (var rule in chain.Rules)
            {
                if (rule.JumpsTo is { } next && seen.Add(next))
                {
                    open.Push(next);
                }
            }
        }

        return seen;
    }

    /// <summary>
    /// The line of commands that make changes in a table, with the tool of this backend and family: <c>iptables-nft</c>,
    /// <c>ip6tables-legacy</c>; without a backend where it is not known.
    /// </summary>
    public string Line(string table, IEnumerable<RuleEdit> edits) =>
        At.On(string.Join("; ", edits.Select(e => new RuleStep(table, Backend, Family, e).Command(At))));
}
