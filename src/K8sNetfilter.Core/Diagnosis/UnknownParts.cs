using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis;

/// <summary>What is not known of a node beside the rules that a walk goes by, so that its end holds for these rules alone.</summary>
internal sealed class UnknownParts
{
    private static string Network => DiagnosisMessages.NetworkParts;

    private readonly string[] _rules;
    private readonly string? _chains;

    private UnknownParts(string[] rules, string? chains, string[] granted, bool knowsRoutes)
    {
        _rules = rules;
        _chains = chains;
        Granted = granted;
        KnowsRoutes = knowsRoutes;
    }

    /// <summary>Whether links, addresses and routes are known.</summary>
    public bool KnowsRoutes { get; }

    /// <summary>What is taken for granted of a node of which the rest is known, in sentences.</summary>
    public string[] Granted { get; }

    /// <summary>Whether rules are missing: then neither that a packet arrives nor that it does not is certain.</summary>
    public bool LacksRules => _rules.Length > 0;

    /// <summary>What is missing, as the start of a sentence.</summary>
    public string Text
    {
        get
        {
            string[] all = KnowsRoutes ? _rules : _chains is null ? [.. _rules, Network] : [.. _rules, Network, _chains];
            return all.Length == 1 && KnowsRoutes ? DiagnosisMessages.PartUnknown(all[0]) : DiagnosisMessages.PartsUnknown(string.Join("; ", all));
        }
    }

    /// <summary>Looks at what a node's source gave.</summary>
    /// <param name="rules">Its rules.</param>
    /// <param name="knowsRoutes">Whether its links, addresses and routes are known.</param>
    /// <param name="family">The packets' family.</param>
    /// <param name="chains">
    /// What is missing of the chains beside these rules; null for nothing. A walk over known routes says so itself.
    /// </param>
    public static UnknownParts Of(Ruleset rules, bool knowsRoutes, IPFamily family, string? chains)
    {
        // Of a node that nothing else is known of, nothing is taken for granted.
        bool IsGranted(RulesetGap gap) => gap.IsLikelyEmpty && knowsRoutes;
        var gaps = rules.Gaps.Where(g => g.IsOf(family)).ToList();
        return new(
            [.. gaps.Where(g => !IsGranted(g)).Select(g => g.Text).Distinct()],
            knowsRoutes ? null : chains,
            [
                .. gaps.Where(IsGranted).Select(g => DiagnosisMessages.PacketsMeetNoRuleIn(g.Text)).Distinct(),
                .. knowsRoutes || chains is null ? Array.Empty<string>()
                : [DiagnosisMessages.NoChainTranslatesOrMarks(chains)],
            ],
            knowsRoutes);
    }
}
