using System.Globalization;
using System.Text.Json;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Hooks;

/// <summary>
/// The base chains in the output of <c>nft -j list ruleset</c> or <c>nft -j list chains</c> (libnftables-json(5)). Only the first tells the
/// rules of a chain and which tables are dormant; Export-NodeSnapshot writes the second with <c>rules</c> and <c>effect</c>, which say what
/// a look at the rules showed.
/// </summary>
public static class NftChainJson
{
    private const int MaxDepth = 64;

    /// <summary>Reads it.</summary>
    /// <exception cref="JsonException">It is no JSON, or not nft's.</exception>
    public static IReadOnlyList<NftBaseChain> Parse(ReadOnlyMemory<byte> json)
    {
        var text = json.Span.Trim(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            return [];
        }

        if (text.StartsWith("table "u8))
        {
            throw new JsonException(HookMessages.TextIsNotJson);
        }

        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        if (document.RootElement.ValueKind != JsonValueKind.Object || !TryGet(document.RootElement, "nftables", out var list)
            || list.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException(HookMessages.NoNftablesList);
        }

        var read = new Reading();
        int number = 0;
        foreach (var item in list.EnumerateArray())
        {
            number++;
            if (item.ValueKind != JsonValueKind.Object)
            {
                throw new JsonException(HookMessages.EntryInvalid(number, item.ValueKind));
            }

            read.Add(item);
        }

        return [.. read.Chains.Select(c => read.Finish(c.Family, c.Chain))];
    }

    /// <summary>Writes what <see cref="Parse"/> reads.</summary>
    public static void Write(Stream output, IReadOnlyList<NftBaseChain> chains)
    {
        ArgumentNullException.ThrowIfNull(chains);
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteStartArray("nftables");
        var own = chains.Where(c => c.Backend == NetfilterBackend.Nft).ToList();
        foreach (var table in own.GroupBy(c => (c.TableFamily, c.Table)))
        {
            json.WriteStartObject();
            json.WriteStartObject("table");
            json.WriteString("family", table.Key.TableFamily);
            json.WriteString("name", table.Key.Table);
            if (table.Any(c => c.IsDormant == true))
            {
                json.WriteStartArray("flags");
                json.WriteStringValue("dormant");
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        foreach (var chain in own)
        {
            Write(json, chain);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, NftBaseChain chain)
    {
        json.WriteStartObject();
        json.WriteStartObject("chain");
        json.WriteString("family", chain.TableFamily);
        json.WriteString("table", chain.Table);
        json.WriteString("name", chain.Name);
        json.WriteString("type", chain.Type);
        json.WriteString("hook", Lower(chain.Point.ToString()));
        json.WriteNumber("prio", chain.Priority);
        if (chain.Accepts is { } accepts)
        {
            json.WriteString("policy", accepts ? "accept" : "drop");
        }

        if (chain.Devices is { } devices)
        {
            json.WriteStartArray("dev");
            foreach (string device in devices)
            {
                json.WriteStringValue(device);
            }

            json.WriteEndArray();
        }

        if (chain.RuleCount is { } rules)
        {
            json.WriteNumber("rules", rules);
        }

        if (chain.Effect != ChainEffect.Unread)
        {
            json.WriteString("effect", Lower(chain.Effect.ToString()));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Lower(string name) => name.ToLower(CultureInfo.InvariantCulture);

    private static (string, NftBaseChain)? Read(JsonElement chain)
    {
        if (Text(chain, "family") is not { } family || Text(chain, "table") is not { } table || Text(chain, "name") is not { } name
            || Name<HookPoint>(Text(chain, "hook")) is not { } point
            || !TryGet(chain, "prio", out var p) || p.ValueKind != JsonValueKind.Number || !p.TryGetInt32(out int priority))
        {
            return null;
        }

        (HookLayer Layer, IPFamily Family)? place = (family, point) switch
        {
            ("inet", HookPoint.Ingress) or ("netdev", HookPoint.Ingress or HookPoint.Egress) => (HookLayer.Netdev, IPFamily.Unspecified),
            ("arp", HookPoint.Input or HookPoint.Output or HookPoint.Forward) => (HookLayer.Arp, IPFamily.Unspecified),
            (_, HookPoint.Ingress or HookPoint.Egress) => null,
            ("ip", _) => (HookLayer.IP, IPFamily.IPv4),
            ("ip6", _) => (HookLayer.IP, IPFamily.IPv6),
            ("inet", _) => (HookLayer.IP, IPFamily.Unspecified),
            ("bridge", _) => (HookLayer.Bridge, IPFamily.Unspecified),
            _ => null,
        };
        int? rules = TryGet(chain, "rules", out var r) && r.ValueKind == JsonValueKind.Number && r.TryGetInt32(out int count) && count >= 0
            ? count : null;
        return place is { } at ? (family,
            new NftBaseChain(at.Layer, at.Family, table, name, Text(chain, "type") ?? "", point, priority, rules)
        {
            Accepts = Text(chain, "policy") switch { "accept" => true, "drop" => false, _ => null },
            IsInet = family == "inet",
            Devices = at.Layer == HookLayer.Netdev ? Devices(chain) : null,
            Effect = Name<ChainEffect>(Text(chain, "effect")) ?? ChainEffect.Unread,
        }) : null;
    }

    // nft up to 1.0.9 leaves the devices out.
    private static List<string>? Devices(JsonElement chain)
    {
        if (!TryGet(chain, "dev", out var devices))
        {
            return null;
        }

        var names = new List<string>();
        foreach (var device in devices.ValueKind == JsonValueKind.Array ? [.. devices.EnumerateArray()] : new[] { devices })
        {
            if (device.ValueKind != JsonValueKind.String || Get(device) is not { } name)
            {
                return null;
            }

            names.Add(name);
        }

        return names;
    }

    private static T? Name<T>(string? text)
        where T : struct, Enum => text is { Length: > 0 } && char.IsAsciiLetter(text[0])
        && Enum.TryParse<T>(text, ignoreCase: true, out var found) ? found : null;

    internal static string? Text(JsonElement item, string name) =>
        TryGet(item, name, out var value) && value.ValueKind == JsonValueKind.String ? Get(value) : null;

    internal static bool TryGet(JsonElement item, string name, out JsonElement value)
    {
        try
        {
            value = default;
            return item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            value = default;
            return false;
        }
    }

    private static string? Get(JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which is no text.
            return null;
        }
    }

    /// <summary>What was found on the way through the list.</summary>
    private sealed class Reading
    {
        private readonly Dictionary<(string, string), bool?> _dormant = [];
        private readonly Dictionary<(string, string, string), List<ChainRule>> _rules = [];
        private bool _hasRules;

        public List<(string Family, NftBaseChain Chain)> Chains { get; } = [];

        public void Add(JsonElement item)
        {
            if (TryGet(item, "rule", out var rule) && Text(rule, "family") is { } f && Text(rule, "table") is { } t
                && Text(rule, "chain") is { } c)
            {
                _hasRules = true;
                if (!_rules.TryGetValue((f, t, c), out var rules))
                {
                    _rules[(f, t, c)] = rules = [];
                }

                rules.Add(NftRuleJson.Read(rule));
            }
            else if (TryGet(item, "chain", out var chain) && Read(chain) is { } read)
            {
                Chains.Add(read);
            }
            else if (TryGet(item, "table", out var table) && Text(table, "family") is { } family && Text(table, "name") is { } name)
            {
                // "nft list ruleset" lists tables, and then also all of their rules.
                _hasRules = true;
                _dormant[(family, name)] = IsDormant(table, name);
            }
        }

        public NftBaseChain Finish(string family, NftBaseChain chain)
        {
            chain = chain with { IsDormant = _dormant.TryGetValue((family, chain.Table), out bool? known) ? known : null };
            if (chain.RuleCount is not null || !_hasRules)
            {
                return chain;
            }

            return chain with
            {
                RuleCount = _rules.GetValueOrDefault((family, chain.Table, chain.Name))?.Count ?? 0,
                Effect = new ChainEffects(name => Rules(family, chain.Table, name)).Of(chain.Name, chain.Accepts),
            };
        }

        private List<ChainRule> Rules(string family, string table, string? chain) => chain is not null
            ? _rules.GetValueOrDefault((family, table, chain)) ?? []
            : [.. _rules.Where(r => r.Key.Item1 == family && r.Key.Item2 == table).SelectMany(r => r.Value)];

        // nft 1.0.6 prints the table's name in place of its flags.
        private static bool? IsDormant(JsonElement table, string name)
        {
            if (!TryGet(table, "flags", out var flags))
            {
                return false;
            }

            string?[] words = flags.ValueKind == JsonValueKind.Array
                ? [.. flags.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? Get(e) : null)]
                : [flags.ValueKind == JsonValueKind.String ? Get(flags) : null];
            return words is [var one] && one == name ? null
                : words.Contains("dormant") ? true
                : words.All(w => w is "owner" or "persist") ? false : null;
        }
    }
}
