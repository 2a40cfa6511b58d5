using System.Management.Automation;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Services;

namespace K8sNetfilter.Surface;

/// <summary>The Services that one pipeline object, or the command line, asks for.</summary>
internal sealed class AskedService
{
    private readonly (string Text, WildcardPattern Pattern)[] _names;
    private readonly WildcardPattern? _namespace;
    private readonly string? _address;
    private readonly int _port;
    private readonly IPFamily _family;
    private readonly string[] _protocols;
    private readonly HashSet<string> _missing;

    public AskedService(string[]? names, string? @namespace, IPAddress? address, int port, string[] protocols, IPFamily family = IPFamily.Unspecified)
    {
        _family = family;
        _names = [.. (names ?? []).Select(n => (n, new WildcardPattern(n, WildcardOptions.IgnoreCase)))];
        _namespace = @namespace is null ? null : new WildcardPattern(@namespace, WildcardOptions.IgnoreCase);
        _address = address?.ToString();
        _port = port;
        _protocols = protocols;
        _missing = (names ?? []).Where(n => !WildcardPattern.ContainsWildcardCharacters(n)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (names is null && address is not null)
        {
            _missing.Add(_address!);
        }
        else if (names is null && @namespace is not null && !WildcardPattern.ContainsWildcardCharacters(@namespace))
        {
            _missing.Add($"{@namespace}/*");
        }
    }

    /// <summary>Every Service with an endpoint on the node.</summary>
    public static AskedService Every { get; } = new(null, null, null, 0, []) { IsEvery = true };

    /// <summary>Nothing was named.</summary>
    public bool IsEvery { get; private init; }

    /// <summary>What was named literally and not found.</summary>
    public IEnumerable<string> Missing => _missing;

    /// <summary>
    /// What is called by those names: at the cluster IPs where there are any, else in each other way; each address, port and protocol once.
    /// </summary>
    public IReadOnlyList<NodeService> Called(IEnumerable<NodeService> services)
    {
        NodeService[] covered = [.. services.Where(Covers).DistinctBy(s => (s.IP, s.Port, s.Protocol, s.Family))];
        NodeService[] inside = [.. covered.Where(s => s.Type == NodeServiceType.ClusterIP)];
        return inside.Length > 0 ? inside : covered;
    }

    /// <summary>Whether a Service is one of those.</summary>
    public bool Covers(NodeService service)
    {
        if ((_address is not null && _address != service.IP) || (_port != 0 && service.Port != _port)
            || (_family != IPFamily.Unspecified && service.Family != _family)
            || (_protocols.Length > 0 && !_protocols.Contains(service.Protocol, StringComparer.OrdinalIgnoreCase))
            || (_namespace is not null && !(service.Namespace is { } ns && _namespace.IsMatch(ns))))
        {
            return false;
        }

        if (_names.Length == 0)
        {
            _missing.Clear();
            return true;
        }

        bool covers = false;
        foreach (var (text, pattern) in _names)
        {
            if (pattern.IsMatch(service.ToString()) || (service.Name is not null && (pattern.IsMatch(service.Name) || pattern.IsMatch($"{service.Namespace}/{service.Name}"))))
            {
                _missing.Remove(text);
                covers = true;
            }
        }

        return covers;
    }
}
