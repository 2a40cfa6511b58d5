using K8sNetfilter.Nftables.Objects;

namespace K8sNetfilter.Nftables;

/// <summary>A table: chains, sets, objects and flowtables that name each other.</summary>
public sealed class NftTable
{
    private readonly Dictionary<string, NftChain> _chains;
    private readonly Dictionary<string, NftSet> _sets;

    /// <summary>Makes a table.</summary>
    /// <param name="family">Its family.</param>
    /// <param name="name">Its name.</param>
    /// <param name="chains">Its chains, in order.</param>
    /// <param name="sets">Its sets and maps, the anonymous ones too.</param>
    /// <param name="objects">Its objects.</param>
    /// <param name="flowtables">Its flowtables.</param>
    public NftTable(NftFamily family, string name, NftChain[] chains, NftSet[] sets, NftObject[] objects, NftFlowtable[] flowtables)
    {
        ArgumentNullException.ThrowIfNull(chains);
        ArgumentNullException.ThrowIfNull(sets);
        Family = family;
        Name = name;
        Chains = chains;
        Sets = sets;
        Objects = objects;
        Flowtables = flowtables;
        _chains = new Dictionary<string, NftChain>(chains.Length, StringComparer.Ordinal);
        foreach (var chain in chains)
        {
            _chains.TryAdd(chain.Name, chain);
        }

        _sets = new Dictionary<string, NftSet>(sets.Length, StringComparer.Ordinal);
        foreach (var set in sets)
        {
            _sets.TryAdd(set.Name, set);
        }
    }

    /// <summary>Its family.</summary>
    public NftFamily Family { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Whether it is dormant, owned by a process, and stays when that ends.</summary>
    public NftTableFlags Flags { get; init; }

    /// <summary>The kernel's number of it; 0 if it is not known.</summary>
    public ulong Handle { get; init; }

    /// <summary>The netlink port of the process that owns it; 0 if there is none.</summary>
    public uint OwnerPort { get; init; }

    /// <summary>Its comment; null if it has none.</summary>
    public string? Comment { get; init; }

    /// <summary>Its chains, in order.</summary>
    public NftChain[] Chains { get; }

    /// <summary>Its sets and maps, the anonymous ones too.</summary>
    public NftSet[] Sets { get; }

    /// <summary>Its objects.</summary>
    public NftObject[] Objects { get; }

    /// <summary>Its flowtables.</summary>
    public NftFlowtable[] Flowtables { get; }

    /// <summary>A chain by name; null if there is no such chain.</summary>
    public NftChain? FindChain(string name) => _chains.GetValueOrDefault(name);

    /// <summary>A set or map by name; null if there is no such set.</summary>
    public NftSet? FindSet(string name) => _sets.GetValueOrDefault(name);

    /// <summary>An object by kind and name; null if there is no such object.</summary>
    public NftObject? FindObject(NftObjectType type, string name)
    {
        foreach (var item in Objects)
        {
            if (item.Type == type && item.Name == name)
            {
                return item;
            }
        }

        return null;
    }

    /// <summary>A flowtable by name; null if there is no such flowtable.</summary>
    public NftFlowtable? FindFlowtable(string name)
    {
        foreach (var item in Flowtables)
        {
            if (item.Name == name)
            {
                return item;
            }
        }

        return null;
    }

    /// <summary>As nft names it: <c>ip kube-proxy</c>.</summary>
    public override string ToString() => $"{NftFamilyName.Of(Family)} {Name}";
}

/// <summary>Flags of a table (enum nft_table_flags).</summary>
[Flags]
public enum NftTableFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>NFT_TABLE_F_DORMANT: its base chains are not on their hooks.</summary>
    Dormant = 1,

    /// <summary>NFT_TABLE_F_OWNER: only the process that made it may change it.</summary>
    Owner = 2,

    /// <summary>NFT_TABLE_F_PERSIST: it stays when its owner ends.</summary>
    Persist = 4,
}
