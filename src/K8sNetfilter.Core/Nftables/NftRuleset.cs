namespace K8sNetfilter.Nftables;

/// <summary>The tables of nf_tables in one network namespace.</summary>
/// <param name="Tables">The tables, in the kernel's order.</param>
public sealed record NftRuleset(NftTable[] Tables)
{
    /// <summary>A namespace without tables.</summary>
    public static NftRuleset Empty { get; } = new([]);

    /// <summary>The number that the kernel raises at each commit; null if it is not known.</summary>
    public uint? Generation { get; init; }

    /// <summary>
    /// True if all parts were read between two commits; false if they changed at each try, so that the parts may not fit each other.
    /// </summary>
    public bool IsOfOneGeneration { get; init; } = true;

    /// <summary>What could not be read, in words; empty if nothing is missing.</summary>
    public string[] Missing { get; init; } = [];

    /// <summary>True if it is of one generation and nothing is missing.</summary>
    public bool IsComplete => IsOfOneGeneration && Missing.Length == 0;

    /// <summary>A table by family and name; null if there is no such table.</summary>
    public NftTable? Find(NftFamily family, string name)
    {
        foreach (var table in Tables)
        {
            if (table.Family == family && table.Name == name)
            {
                return table;
            }
        }

        return null;
    }
}
