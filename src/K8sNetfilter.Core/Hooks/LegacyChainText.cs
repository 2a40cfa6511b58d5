using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Hooks;

/// <summary>
/// The chains of legacy ebtables and arptables that stand on hooks, from what <c>ebtables-legacy -t TABLE -L</c> (one table after the
/// other) or
/// <c>arptables-legacy -nL</c> prints.
/// </summary>
public static class LegacyChainText
{
    // include/uapi/linux/netfilter_bridge.h, enum nf_br_hook_priorities; broute looks at frames before all else.
    private static readonly (string Table, string Chain, HookPoint Point, int Priority)[] BridgePlaces =
    [
        ("broute", "BROUTING", HookPoint.Prerouting, int.MinValue),
        ("nat", "PREROUTING", HookPoint.Prerouting, -300),
        ("filter", "INPUT", HookPoint.Input, -200),
        ("filter", "FORWARD", HookPoint.Forward, -200),
        ("filter", "OUTPUT", HookPoint.Output, 200),
        ("nat", "OUTPUT", HookPoint.Output, 100),
        ("nat", "POSTROUTING", HookPoint.Postrouting, 300),
    ];

    private static readonly (string Table, string Chain, HookPoint Point, int Priority)[] ArpPlaces =
    [
        ("filter", "INPUT", HookPoint.Input, 0), ("filter", "OUTPUT", HookPoint.Output, 0), ("filter", "FORWARD", HookPoint.Forward, 0),
    ];

    /// <summary>Reads it.</summary>
    /// <param name="text">What the tool printed.</param>
    /// <param name="layer">Bridge for ebtables, Arp for arptables.</param>
    public static IReadOnlyList<NftBaseChain> Parse(string text, HookLayer layer)
    {
        ArgumentNullException.ThrowIfNull(text);
        var rules = new Dictionary<(string Table, string Chain), List<ChainRule>>();
        var policies = new Dictionary<(string Table, string Chain), bool?>();
        string table = "filter";
        (string Table, string Chain)? at = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            string[] words = line.ToString().Split((char[])[' ', '\t', ',', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["Bridge", "table:", var name]:
                    (table, at) = (name, null);
                    break;
                case ["Bridge", "chain:", _, ..] or ["Chain", _, ..]:
                    string chainName = words[words[0] == "Chain" ? 1 : 2];
                    at = (table, chainName);
                    rules[at.Value] = [];
                    int policy = Array.FindIndex(words, w => w is "policy" or "policy:");
                    policies[at.Value] = policy < 0 || policy + 1 >= words.Length ? null
                        : words[policy + 1] switch { "ACCEPT" => true, "DROP" => false, _ => null };
                    break;
                case [] or ["#", ..]:
                    break;
                default:
                    if (at is { } chain)
                    {
                        rules[chain].Add(Rule(words));
                    }

                    break;
            }
        }

        return [.. Places(layer).Where(p => rules.ContainsKey((p.Table, p.Chain))).Select(p => Make(layer, p) with
        {
            Accepts = policies[(p.Table, p.Chain)],
            RuleCount = rules[(p.Table, p.Chain)].Count,
            Effect = Effect(layer, p.Table,
            new ChainEffects(name => name is null ? null : rules.GetValueOrDefault((p.Table, name))).Of(
            p.Chain, policies[(p.Table, p.Chain)])),
        })];
    }

    /// <summary>The chains of some tables that are there and could not be read.</summary>
    public static IReadOnlyList<NftBaseChain> Unread(IReadOnlyCollection<string> tables, HookLayer layer) =>
        [.. Places(layer).Where(p => tables.Contains(p.Table)).Select(p => Make(layer, p))];

    private static (string Table, string Chain, HookPoint Point, int Priority)[] Places(HookLayer layer) => layer == HookLayer.Arp
        ? ArpPlaces : BridgePlaces;

    private static NftBaseChain Make(HookLayer layer, (string Table, string Chain, HookPoint Point, int Priority) place) =>
        new(layer, IPFamily.Unspecified, place.Table, place.Chain, "filter", place.Point, place.Priority,
            null) { Backend = NetfilterBackend.Legacy };

    // To drop in broute is to route what would have been bridged.
    private static ChainEffect Effect(HookLayer layer, string table, ChainEffect effect) =>
        layer == HookLayer.Bridge && table == "broute" && effect != ChainEffect.Nothing ? ChainEffect.Changes : effect;

    private static ChainRule Rule(string[] words)
    {
        int jump = Array.IndexOf(words, "-j");
        string? target = jump >= 0 && jump + 1 < words.Length ? words[jump + 1] : null;
        bool isConditional = jump != 0 || words.Skip(2).Any(w => w.StartsWith('-') && w != "--");
        return target switch
        {
            "ACCEPT" => new(ChainRuleVerdict.Accept, isConditional, false, null),
            "DROP" => new(ChainRuleVerdict.Drop, isConditional, false, null),
            "RETURN" => new(ChainRuleVerdict.Return, isConditional, false, null),
            null or "CONTINUE" => new(ChainRuleVerdict.Continue, isConditional, false, null),
            "mark" or "dnat" or "snat" or "redirect" or "arpreply" or "mangle" or "MARK" or "CLASSIFY" =>
                new(ChainRuleVerdict.Continue, isConditional, true, null),
            _ => new(ChainRuleVerdict.Jump, isConditional, false, target),
        };
    }
}
