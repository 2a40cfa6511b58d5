using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace K8sNetfilter.Snapshots.Redaction;

/// <summary>
/// What kube-proxy's nftables and IPVS modes put names and addresses into: chains that carry a Service's name and an endpoint's address
/// (kubernetes/pkg/proxy/nftables/proxier.go, servicePortEndpointChainNameBase), comments of map elements, and IPVS's addresses in
/// hexadecimal.
/// </summary>
internal sealed partial class SnapshotRedaction
{
    private string Services(string line, RuleTextRedaction rules)
    {
        // Most lines of most files have none of it.
        if (line.Contains("/tcp/", StringComparison.Ordinal) || line.Contains("/udp/", StringComparison.Ordinal)
            || line.Contains("/sctp/", StringComparison.Ordinal))
        {
            line = ServiceChain()
                .Replace(line, m => $"{m.Groups[1].Value}-ns-{Hash(m.Groups[2].Value)}/svc-{Hash(m.Groups[3].Value)}/{m.Groups[4].Value}"
                + (m.Groups[5].Length > 0 ? $"__{Dotted(m.Groups[5].Value)}" : ""));
        }

        if (line.Contains("\"comment\":", StringComparison.Ordinal))
        {
            line = ElementComment().Replace(line, m => m.Groups[1].Value + rules.CommentText(m.Groups[2].Value) + "\"");
        }

        return line.StartsWith("TCP ", StringComparison.Ordinal) || line.StartsWith("UDP ", StringComparison.Ordinal)
            || line.StartsWith("SCTP ", StringComparison.Ordinal) || line.StartsWith("  -> ", StringComparison.Ordinal)
            ? VirtualServer().Replace(line, m => Hexadecimal(m.Groups[1].Value) + m.Groups[2].Value) : line;
    }

    // An IPv6 address has dots for colons there.
    private string Dotted(string text) => IPAddress.TryParse(text, out var v4) && text.Count(c => c == '.') == 3 ? _map.Map(v4).ToString()
        : IPAddress.TryParse(text.Replace('.', ':'), out var v6) ? _map.Map(v6).ToString().Replace(':', '.') : Hash(text);

    private string Hexadecimal(string text)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, uint.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return Convert.ToHexString(_map.Map(new IPAddress(bytes)).GetAddressBytes());
    }

    [GeneratedRegex("((?:service|local|external|firewall|endpoint|affinity)-[A-Z2-7]{8})-([a-z0-9-]+)/([a-z0-9.-]+)/((?:tcp|udp|sctp)/[a-z0-9-]*)(?:__([0-9a-f.]+))?", RegexOptions.NonBacktracking)]
    private static partial Regex ServiceChain();

    [GeneratedRegex("(\"comment\": ?\")([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex ElementComment();

    [GeneratedRegex("\\b([0-9A-F]{8})(:[0-9A-F]{4}\\b)", RegexOptions.NonBacktracking)]
    private static partial Regex VirtualServer();
}
