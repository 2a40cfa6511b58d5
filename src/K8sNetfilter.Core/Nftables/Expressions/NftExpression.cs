namespace K8sNetfilter.Nftables.Expressions;

/// <summary>
/// One expression of a rule, as the kernel holds it (net/netfilter/nft_*.c; linux/netfilter/nf_tables.h): it reads or writes registers,
/// breaks off the rule, or gives a verdict. Immutable; two of the same kind with the same fields are equal.
/// </summary>
public abstract record NftExpression
{
    /// <summary>The kernel's name of its kind (NFTA_EXPR_NAME): <c>payload</c>, <c>meta</c>, <c>cmp</c> …</summary>
    public abstract string Kind { get; }

    /// <summary>Whether two lists hold equal expressions in the same order.</summary>
    internal static bool Same(NftExpression[] left, NftExpression[] right)
    {
        bool same = left.Length == right.Length;
        for (int i = 0; same && i < left.Length; i++)
        {
            same = left[i].Equals(right[i]);
        }

        return same;
    }
}
