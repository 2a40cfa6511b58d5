using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// Tells what dumps leave out of a node's rules: every node has both backends in its kernel, or may have, and a dump of one table alone
/// says nothing of the others.
/// </summary>
public static class RulesetGaps
{
    // What kube-proxy, every pod network and Docker write to.
    private static readonly string[] Usual = ["nat", "filter"];

    /// <summary>Says what is not known of a family's rules.</summary>
    /// <param name="ruleset">All dumps of the node together.</param>
    /// <param name="family">The family.</param>
    /// <param name="given">The backends of which a dump was given, also one without tables.</param>
    /// <param name="knowsTables">True where it is known from elsewhere which tables the node has.</param>
    public static IReadOnlyList<RulesetGap> Of(Ruleset ruleset, IPFamily family, IReadOnlyCollection<NetfilterBackend> given,
        bool knowsTables)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        ArgumentNullException.ThrowIfNull(given);
        var gaps = new List<RulesetGap>();
        var tables = ruleset.Tables.Where(t => t.Family == family).ToList();
        string tool = family == IPFamily.IPv6 ? "ip6tables" : "iptables";
        if (tables.Count == 0 && given.Count == 0)
        {
            gaps.Add(new(family, RulesetMessages.GapFamily(family)));
            return gaps;
        }

        if (!knowsTables && tables.Count > 0)
        {
            string[] missing = [.. Usual.Where(n => !tables.Exists(t => t.Name == n)
                && !ruleset.Unread.Any(u => u.Name == n && u.Family == family))];
            gaps.AddRange(missing.Select(n => new RulesetGap(family, RulesetMessages.GapTable(n, tool))));
        }

        var seen = tables.Select(t => t.Backend).OfType<NetfilterBackend>().Concat(given).ToHashSet();
        if (seen.Count == 0)
        {
            gaps.Add(new(family, RulesetMessages.GapEitherBackend(tool)) { IsLikelyEmpty = true });
        }
        else if (seen.Count == 1)
        {
            var other = seen.Contains(NetfilterBackend.Nft) ? NetfilterBackend.Legacy : NetfilterBackend.Nft;
            string name = other == NetfilterBackend.Nft ? "nft" : "legacy";
            gaps.Add(new(family, RulesetMessages.GapBackend(name, tool)) { Backend = other, IsLikelyEmpty = true });
        }

        return gaps;
    }
}
