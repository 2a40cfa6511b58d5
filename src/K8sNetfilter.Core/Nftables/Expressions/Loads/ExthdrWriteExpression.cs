namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>
/// Writes a TCP option (net/netfilter/nft_exthdr.c), or takes it away by writing NOPs over it. A largest segment (MSS) is only ever
/// lowered.
/// </summary>
/// <param name="Operation">Of what; the kernel writes TCP options only.</param>
/// <param name="Type">The option's number.</param>
/// <param name="Offset">Bytes from its beginning.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Source">The register that holds the value; none if the option is taken away (<c>reset tcp option</c>).</param>
public sealed record ExthdrWriteExpression(
    NftExthdrOperation Operation, byte Type, uint Offset, uint Length, NftRegister Source) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "exthdr";
}
