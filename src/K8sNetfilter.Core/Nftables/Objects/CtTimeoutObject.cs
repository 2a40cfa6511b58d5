namespace K8sNetfilter.Nftables.Objects;

/// <summary>Timeouts of conntrack (nft_ct_timeout_obj in net/netfilter/nft_ct.c).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Family">The network family.</param>
/// <param name="Protocol">The transport protocol's number.</param>
/// <param name="Seconds">The timeout of each state, by the state's number (CTA_TIMEOUT_TCP_…, from 0 for the attribute 1).</param>
public sealed record CtTimeoutObject(string Name, NftFamily Family, byte Protocol, uint[] Seconds) : NftObject(Name)
{
    /// <inheritdoc/>
    public override NftObjectType Type => NftObjectType.CtTimeout;

    /// <inheritdoc/>
    public bool Equals(CtTimeoutObject? other) =>
        base.Equals(other) && Family == other!.Family && Protocol == other.Protocol && Seconds.AsSpan().SequenceEqual(other.Seconds);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), (int)Family, Protocol, Seconds.Length);
}
