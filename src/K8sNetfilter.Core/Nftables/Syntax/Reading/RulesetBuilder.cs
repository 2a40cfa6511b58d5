namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>Gathers what a file says of tables, in any order: a listing nests, commands come one by one.</summary>
internal sealed class RulesetBuilder
{
    /// <summary>How much of a part that is not understood is kept for a message.</summary>
    private const int LongestText = 4096;

    /// <summary>How many parts that are not understood are kept one by one.</summary>
    private const int MostUnread = 10_000;

    private readonly List<TableBuilder> _tables = [];
    private readonly Dictionary<(string Family, string Name), TableBuilder> _byName = [];
    private readonly List<UnreadSyntax> _unread = [];

    /// <summary>The table, which is made if there is none.</summary>
    public TableBuilder Table(string family, string name)
    {
        if (!_byName.TryGetValue((family, name), out var table))
        {
            table = new(family, name);
            _byName.Add((family, name), table);
            _tables.Add(table);
        }

        return table;
    }

    public void AddUnread(int line, int column, ReadOnlySpan<char> text, string reason, string owner)
    {
        if (_unread.Count < MostUnread)
        {
            _unread.Add(new(line, column, (text.Length > LongestText ? text[..LongestText] : text).ToString(), reason) { Owner = owner });
        }
    }

    public RulesetSyntax Build() => new([.. _tables.Select(t => t.Build())]) { Unread = _unread };
}

/// <summary>Gathers a table.</summary>
internal sealed class TableBuilder(string family, string name)
{
    private readonly List<ChainBuilder> _chains = [];
    private readonly Dictionary<string, ChainBuilder> _chainsByName = new(StringComparer.Ordinal);
    private readonly List<SetBuilder> _sets = [];
    private readonly Dictionary<string, SetBuilder> _setsByName = new(StringComparer.Ordinal);

    public string Family { get; } = family;

    public string Name { get; } = name;

    public ulong Handle { get; set; }

    public string? Comment { get; set; }

    public IReadOnlyList<string> Flags { get; set; } = [];

    public List<ObjectSyntax> Objects { get; } = [];

    public List<FlowtableSyntax> Flowtables { get; } = [];

    /// <summary>The chain, which is made if there is none.</summary>
    public ChainBuilder Chain(string name)
    {
        if (!_chainsByName.TryGetValue(name, out var chain))
        {
            chain = new() { Head = new(name) };
            _chainsByName.Add(name, chain);
            _chains.Add(chain);
        }

        return chain;
    }

    /// <summary>The set; null if there is none.</summary>
    public SetBuilder? FindSet(string name) => _setsByName.GetValueOrDefault(name);

    public SetBuilder AddSet(SetSyntax head)
    {
        if (_setsByName.TryGetValue(head.Name, out var set))
        {
            set.Head = head;
            return set;
        }

        set = new() { Head = head };
        _setsByName.Add(head.Name, set);
        _sets.Add(set);
        return set;
    }

    public TableSyntax Build() => new(Family, Name)
    {
        Handle = Handle,
        Comment = Comment,
        Flags = Flags,
        Objects = Objects,
        Flowtables = Flowtables,
        Sets = [.. _sets.Select(s => s.Head with { Elements = s.Elements })],
        Chains = [.. _chains.Select(c => c.Head with { Rules = c.Rules })],
    };
}

/// <summary>Gathers a chain.</summary>
internal sealed class ChainBuilder
{
    public required ChainSyntax Head { get; set; }

    public List<RuleSyntax> Rules { get; } = [];
}

/// <summary>Gathers a set.</summary>
internal sealed class SetBuilder
{
    public required SetSyntax Head { get; set; }

    public List<ElementSyntax> Elements { get; } = [];
}
