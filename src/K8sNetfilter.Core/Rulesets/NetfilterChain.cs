using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>One chain of a table, as iptables-save(8) shows it.</summary>
public sealed class NetfilterChain
{
    private int _first;
    private int _room;
    private NetfilterRule?[]? _made;
    private HashSet<int>? _unread;
    private object? _referrers;
    private ChainIndex? _index;

    internal NetfilterChain(RulesetTable owner, string name, int hash, int number)
    {
        Owner = owner;
        Name = name;
        Hash = hash;
        Number = number;
    }

    /// <summary>Which part of the kernel holds it; null where the dump does not say.</summary>
    public NetfilterBackend? Backend => Owner.Backend;

    /// <summary>The family.</summary>
    public IPFamily Family => Owner.Family;

    /// <summary>The table's name.</summary>
    public string Table => Owner.Name;

    /// <summary>The chain's name.</summary>
    public string Name { get; }

    /// <summary>
    /// What happens to a packet that reaches the end of a built-in chain: <c>ACCEPT</c> or <c>DROP</c>; null for a user's chain.
    /// </summary>
    public string? Policy { get; internal set; }

    /// <summary>How many rules it has.</summary>
    public int RuleCount { get; internal set; }

    /// <summary>The chains of this table that jump or go here, each once.</summary>
    public ValueList<string> ReferencedBy => [.. Referrers.Select(c => c.Name).Distinct(StringComparer.Ordinal)];

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
    public IReadOnlyList<NetfilterRule> GetRules()
    {
        for (int i = 0; i < Kept; i++)
        {
            RuleAt(i);
        }

        return Kept == 0 ? [] : Array.AsReadOnly(_made!)!;
    }

    /// <summary>The table.</summary>
    internal RulesetTable Owner { get; }

    /// <summary>Its place among the table's chains, from 1.</summary>
    internal int Number { get; }

    /// <summary>How many rules were kept.</summary>
    internal int Kept { get; private set; }

    /// <summary>The rules, for a loop that must not cost anything.</summary>
    internal RuleRefs Rules => new(this);

    /// <summary>The hash of the name's bytes.</summary>
    internal int Hash { get; }

    /// <summary>True where the caller of the reader wants this chain's rules.</summary>
    internal bool IsWanted { get; set; } = true;

    /// <summary>True where the dump declares the chain, rather than only having rules in it.</summary>
    internal bool IsDeclared { get; set; }

    /// <summary>
    /// Which of its rules could not be read first, in words with file and line: packets that come that far meet nobody knows what. Null
    /// where all were read.
    /// </summary>
    internal string? Fault { get; private set; }

    /// <summary>The place, from 0, of the first kept rule after the <see cref="Fault"/>; beyond all rules where there is none.</summary>
    internal int FaultAt { get; private set; } = int.MaxValue;

    /// <summary>Whether the lines of some rules are not what the rules mean.</summary>
    internal bool HasUnread => _unread is not null;

    /// <summary>Whether any rule jumps or goes here.</summary>
    internal bool IsReferenced => _referrers is not null;

    /// <summary>Whether the rules that jump or go here are all of one chain.</summary>
    internal bool HasOneReferrer => _referrers is NetfilterChain;

    /// <summary>The chains that jump or go here; one can come more than once.</summary>
    internal IEnumerable<NetfilterChain> Referrers => _referrers switch
    {
        null => [],
        NetfilterChain one => [one],
        var many => (List<NetfilterChain>)many,
    };

    /// <summary>Whether a rule of that chain jumps or goes here.</summary>
    internal bool IsReferencedBy(NetfilterChain chain) =>
        _referrers == (object)chain || (_referrers is List<NetfilterChain> many && many.Contains(chain));

    /// <summary>Its rules by what they ask for. Made when it is first asked for, once for all walks: they may run side by side.</summary>
    internal ChainIndex Index
    {
        get
        {
            if (Volatile.Read(ref _index) is { } known)
            {
                return known;
            }

            lock (Owner.Lines)
            {
                return _index ??= new ChainIndex(this);
            }
        }
    }

    /// <summary>Adds a rule that was read: the last one that was counted.</summary>
    internal void Add(byte[] piece, int offset, int length, NetfilterChain? jumpsTo, int sourceLine) =>
        Owner.Lines.Put(Next(), piece, offset, length, RuleCount, jumpsTo?.Number ?? 0, sourceLine);

    /// <summary>Adds a rule that another table has, which this one is a copy of: the last one that was counted.</summary>
    internal void Add(NetfilterChain from, int index, NetfilterChain? jumpsTo) =>
        Owner.Lines.Put(Next(), from.Owner.Lines, from._first + index, RuleCount, jumpsTo?.Number ?? 0);

    /// <summary>Adds a rule that was made.</summary>
    internal void Add(NetfilterRule rule)
    {
        Owner.Lines.Put(Next(), null, 0, 0, rule.Number, rule.JumpsTo?.Number ?? 0, 0);
        Keep(Kept - 1, rule);
    }

    /// <summary>The line of a rule, by its place from 0; empty for a rule that was made.</summary>
    internal ReadOnlySpan<byte> LineAt(int index) => Owner.Lines.Line(_first + index);

    /// <summary>Whether a rule jumps or goes to a chain.</summary>
    internal bool JumpsAt(int index) => Owner.Lines.JumpsTo(_first + index) > 0;

    /// <summary>The chain that a rule jumps or goes to; null for any other target.</summary>
    internal NetfilterChain? JumpAt(int index) =>
        Owner.Lines.JumpsTo(_first + index) is > 0 and int number ? Owner.Chains[number - 1] : null;

    /// <summary>Whether a rule's line is not what the rule means.</summary>
    internal bool IsUnreadAt(int index) => _unread?.Contains(index) == true;

    /// <summary>Says of the rule with that number that its line is not what it means; nothing where the rule was not kept.</summary>
    internal void MarkUnread(int number)
    {
        // A rule that could not be read has a number and no place.
        int i = Math.Min(number, Kept) - 1;
        while (i >= 0 && Owner.Lines.Number(_first + i) > number)
        {
            i--;
        }

        if (i < 0 || Owner.Lines.Number(_first + i) != number)
        {
            return;
        }

        (_unread ??= []).Add(i);
        if (_made?[i] is { } made)
        {
            made.IsUnread = true;
        }
    }

    /// <summary>Notes that a rule that stands after those that were kept could not be read. The first of them counts.</summary>
    internal void SetFault(string text)
    {
        if (Fault is null)
        {
            (Fault, FaultAt) = (text, Kept);
        }
    }

    /// <summary>Where a rule was read, as <c>file:line</c>; empty for a rule that was made.</summary>
    internal string SourceAt(int index) => Owner.Lines.SourceLine(_first + index) is > 0 and int line ? Owner.PlaceOf(line) : "";

    /// <summary>Points the target of a rule to a chain that the dump had further down.</summary>
    internal void Resolve(int index, NetfilterChain chain)
    {
        Owner.Lines.JumpsTo(_first + index) = chain.Number;
        chain.AddReferrer(this);
    }

    /// <summary>A rule, by its place from 0: always the same object, whoever asks.</summary>
    internal NetfilterRule RuleAt(int index) => _made?[index] ?? Keep(index, Make(index));

    /// <summary>A rule as a new object.</summary>
    internal NetfilterRule Make(int index)
    {
        var (piece, offset, length) = Owner.Lines.Find(_first + index);
        return new NetfilterRule(this, Owner.Lines.Number(_first + index), piece, offset, length,
            JumpAt(index)) { IsUnread = IsUnreadAt(index) };
    }

    private NetfilterRule Keep(int index, NetfilterRule made)
    {
        // Walks side by side may ask at the same time: the first object stays.
        var all = _made ?? Interlocked.CompareExchange(ref _made, new NetfilterRule?[Kept], null) ?? _made!;
        return Interlocked.CompareExchange(ref all[index], made, null) ?? made;
    }

    // The place of one more rule. A dump has the rules of a chain one after the other; in one that does not, the chain moves to where
    // there is as much room again as it had.
    private int Next()
    {
        var lines = Owner.Lines;
        if (Kept == _room)
        {
            if (_room > 0 && _first + _room == lines.Count)
            {
                lines.Reserve(1);
                _room++;
            }
            else
            {
                int room = _room == 0 ? 1 : _room * 2;
                int first = lines.Reserve(room);
                lines.Move(_first, first, Kept);
                (_first, _room) = (first, room);
            }
        }

        if (_made is not null)
        {
            Array.Resize(ref _made, Kept + 1);
        }

        return _first + Kept++;
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
