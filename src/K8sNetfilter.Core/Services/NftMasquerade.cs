using System.Net;
using System.Text.Json;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Services;

/// <summary>
/// Whether kube-proxy's table of nftables mode may masquerade a call from one pod to another: by a rule that marks it or rewrites its source,
/// and whose condition on the source address does not keep it from that.
/// </summary>
internal sealed class NftMasquerade
{
    private const string Mark = "mark-for-masquerade";

    // Chains of a Service or an endpoint, which no other one's packets meet.
    private static readonly string[] Owned = ["service-", "external-", "endpoint-", "local-", "firewall-"];

    private readonly List<(string Chain, JsonElement Rule)> _rules = [];
    private readonly Dictionary<string, JsonElement> _sets = new(StringComparer.Ordinal);

    private NftMasquerade()
    {
    }

    /// <summary>Reads the table, as <c>nft -j list table</c> prints it. Null where it is no such text.</summary>
    public static NftMasquerade? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var read = new NftMasquerade();
            var unmarked = new HashSet<string>(StringComparer.Ordinal);
            foreach (var item in document.RootElement.GetProperty("nftables").EnumerateArray())
            {
                if (item.TryGetProperty("set", out var set))
                {
                    read._sets["@" + set.GetProperty("name").GetString()] = set.Clone();
                }
                else if (item.TryGetProperty("rule", out var rule))
                {
                    read.Add(rule.GetProperty("chain").GetString() ?? "", rule.GetProperty("expr"), unmarked);
                }
            }

            return read;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether a rule may masquerade a call.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="source">The calling pod.</param>
    /// <param name="endpoint">The pod that it is sent to.</param>
    public bool May(NodeService service, IPAddress source, IPAddress endpoint)
    {
        foreach (var (chain, rule) in _rules)
        {
            bool isOthers = Owned.Any(p => chain.StartsWith(p, StringComparison.Ordinal)) && chain != service.Chain && service.EndpointDetails.All(e => e.Chain != chain);
            if (!isOthers && rule.EnumerateArray().All(part => !part.TryGetProperty("match", out var match) || MayHold(match, source, endpoint)))
            {
                return true;
            }
        }

        return false;
    }

    private void Add(string chain, JsonElement rule, HashSet<string> unmarked)
    {
        // Behind "meta mark & 0x4000 == 0 return" only what is marked gets on; the chain that marks is only jumped to.
        if (chain == Mark || unmarked.Contains(chain))
        {
            return;
        }

        var parts = rule.EnumerateArray().ToList();
        if (parts.Count >= 2 && parts[^1].TryGetProperty("return", out _) && parts[0].TryGetProperty("match", out var match) && IsUnmarked(match))
        {
            unmarked.Add(chain);
        }
        else if (parts.Exists(p => p.TryGetProperty("masquerade", out _) || p.TryGetProperty("snat", out _) || p.TryGetProperty("mangle", out _) || LeadsToMark(p)))
        {
            _rules.Add((chain, rule.Clone()));
        }
    }

    private static bool LeadsToMark(JsonElement part) =>
        (part.TryGetProperty("jump", out var to) || part.TryGetProperty("goto", out to)) && to.TryGetProperty("target", out var target) && target.GetString() == Mark;

    private static bool IsUnmarked(JsonElement match) =>
        match.GetProperty("op").GetString() == "==" && match.GetProperty("right") is { ValueKind: JsonValueKind.Number } zero && zero.GetInt64() == 0
        && match.GetProperty("left") is { ValueKind: JsonValueKind.Object } left && left.TryGetProperty("&", out var both) && both.ValueKind == JsonValueKind.Array
        && both[0].TryGetProperty("meta", out var meta) && meta.GetProperty("key").GetString() == "mark";

    private bool MayHold(JsonElement match, IPAddress source, IPAddress endpoint)
    {
        var left = match.GetProperty("left");
        var right = match.GetProperty("right");
        string? op = match.GetProperty("op").GetString();
        if (left.ValueKind != JsonValueKind.Object || op is not ("==" or "!=" or "in"))
        {
            return true;
        }

        if (left.TryGetProperty("concat", out var fields) && fields.GetArrayLength() >= 2 && Field(fields[0]) == "saddr" && Field(fields[1]) == "daddr"
            && right.ValueKind == JsonValueKind.String && _sets.TryGetValue(right.GetString()!, out var set))
        {
            return op == "!=" || (set.TryGetProperty("elem", out var elements) && elements.EnumerateArray().Any(e => IsOf(e, source, endpoint)));
        }

        return Field(left) != "saddr" || Contains(right, source) is not { } isIn || isIn == (op != "!=");
    }

    private static string? Field(JsonElement left) => left.ValueKind == JsonValueKind.Object && left.TryGetProperty("payload", out var payload)
        && payload.TryGetProperty("protocol", out var protocol) && protocol.GetString() is "ip" or "ip6" ? payload.GetProperty("field").GetString() : null;

    private static bool IsOf(JsonElement element, IPAddress source, IPAddress endpoint)
    {
        var key = element.TryGetProperty("elem", out var wrapped) ? wrapped.GetProperty("val") : element;
        return !key.TryGetProperty("concat", out var parts) || (Contains(parts[0], source) != false && Contains(parts[1], endpoint) != false);
    }

    // Null for what is not read, as a set that has a name.
    private static bool? Contains(JsonElement right, IPAddress address)
    {
        switch (right.ValueKind)
        {
            case JsonValueKind.String when IPAddress.TryParse(right.GetString(), out var one):
                return one.Equals(address);
            case JsonValueKind.Object when right.TryGetProperty("prefix", out var prefix)
                && AddressPrefix.TryParse($"{prefix.GetProperty("addr").GetString()}/{prefix.GetProperty("len")}", out var network):
                return network.Contains(address);
            case JsonValueKind.Object when right.TryGetProperty("set", out var set) && set.ValueKind == JsonValueKind.Array:
                bool? any = false;
                foreach (var item in set.EnumerateArray())
                {
                    any = Contains(item, address) switch { true => true, null when any != true => null, _ => any };
                }

                return any;
            default:
                return null;
        }
    }
}
