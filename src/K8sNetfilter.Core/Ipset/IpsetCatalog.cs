namespace K8sNetfilter.Ipset;

/// <summary>The sets of ipset(8) that a network namespace has, by name.</summary>
public sealed class IpsetCatalog
{
    private readonly Dictionary<string, NodeIpset> _sets = new(StringComparer.Ordinal);
    private readonly List<NodeIpset> _inOrder = [];

    /// <summary>Sets that are not known, and where they would be read from.</summary>
    /// <param name="missing">What is missing, for a reason: <c>ipset.txt, "ipset save"</c>; null if nothing names it.</param>
    public static IpsetCatalog Unknown(string? missing = null) => new() { Missing = missing };

    /// <summary>A node without sets.</summary>
    public static IpsetCatalog None { get; } = new() { IsKnown = true };

    /// <summary>False if the sets could not be read: then none can be looked up.</summary>
    public bool IsKnown { get; init; }

    /// <summary>What would say which sets there are; null if nothing is missing.</summary>
    public string? Missing { get; private init; }

    /// <summary>Lines that could not be read, each with the reason; the first few.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The sets, in the order in which they were read.</summary>
    public IReadOnlyList<NodeIpset> Sets => _inOrder;

    private readonly List<string> _problems = [];

    /// <summary>The set with a name; null if there is none.</summary>
    public NodeIpset? Find(string name) => _sets.GetValueOrDefault(name);

    /// <summary>Adds a set.</summary>
    /// <returns>False if there is one with its name.</returns>
    public bool Add(NodeIpset set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (!_sets.TryAdd(set.Name, set))
        {
            return false;
        }

        _inOrder.Add(set);
        return true;
    }

    /// <summary>The same sets with other names and comments, for a snapshot that names nobody.</summary>
    /// <param name="name">Gives a set's name.</param>
    /// <param name="comment">Gives an element's comment.</param>
    public IpsetCatalog Rename(Func<string, string> name, Func<string, string> comment)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(comment);
        var renamed = new IpsetCatalog { IsKnown = IsKnown, Missing = Missing };
        foreach (var set in _inOrder)
        {
            var copy = new NodeIpset(set.Header with { Name = name(set.Name) });
            for (int i = 0; i < (set.Elements?.Count ?? 0); i++)
            {
                var element = set[i];
                element.Name = set.Type is { IsList: true } ? name(element.Name!) : element.Name;
                element.Comment = element.Comment is { } text ? comment(text) : null;
                copy.Add(element);
            }

            renamed.Add(copy);
        }

        return renamed;
    }

    /// <summary>Notes what could not be read.</summary>
    public void AddProblem(string problem)
    {
        const int Most = 20;
        if (_problems.Count < Most)
        {
            _problems.Add(problem);
        }
    }
}
