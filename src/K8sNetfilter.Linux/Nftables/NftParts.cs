using K8sNetfilter.Nftables.Objects;

namespace K8sNetfilter.Nftables;

/// <summary>A table while it is read.</summary>
internal sealed class NftTableParts(NftFamily family, string name)
{
    public NftFamily Family { get; } = family;

    public string Name { get; } = name;

    public NftTableFlags Flags { get; init; }

    public ulong Handle { get; init; }

    public uint OwnerPort { get; init; }

    public string? Comment { get; init; }

    public List<NftChainParts> Chains { get; } = [];

    public Dictionary<string, NftChainParts> ChainsByName { get; } = new(StringComparer.Ordinal);

    public List<NftSet> Sets { get; } = [];

    public List<NftObject> Objects { get; } = [];

    public List<NftFlowtable> Flowtables { get; } = [];

    public NftTable Build()
    {
        var chains = new NftChain[Chains.Count];
        for (int i = 0; i < chains.Length; i++)
        {
            chains[i] = Chains[i].Build();
        }

        return new NftTable(Family, Name, chains, [.. Sets], [.. Objects], [.. Flowtables])
        {
            Flags = Flags,
            Handle = Handle,
            OwnerPort = OwnerPort,
            Comment = Comment,
        };
    }
}

/// <summary>A chain while it is read.</summary>
internal sealed class NftChainParts(string name, NftChainHook? hook)
{
    public string Name { get; } = name;

    public NftChainHook? Hook { get; } = hook;

    public NftChainFlags Flags { get; init; }

    public ulong Handle { get; init; }

    public string? Comment { get; init; }

    /// <summary>How many rules it has and rules and elements that lead to it; null if the kernel does not say it.</summary>
    public uint? Use { get; init; }

    public List<NftRule> Rules { get; } = [];

    public NftChain Build() => new(Name, Hook, [.. Rules]) { Flags = Flags, Handle = Handle, Comment = Comment };
}
