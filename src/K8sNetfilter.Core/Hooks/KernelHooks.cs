namespace K8sNetfilter.Hooks;

/// <summary>What a running kernel says of its hooks.</summary>
/// <param name="Entries">The functions of each hook, in the order in which they run; null where the kernel does not tell them.</param>
/// <param name="BaseChains">The chains of nf_tables that stand on hooks, and those of legacy ebtables and arptables.</param>
public sealed record KernelHooks(IReadOnlyList<HookEntry>? Entries, IReadOnlyList<NftBaseChain> BaseChains)
{
    /// <summary>Nothing is known.</summary>
    public static KernelHooks Unknown { get; } = new(null, []);

    /// <summary>What a dump of rules alone says of them: nothing.</summary>
    public static KernelHooks OfDump { get; } = Unknown with { Missing = MissingChains("nft-chains.json") };

    /// <summary>Names the chains that are not known, with the file of a snapshot that would have them.</summary>
    public static string MissingChains(string file) => HookMessages.MissingChains(file);

    /// <summary>The generation of nf_tables that they are of; null where no running kernel was asked, or it has no nf_tables.</summary>
    public uint? Generation { get; init; }

    /// <summary>What is missing, so that there may be base chains that are not in the list; null where the list is whole.</summary>
    public string? Missing { get; init; }
}
