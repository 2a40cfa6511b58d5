namespace K8sNetfilter.Nftables;

/// <summary>A flowtable: connections whose packets pass the hooks by, from the ingress hook of its devices.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Priority">Its place on the ingress hook.</param>
/// <param name="Devices">Its devices; a name that ends in <c>*</c> means all that begin so.</param>
public sealed record NftFlowtable(string Name, int Priority, string[] Devices)
{
    /// <summary>NFT_FLOWTABLE_…: 1 hardware offload, 2 counters.</summary>
    public uint Flags { get; init; }

    /// <summary>The kernel's number of the hook.</summary>
    public uint HookNumber { get; init; }

    /// <summary>The kernel's number of it, unique in its table; 0 if it is not known.</summary>
    public ulong Handle { get; init; }
}
