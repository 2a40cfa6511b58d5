using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables.Objects;

/// <summary>A counter, quota, limit, ct count or synproxy: what the expression of that kind is, with a name.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="State">What it does and has counted.</param>
public sealed record StatefulObject(string Name, NftObjectType Kind, NftExpression State) : NftObject(Name)
{
    /// <inheritdoc/>
    public override NftObjectType Type => Kind;
}
