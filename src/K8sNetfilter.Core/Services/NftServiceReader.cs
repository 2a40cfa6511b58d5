using System.Globalization;
using System.Net;
using System.Text.Json;
using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Services;

/// <summary>
/// Recovers the Services from the table that kube-proxy's nftables mode makes (kubernetes/pkg/proxy/nftables/proxier.go), as
/// <c>nft -j list table ip kube-proxy</c> prints it (libnftables-json(5)). The verdict maps say which address leads to which chain, and
/// the chains' names carry those of the Services. What is not of that shape is passed by.
/// </summary>
public sealed class NftServiceReader
{
    /// <summary>The name of kube-proxy's tables.</summary>
    public const string Table = "kube-proxy";

    private const int DeepestLead = 4;

    private readonly Dictionary<string, List<JsonElement>> _rules = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _maps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TimeSpan?> _sets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Lead> _leads = new(StringComparer.Ordinal);
    private readonly IPFamily _family;

    private NftServiceReader(IPFamily family) => _family = family;

    /// <summary>Reads the Services of the families that the text has.</summary>
    /// <param name="utf8">The JSON text.</param>
    /// <param name="source">What an error calls the text: its file, or who printed it.</param>
    /// <exception cref="NodeException"><c>ServiceTableInvalid</c>: it is no JSON, or not of nft.</exception>
    public static IReadOnlyList<NodeService> Read(ReadOnlyMemory<byte> utf8, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("nftables", out var items) || items.ValueKind != JsonValueKind.Array)
            {
                throw Invalid(source, ServiceMessages.NoNftablesList);
            }

            var families = new Dictionary<IPFamily, NftServiceReader>();
            int number = 0;
            foreach (var item in items.EnumerateArray())
            {
                number++;
                if (item.ValueKind != JsonValueKind.Object)
                {
                    throw Invalid(source, ServiceMessages.NftablesEntryInvalid(number));
                }

                foreach (var part in item.EnumerateObject())
                {
                    if (FamilyOf(part.Value) is { } family)
                    {
                        families.TryAdd(family, new NftServiceReader(family));
                        families[family].Add(part.Name, part.Value);
                    }
                }
            }

            return [.. families.OrderBy(f => f.Key).SelectMany(f => f.Value.Services())];
        }
        // A string that is no UTF-8 only shows when it is read.
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw Invalid(source, Printable.Text(failure.Message, 200).TrimEnd('.'));
        }
    }

    private static NodeException Invalid(string source, string why) =>
        NodeException.Create(Messages.ResourceManager, nameof(Messages.ServiceTableInvalid), NodeErrorCategory.InvalidData, Printable.Text(source), why);

    // Of kube-proxy's own tables alone.
    private static IPFamily? FamilyOf(JsonElement item) => Text(item, "table") != Table ? null : Text(item, "family") switch
    {
        "ip" => IPFamily.IPv4,
        "ip6" => IPFamily.IPv6,
        _ => null,
    };

    private void Add(string kind, JsonElement item)
    {
        switch (kind)
        {
            case "map" when Text(item, "name") is { } name:
                _maps[name] = item;
                break;
            case "set" when Text(item, "name") is { } name:
                _sets["@" + name] = item.TryGetProperty("timeout", out var timeout) && timeout.ValueKind == JsonValueKind.Number && timeout.TryGetUInt32(out uint seconds)
                    ? TimeSpan.FromSeconds(seconds) : null;
                break;
            case "rule" when Text(item, "chain") is { } chain && item.TryGetProperty("expr", out var expression) && expression.ValueKind == JsonValueKind.Array:
                if (!_rules.TryGetValue(chain, out var rules))
                {
                    _rules[chain] = rules = [];
                }

                rules.Add(expression);
                break;
        }
    }

    private IEnumerable<NodeService> Services()
    {
        var firewalls = Entries("firewall-ips").Where(e => e.IP is not null).GroupBy(e => e.Key).ToDictionary(g => g.Key, g => g.First().Target);
        foreach (var entry in Entries("service-ips").Concat(Entries("service-nodeports")))
        {
            if (entry.Target is null)
            {
                continue;
            }

            var lead = Follow(entry.Target, 0);
            string? firewall = entry.IP is null ? null : firewalls.GetValueOrDefault(entry.Key);
            yield return Head(entry, NameOf(entry.Target), firewall is not null) with
            {
                Chain = entry.Target,
                EndpointDetails = lead.Endpoints,
                Affinity = lead.Affinity,
                IsLocalOnly = lead.IsLocalOnly,
                SourceRanges = firewall is null ? [] : SourceRanges(firewall),
            };
        }

        // What the filter chains refuse. An address that has endpoints for some callers and is refused to the others has both entries.
        foreach (var entry in Entries("no-endpoint-services").Concat(Entries("no-endpoint-nodeports")))
        {
            yield return Head(entry, ServiceName.Parse(entry.Comment), isLoadBalancer: false) with { Refusal = entry.Target is null ? "DROP" : "REJECT", IsLocalOnly = entry.Target is null };
        }
    }

    private NodeService Head(Entry entry, ServiceName? name, bool isLoadBalancer) => new()
    {
        Namespace = name?.Namespace,
        Name = name?.Name,
        PortName = name?.PortName,
        // The map does not say external and load balancer's addresses apart, unless source ranges were given.
        Type = entry.IP is null ? NodeServiceType.NodePort
            : isLoadBalancer ? NodeServiceType.LoadBalancer
            : entry.Target?.StartsWith("external-", StringComparison.Ordinal) == true ? NodeServiceType.ExternalIP : NodeServiceType.ClusterIP,
        Address = entry.IP,
        Port = entry.Port,
        Protocol = entry.Protocol,
        ProxyMode = KubeProxyMode.Nftables,
        Family = _family,
    };

    /// <summary>The elements of a verdict map: <c>address . protocol . port : goto chain</c>, without the address for node ports.</summary>
    private IEnumerable<Entry> Entries(string map)
    {
        if (!_maps.TryGetValue(map, out var item) || !item.TryGetProperty("elem", out var elements) || elements.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        foreach (var element in elements.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() != 2)
            {
                continue;
            }

            var key = element[0];
            string? comment = null;
            if (Child(key, "elem") is { } wrapped)
            {
                comment = Text(wrapped, "comment");
                key = Child(wrapped, "val") ?? default;
            }

            if (Child(key, "concat") is not { ValueKind: JsonValueKind.Array } parts || parts.GetArrayLength() is not (2 or 3))
            {
                continue;
            }

            int length = parts.GetArrayLength();
            IPAddress? address = null;
            if ((length == 3 && (parts[0].ValueKind != JsonValueKind.String || !IPAddress.TryParse(parts[0].GetString(), out address)))
                || Protocol(parts[length - 2]) is not { } protocol || Port(parts[length - 1]) is not { } port)
            {
                continue;
            }

            yield return new Entry(address, protocol, port, Target(element[1]), comment);
        }
    }

    /// <summary>The endpoints that everybody's packets come to by this chain.</summary>
    private Lead Follow(string chain, int depth)
    {
        if (_leads.TryGetValue(chain, out var known))
        {
            return known;
        }

        // Marked before its rules are read: a chain that leads to itself ends here.
        _leads[chain] = Lead.None;
        var endpoints = new List<ServiceEndpoint>();
        TimeSpan? affinity = null;
        bool isLocalOnly = chain.StartsWith("local-", StringComparison.Ordinal);
        foreach (var rule in _rules.GetValueOrDefault(chain) ?? [])
        {
            int conditions = 0;
            foreach (var part in rule.EnumerateArray())
            {
                if (Child(part, "match") is { } match)
                {
                    conditions++;
                    if (Text(match, "right") is { } set && set.StartsWith("@affinity-", StringComparison.Ordinal))
                    {
                        affinity ??= _sets.GetValueOrDefault(set) ?? TimeSpan.MaxValue;
                    }
                }
                else if (Child(part, "vmap") is { } choice && Child(choice, "data") is { } data && Child(data, "set") is { ValueKind: JsonValueKind.Array } parts)
                {
                    double share = parts.GetArrayLength() is var count and > 0 ? Math.Round(1d / count, 4) : 0;
                    foreach (var one in parts.EnumerateArray())
                    {
                        if (one.ValueKind == JsonValueKind.Array && one.GetArrayLength() == 2 && Target(one[1]) is { } to && Endpoint(to) is { } endpoint)
                        {
                            endpoints.Add(endpoint with { Weight = share });
                        }
                    }
                }
                else if (conditions == 0 && depth < DeepestLead && Target(part) is { } next && next != "mark-for-masquerade")
                {
                    var behind = Follow(next, depth + 1);
                    endpoints.AddRange(behind.Endpoints);
                    affinity ??= behind.Affinity;
                    isLocalOnly |= behind.IsLocalOnly;
                }
            }
        }

        return _leads[chain] = new Lead([.. endpoints], affinity, isLocalOnly);
    }

    private ServiceEndpoint? Endpoint(string chain)
    {
        foreach (var rule in _rules.GetValueOrDefault(chain) ?? [])
        {
            foreach (var part in rule.EnumerateArray())
            {
                if (Child(part, "dnat") is { } nat && Text(nat, "addr") is { } text && IPAddress.TryParse(text, out var address))
                {
                    return new ServiceEndpoint { Address = address, Port = Child(nat, "port") is { } port ? Port(port) : null, Chain = chain };
                }
            }
        }

        return null;
    }

    // ip saddr != { ranges } drop
    private string[] SourceRanges(string chain)
    {
        var ranges = new List<string>();
        foreach (var part in (_rules.GetValueOrDefault(chain) ?? []).SelectMany(r => r.EnumerateArray()))
        {
            if (Child(part, "match") is { } match && Text(match, "op") == "!=" && Child(match, "right") is { } right)
            {
                var items = Child(right, "set") is { ValueKind: JsonValueKind.Array } set ? set.EnumerateArray().ToArray() : [right];
                foreach (var item in items)
                {
                    if (item.ValueKind == JsonValueKind.String && IPAddress.TryParse(item.GetString(), out var one))
                    {
                        ranges.Add(string.Create(CultureInfo.InvariantCulture, $"{one}/{(_family == IPFamily.IPv6 ? 128 : 32)}"));
                    }
                    else if (Child(item, "prefix") is { } prefix && Text(prefix, "addr") is { } address && IPAddress.TryParse(address, out var network)
                        && Child(prefix, "len") is { ValueKind: JsonValueKind.Number } length && length.TryGetByte(out byte bits))
                    {
                        ranges.Add(string.Create(CultureInfo.InvariantCulture, $"{network}/{bits}"));
                    }
                    else if (Child(item, "range") is { ValueKind: JsonValueKind.Array } range && range.GetArrayLength() == 2
                        && range[0].ValueKind == JsonValueKind.String && IPAddress.TryParse(range[0].GetString(), out var first)
                        && range[1].ValueKind == JsonValueKind.String && IPAddress.TryParse(range[1].GetString(), out var last))
                    {
                        // The kernel joins neighbours.
                        ranges.Add($"{first}-{last}");
                    }
                }
            }
        }

        return [.. ranges];
    }

    /// <summary>The Service in a chain's name: <c>service-ULMVA6XW-namespace/name/tcp/port</c>.</summary>
    private static ServiceName? NameOf(string chain)
    {
        string[] parts = chain.Split('/');
        // The kind and the hash end with a dash; a namespace can have dashes of its own.
        int start = parts[0].IndexOf('-', StringComparison.Ordinal) is var kind and > 0 ? parts[0].IndexOf('-', kind + 1) : -1;
        return parts.Length == 4 && start > 0
            ? ServiceName.Parse(parts[3].Length == 0 ? $"{parts[0][(start + 1)..]}/{parts[1]}" : $"{parts[0][(start + 1)..]}/{parts[1]}:{parts[3]}")
            : null;
    }

    private static string? Target(JsonElement verdict) =>
        (Child(verdict, "goto") ?? Child(verdict, "jump")) is { } to ? Text(to, "target") : null;

    private static string? Protocol(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String when value.GetString() is "tcp" or "udp" or "sctp" => value.GetString(),
        // nft prints the number where it was told to, or has no name for it.
        JsonValueKind.Number when value.TryGetByte(out byte number) => IPProtocolName.Of(number),
        _ => null,
    };

    private static int? Port(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetUInt16(out ushort port) ? port : null;

    private static JsonElement? Child(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var child) ? child : null;

    private static string? Text(JsonElement of, string name) => Child(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private sealed record Entry(IPAddress? IP, string Protocol, int Port, string? Target, string? Comment)
    {
        public (string?, string, int) Key => (IP?.ToString(), Protocol, Port);
    }

    private sealed record Lead(ServiceEndpoint[] Endpoints, TimeSpan? Affinity, bool IsLocalOnly)
    {
        public static Lead None { get; } = new([], null, false);
    }
}
