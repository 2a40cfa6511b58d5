namespace K8sNetfilter.Nftables.Expressions;

/// <summary>A verdict (NFTA_DATA_VERDICT).</summary>
/// <param name="Code">The kernel's number; one that is not named there is kept as it is.</param>
/// <param name="Chain">Where a jump or goto leads; null for the others.</param>
public readonly record struct NftVerdict(NftVerdictCode Code, string? Chain = null)
{
    /// <summary>As nft writes it: <c>accept</c>, <c>jump services</c>.</summary>
    public override string ToString()
    {
        string word = Code.ToString().ToLowerInvariant();
        return Chain is null ? word : $"{word} {Chain}";
    }
}
