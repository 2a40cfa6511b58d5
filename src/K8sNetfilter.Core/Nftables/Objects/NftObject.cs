namespace K8sNetfilter.Nftables.Objects;

/// <summary>An object with a state of its own that rules and maps refer to by name.</summary>
/// <param name="Name">Its name, unique among those of its kind in the table.</param>
public abstract record NftObject(string Name)
{
    /// <summary>Its kind.</summary>
    public abstract NftObjectType Type { get; }

    /// <summary>The kernel's number of it, unique in its table; 0 if it is not known.</summary>
    public ulong Handle { get; init; }

    /// <summary>Its comment; null if it has none.</summary>
    public string? Comment { get; init; }
}
