namespace K8sNetfilter.Nftables;

/// <summary>What is read of nf_tables.</summary>
internal sealed record NftQuery
{
    /// <summary>All.</summary>
    public static NftQuery All { get; } = new();

    /// <summary>Of one family; Unspecified for all.</summary>
    public NftFamily Family { get; init; }

    /// <summary>One table; null for all.</summary>
    public string? Table { get; init; }

    /// <summary>One set; null for all.</summary>
    public string? Set { get; init; }

    /// <summary>With chains, rules and flowtables.</summary>
    public bool WithRules { get; init; } = true;

    /// <summary>With the elements of sets.</summary>
    public bool WithElements { get; init; } = true;
}
