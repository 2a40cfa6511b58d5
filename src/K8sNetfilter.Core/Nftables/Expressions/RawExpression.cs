namespace K8sNetfilter.Nftables.Expressions;

/// <summary>
/// An expression that this version does not know: of a kind that a newer kernel adds, or of a known kind with an attribute or a form that a
/// newer kernel adds. What it does is unknown.
/// </summary>
/// <param name="Name">The kernel's name of its kind.</param>
/// <param name="Attributes">Its attributes, as netlink carries them (NFTA_EXPR_DATA).</param>
public sealed record RawExpression(string Name, NftData Attributes) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => Name;
}
