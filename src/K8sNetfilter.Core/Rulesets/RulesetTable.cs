using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>One table of a ruleset, such as nat: its chains, and through them its rules.</summary>
public sealed class RulesetTable
{
    private readonly List<NetfilterChain> _chains = [];
    private int[] _slots = new int[32];

    internal RulesetTable(string name, NetfilterBackend? backend, IPFamily family, int line)
    {
        Name = name;
        Backend = backend;
        Family = family;
        Line = line;
    }

    /// <summary>The name: <c>filter</c>, <c>nat</c>, <c>mangle</c>, <c>raw</c> or <c>security</c>.</summary>
    public string Name { get; }

    /// <summary>Which part of the kernel holds it; null where the dump does not say.</summary>
    public NetfilterBackend? Backend { get; }

    /// <summary>The family.</summary>
    public IPFamily Family { get; internal set; }

    /// <summary>The line of the dump where it starts; 0 for a table that was not read from a dump.</summary>
    public int Line { get; }

    /// <summary>True once the dump has said <c>COMMIT</c>: nothing is missing at its end.</summary>
    public bool IsComplete { get; internal set; }

    /// <summary>The chains in the order of the dump.</summary>
    public IReadOnlyList<NetfilterChain> Chains => _chains;

    /// <summary>How many rules it has.</summary>
    public int RuleCount { get; internal set; }

    /// <summary>The lines of its rules, where they are kept.</summary>
    internal RuleLines Lines { get; } = new();

    /// <summary>The chain of that name; null where there is none.</summary>
    public NetfilterChain? FindChain(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Span<byte> bytes = stackalloc byte[64];
        return Ascii.FromUtf16(name, bytes, out int length) == OperationStatus.Done ? FindChain(bytes[..length]) : FindChain(RulesetText.Encode(name));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal NetfilterChain? FindChain(ReadOnlySpan<byte> name)
    {
        int hash = HashOf(name);
        for (int slot = hash & (_slots.Length - 1); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
        {
            var chain = _chains[_slots[slot] - 1];
            if (chain.Hash == hash && IsName(chain.Name, name))
            {
                return chain;
            }
        }

        return null;
    }

    /// <summary>The chain of that name, made where there is none.</summary>
    internal NetfilterChain AddChain(ReadOnlySpan<byte> name)
    {
        if (FindChain(name) is { } known)
        {
            return known;
        }

        var chain = new NetfilterChain(this, RuleNames.Intern(name), HashOf(name), _chains.Count + 1);
        _chains.Add(chain);
        if (_chains.Count * 2 > _slots.Length)
        {
            _slots = new int[_slots.Length * 2];
            for (int i = 0; i < _chains.Count; i++)
            {
                Place(i);
            }
        }
        else
        {
            Place(_chains.Count - 1);
        }

        return chain;
    }

    /// <summary>Says of a rule that its line is not what it means (<see cref="NetfilterRule.IsUnread"/>); nothing where the rule was not kept.</summary>
    public void MarkUnread(string chain, int number) => FindChain(chain)?.MarkUnread(number);

    /// <summary>A table in whose built-in chains any rule may stand.</summary>
    internal static RulesetTable Unknown(UnreadTable unread)
    {
        var table = new RulesetTable(unread.Name, unread.Backend, unread.Family, 0);
        string[] chains = unread.Name switch
        {
            "raw" => ["PREROUTING", "OUTPUT"],
            "nat" => ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
            "mangle" => ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
            _ => ["INPUT", "FORWARD", "OUTPUT"],
        };
        foreach (string name in chains)
        {
            var chain = table.AddChain(RulesetText.Encode(name));
            chain.Policy = "ACCEPT";
            chain.Add(new NetfilterRule(chain, 1, [], null));
            chain.MarkUnread(1);
        }

        return table;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private void Place(int index)
    {
        int slot = _chains[index].Hash & (_slots.Length - 1);
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        _slots[slot] = index + 1;
    }

    // Seeded per process: names from outside can't be chosen to collide.
    private static int HashOf(ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.AddBytes(name);
        return hash.ToHashCode();
    }

    private static bool IsName(string text, ReadOnlySpan<byte> bytes) =>
        (text.Length == bytes.Length && Ascii.Equals(bytes, text))
        || (!Ascii.IsValid(text) && RulesetText.Encode(text).AsSpan().SequenceEqual(bytes));
}
