using System.Globalization;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>One chain of a table, as iptables-save(8) shows it.</summary>
public sealed class NetfilterChain
{
    private NetfilterRule[] _rules = [];
    private int _kept;
    private object? _referrers;

    internal NetfilterChain(RulesetTable owner, string name, int hash)
    {
        Owner = owner;
        Name = name;
        Hash = hash;
    }

    /// <summary>Which part of the kernel holds it; null where the dump does not say.</summary>
    public NetfilterBackend? Backend => Owner.Backend;

    /// <summary>The family.</summary>
    public IPFamily Family => Owner.Family;

    /// <summary>The table's name.</summary>
    public string Table => Owner.Name;

    /// <summary>The chain's name.</summary>
    public string Name { get; }

    /// <summary>What happens to a packet that reaches the end of a built-in chain: <c>ACCEPT</c> or <c>DROP</c>; null for a user's chain.</summary>
    public string? Policy { get; internal set; }

    /// <summary>How many rules it has.</summary>
    public int RuleCount { get; internal set; }

    /// <summary>The chains of this table that jump or go here, each once.</summary>
    public string[] ReferencedBy => [.. Referrers.Select(c => c.Name).Distinct(StringComparer.Ordinal)];

    /// <summary>Packets that met the policy; null where the dump does not say.</summary>
    public ulong? Packets { get; internal set; }

    /// <summary>Bytes that met the policy; null where the dump does not say.</summary>
    public ulong? Bytes { get; internal set; }

    /// <summary>True for a chain that stands on a hook of the kernel.</summary>
    public bool IsBuiltIn => Policy is not null;

    /// <summary>
    /// The rules, in order. A method, so that a chain that is sent to another session does not take its rules along; empty where the
    /// reader did not keep them.
    /// </summary>
    public IReadOnlyList<NetfilterRule> GetRules() => new ArraySegment<NetfilterRule>(_rules, 0, _kept);

    /// <summary>The table.</summary>
    internal RulesetTable Owner { get; }

    /// <summary>The rules, for a loop that must not cost anything.</summary>
    internal ReadOnlySpan<NetfilterRule> Rules => new(_rules, 0, _kept);

    /// <summary>The hash of the name's bytes.</summary>
    internal int Hash { get; }

    /// <summary>True where the caller of the reader wants this chain's rules.</summary>
    internal bool IsWanted { get; set; } = true;

    /// <summary>True where the dump declares the chain, rather than only having rules in it.</summary>
    internal bool IsDeclared { get; set; }

    /// <summary>Whether any rule jumps or goes here.</summary>
    internal bool IsReferenced => _referrers is not null;

    /// <summary>The chains that jump or go here; one can come more than once.</summary>
    internal IEnumerable<NetfilterChain> Referrers => _referrers switch
    {
        null => [],
        NetfilterChain one => [one],
        var many => (List<NetfilterChain>)many,
    };

    internal void Add(NetfilterRule rule)
    {
        if (_kept == _rules.Length)
        {
            Array.Resize(ref _rules, _kept == 0 ? 2 : _kept * 2);
        }

        _rules[_kept++] = rule;
    }

    internal void AddReferrer(NetfilterChain chain)
    {
        switch (_referrers)
        {
            case null:
                _referrers = chain;
                break;
            case NetfilterChain one when one != chain:
                _referrers = new List<NetfilterChain> { one, chain };
                break;
            case List<NetfilterChain> many when many[^1] != chain:
                many.Add(chain);
                break;
        }
    }

    /// <summary>The line that declares the chain, as iptables-save writes it.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $":{Name} {Policy ?? "-"} [{Packets ?? 0}:{Bytes ?? 0}]");
}
