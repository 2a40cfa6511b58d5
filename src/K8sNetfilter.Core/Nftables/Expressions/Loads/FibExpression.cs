namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Looks up a route (net/netfilter/nft_fib.c) and loads a device or the address's type.</summary>
/// <param name="Result">What of it.</param>
/// <param name="Flags">What the route is looked up by, and whether only its being there is loaded.</param>
/// <param name="Target">The register that gets it.</param>
public sealed record FibExpression(NftFibResult Result, NftFibFlags Flags, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "fib";
}

/// <summary>What a fib expression loads (enum nft_fib_result).</summary>
public enum NftFibResult
{
    /// <summary>The index of the device, 4 bytes; 0 if there is no route.</summary>
    OutputInterface = 1,

    /// <summary>The name of the device, 16 bytes.</summary>
    OutputName = 2,

    /// <summary>The address's type (RTN_UNICAST, RTN_LOCAL …), 4 bytes in host order.</summary>
    AddressType = 3,
}

/// <summary>What a fib expression looks up by (NFTA_FIB_F_…).</summary>
[Flags]
public enum NftFibFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The packet's source address.</summary>
    Source = 1,

    /// <summary>The packet's destination address.</summary>
    Destination = 2,

    /// <summary>With the packet's mark.</summary>
    Mark = 4,

    /// <summary>With the device that it came in by.</summary>
    InputInterface = 8,

    /// <summary>With the device that it goes out by.</summary>
    OutputInterface = 16,

    /// <summary>Loads 1 or 0, whether there is a route (<c>exists</c>, <c>missing</c>).</summary>
    Present = 32,
}
