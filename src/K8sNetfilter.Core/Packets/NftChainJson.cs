using System.Text.Json;

namespace K8sNetfilter.Packets;

/// <summary>
/// The base chains in the output of <c>nft -j list chains</c> or <c>nft -j list ruleset</c> (libnftables-json(5)). Only the second tells how many
/// rules a chain has; the first may carry them as <c>rules</c>, as Export-NodeSnapshot writes it.
/// </summary>
public static class NftChainJson
{
    private const int MaxDepth = 64;

    /// <summary>Reads it.</summary>
    /// <exception cref="JsonException">It is no JSON, or not nft's.</exception>
    public static IReadOnlyList<NftBaseChain> Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return [];
        }

        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        if (document.RootElement.ValueKind != JsonValueKind.Object || !TryGet(document.RootElement, "nftables", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("it has no list \"nftables\"");
        }

        var chains = new List<(string Family, NftBaseChain Chain)>();
        var counts = new Dictionary<(string, string, string), int>();
        bool hasRules = false;
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            if (TryGet(item, "rule", out var rule) && rule.ValueKind == JsonValueKind.Object
                && Text(rule, "family") is { } f && Text(rule, "table") is { } t && Text(rule, "chain") is { } c)
            {
                hasRules = true;
                counts[(f, t, c)] = counts.GetValueOrDefault((f, t, c)) + 1;
            }
            else if (TryGet(item, "chain", out var chain) && chain.ValueKind == JsonValueKind.Object && Read(chain) is { } read)
            {
                chains.Add(read);
            }
        }

        return [.. chains.Select(c => c.Chain.RuleCount is not null || !hasRules ? c.Chain
            : c.Chain with { RuleCount = counts.GetValueOrDefault((c.Family, c.Chain.Table, c.Chain.Name)) })];
    }

    /// <summary>Writes what <see cref="Parse"/> reads.</summary>
    public static void Write(Stream output, IReadOnlyList<NftBaseChain> chains)
    {
        ArgumentNullException.ThrowIfNull(chains);
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteStartArray("nftables");
        foreach (var chain in chains)
        {
            json.WriteStartObject();
            json.WriteStartObject("chain");
            json.WriteString("family", chain.Layer == HookLayer.Bridge ? "bridge" : chain.Family switch { IPFamily.IPv4 => "ip", IPFamily.IPv6 => "ip6", _ => "inet" });
            json.WriteString("table", chain.Table);
            json.WriteString("name", chain.Name);
            json.WriteString("type", chain.Type);
            json.WriteString("hook", chain.Point.ToString().ToLowerInvariant());
            json.WriteNumber("prio", chain.Priority);
            if (chain.RuleCount is { } rules)
            {
                json.WriteNumber("rules", rules);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static (string, NftBaseChain)? Read(JsonElement chain)
    {
        if (Text(chain, "family") is not { } family || Text(chain, "table") is not { } table || Text(chain, "name") is not { } name
            || Text(chain, "hook") is not { Length: > 0 } hook || !char.IsAsciiLetter(hook[0]) || !Enum.TryParse<HookPoint>(hook, ignoreCase: true, out var point)
            || !TryGet(chain, "prio", out var p) || p.ValueKind != JsonValueKind.Number || !p.TryGetInt32(out int priority))
        {
            return null;
        }

        (HookLayer Layer, IPFamily Family)? place = family switch
        {
            "ip" => (HookLayer.IP, IPFamily.IPv4),
            "ip6" => (HookLayer.IP, IPFamily.IPv6),
            "inet" => (HookLayer.IP, IPFamily.Unspecified),
            "bridge" => (HookLayer.Bridge, IPFamily.Unspecified),
            _ => null,
        };
        int? rules = TryGet(chain, "rules", out var r) && r.ValueKind == JsonValueKind.Number && r.TryGetInt32(out int count) && count >= 0 ? count : null;
        return place is { } at ? (family, new NftBaseChain(at.Layer, at.Family, table, name, Text(chain, "type") ?? "", point, priority, rules)) : null;
    }

    private static string? Text(JsonElement item, string name)
    {
        try
        {
            return TryGet(item, name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which is no text.
            return null;
        }
    }

    private static bool TryGet(JsonElement item, string name, out JsonElement value)
    {
        try
        {
            return item.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            value = default;
            return false;
        }
    }
}
