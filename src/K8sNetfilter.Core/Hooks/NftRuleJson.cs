using System.Text.Json;

namespace K8sNetfilter.Hooks;

/// <summary>
/// A glance at a rule of <c>nft -j list ruleset</c> (libnftables-json(5)): its verdict, and whether it may change anything. A statement
/// that is not known here may.
/// </summary>
internal static class NftRuleJson
{
    /// <summary>Looks at a rule.</summary>
    public static ChainRule Read(JsonElement rule)
    {
        var glance = default(ChainRule);
        if (!NftChainJson.TryGet(rule, "expr", out var statements) || statements.ValueKind != JsonValueKind.Array)
        {
            return new ChainRule(ChainRuleVerdict.Continue, false, true, null);
        }

        foreach (var statement in statements.EnumerateArray())
        {
            if (statement.ValueKind != JsonValueKind.Object)
            {
                glance = glance with { Changes = true };
                continue;
            }

            foreach (var part in statement.EnumerateObject())
            {
                glance = Add(part.Name, part.Value, glance);
            }
        }

        return glance;
    }

    private static ChainRule Add(string name, JsonElement value, ChainRule glance) => name switch
    {
        "counter" or "log" or "last" or "comment" => glance,
        "accept" => glance with { Verdict = ChainRuleVerdict.Accept },
        "drop" => glance with { Verdict = ChainRuleVerdict.Drop },
        "reject" => glance with { Verdict = ChainRuleVerdict.Reject },
        "return" => glance with { Verdict = ChainRuleVerdict.Return },
        "continue" => glance,
        "jump" or "goto" => glance with { Verdict = ChainRuleVerdict.Jump, Target = NftChainJson.Text(value, "target") },
        "vmap" => glance with { Verdict = ChainRuleVerdict.Jump, IsConditional = true, Target = null },
        "match" or "limit" or "quota" or "ct count" or "set" => glance with { IsConditional = true },
        "xt" when NftChainJson.Text(value, "type") == "match" => glance with { IsConditional = true },
        "mangle" when IsHarmless(value) => glance with { IsConditional = true },
        _ => glance with { Changes = true },
    };

    // A priority, a trace, or an option of TCP (the maximum segment size) sends a packet nowhere else.
    private static bool IsHarmless(JsonElement mangle) =>
        NftChainJson.TryGet(mangle, "key", out var key)
        && (NftChainJson.TryGet(key, "tcp option", out _)
            || (NftChainJson.TryGet(key, "meta", out var meta) && NftChainJson.Text(meta, "key") is "priority" or "nftrace"));
}
