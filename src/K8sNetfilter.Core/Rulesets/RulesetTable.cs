using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Configuration;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>One table of a ruleset, such as nat: its chains, and through them its rules.</summary>
public sealed class RulesetTable
{
    private readonly List<NetfilterChain> _chains = [];
    private int[] _slots = new int[32];
    private string? _taint;

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

    /// <summary>
    /// Why the table is not known whole, in words with file and line: the text ends before its <c>COMMIT</c>, or a line in it could not be
    /// read that may have been a rule of any chain. Null where there is no such thing; a rule that could not be read is its chain's.
    /// </summary>
    public string? Fault { get; internal set; }

    /// <summary>The text that it was read from; null for a table that was not read.</summary>
    internal string? Source { get; init; }

    /// <summary>A line of the text that it was read from, as <c>file:line</c>.</summary>
    internal string PlaceOf(int line) => new SourceLine(Printable.Text(Source ?? ""), line).ToString();

    /// <summary>
    /// Why what its chains hold together is not known whole: <see cref="Fault"/>, a rule that could not be read, or one whose line is not
    /// what it means. Null where all was read. Looks at each rule once.
    /// </summary>
    internal string? Taint => _taint ??= FindTaint();

    /// <summary>The chains in the order of the dump.</summary>
    public IReadOnlyList<NetfilterChain> Chains => _chains;

    /// <summary>How many rules it has.</summary>
    public int RuleCount { get; internal set; }

    /// <summary>The lines of its rules, where they are kept.</summary>
    internal RuleStore Lines { get; } = new();

    /// <summary>The chain of that name; null if there is none.</summary>
    public NetfilterChain? FindChain(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Span<byte> bytes = stackalloc byte[64];
        return Ascii.FromUtf16(name, bytes, out int length) == OperationStatus.Done
            ? FindChain(bytes[..length]) : FindChain(RulesetText.Encode(name));
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

        var chain = new NetfilterChain(this, OptionNames.Intern(name), HashOf(name), _chains.Count + 1);
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

    /// <summary>
    /// Says of a rule that its line is not what it means (<see cref="NetfilterRule.IsUnread"/>); nothing where the rule was not kept.
    /// </summary>
    public void MarkUnread(string chain, int number) => FindChain(chain)?.MarkUnread(number);

    /// <summary>A table in whose built-in chains any rule may stand.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="backend">The backend; null where it is not known.</param>
    /// <param name="family">The family.</param>
    /// <param name="why">Why it is not known.</param>
    internal static RulesetTable Unknown(string name, NetfilterBackend? backend, IPFamily family, string why)
    {
        var table = new RulesetTable(name, backend, family, 0) { Fault = why };
        foreach (string chainName in BuiltIn(name))
        {
            var chain = table.AddChain(RulesetText.Encode(chainName));
            chain.Policy = "ACCEPT";
            chain.SetFault(why);
        }

        return table;
    }

    /// <summary>The chains that stand on hooks of the kernel in a table of that name.</summary>
    internal static string[] BuiltIn(string table) => table switch
    {
        "raw" => ["PREROUTING", "OUTPUT"],
        "nat" => ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
        "mangle" => ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
        _ => ["INPUT", "FORWARD", "OUTPUT"],
    };

    /// <summary>Whether another table has the same chains with the same rules; counters do not count.</summary>
    internal bool IsSameAs(RulesetTable other)
    {
        if (RuleCount != other.RuleCount || _chains.Count != other._chains.Count)
        {
            return false;
        }

        foreach (var chain in _chains)
        {
            if (other.FindChain(chain.Name) is not { } twin || twin.Policy != chain.Policy || twin.Kept != chain.Kept
                || twin.RuleCount != chain.RuleCount)
            {
                return false;
            }

            for (int i = 0; i < chain.Kept; i++)
            {
                if (chain.RuleAt(i).Bare != twin.RuleAt(i).Bare)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private string? FindTaint()
    {
        if (Fault is not null)
        {
            return Fault;
        }

        foreach (var chain in _chains)
        {
            if (chain.Fault is not null)
            {
                return chain.Fault;
            }

            if (chain.HasUnread)
            {
                return RulesetMessages.RulesAreForeign(Printable.Text(chain.Name));
            }

            foreach (var rule in chain.Rules)
            {
                if (!rule.Jumps && Misprint.Find(rule) is { } misprint)
                {
                    return $"{misprint} ({chain.SourceAt(rule.Index)})";
                }
            }
        }

        return null;
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

    /// <summary>
    /// Resolves jumps to chains that came later: a dump whose head was cut off has rules of chains that it does not declare.
    /// </summary>
    internal void ResolveLate()
    {
        foreach (var chain in Chains)
        {
            foreach (var rule in chain.Rules)
            {
                if (rule.JumpsTo is null
                    && chain.Make(rule.Index).Target is { Kind: RuleTargetKind.Extension or RuleTargetKind.Goto } target
                    && FindChain(target.Name) is { } found)
                {
                    chain.Resolve(rule.Index, found);
                }
            }
        }
    }
}
