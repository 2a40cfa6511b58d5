namespace K8sNetfilter.Rulesets;

/// <summary>Which rules iptables-nft-save misprints, for rules that are handed on as they come.</summary>
internal sealed class UnreadMarks
{
    private HashSet<(string Table, string Chain, int Number)>? _places;

    /// <summary>Takes what the kernel showed.</summary>
    public void Add(NftInspection inspection) => _places = inspection.Foreign.Count == 0 ? null : [.. inspection.Foreign];

    /// <summary>Whether a rule is one of them.</summary>
    public bool Contains(NetfilterRule rule) => _places is { } places && places.Contains((rule.Table, rule.Chain, rule.Number));
}
