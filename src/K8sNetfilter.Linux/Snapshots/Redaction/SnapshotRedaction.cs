using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using K8sNetfilter.Ipset;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Snapshots.Redaction;

/// <summary>
/// Replaces what names somebody in a snapshot's text, each by the same everywhere in it, so that the diagnosis is the same: addresses
/// (<see cref="AddressSpelling"/>), what people wrote into rules (<see cref="RuleTextRedaction"/>), and names. The key is made for one
/// snapshot and kept nowhere.
/// </summary>
internal sealed partial class SnapshotRedaction
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly RedactedAddresses _map;
    private readonly AddressSpelling _addresses;
    private readonly string[] _hosts;

    /// <summary>Makes a redaction.</summary>
    /// <param name="names">The node's own names.</param>
    public SnapshotRedaction(params string?[] names)
    {
        _map = new RedactedAddresses(_key);
        _addresses = new AddressSpelling(_map);
        // The first label is also the host's name, and the longer is to be found first.
        _hosts = [.. names.OfType<string>().Select(n => n.Trim()).SelectMany(n => new[] { n, n.Split('.')[0] })
            // A name such as "main" or "local" is also a word of the tools, and is replaced only where the kernel tells it as the name.
            .Where(n => n.Length > 2 && n is not "(none)" && n.Any(c => char.IsAsciiDigit(c) || c is '-' or '.')).Distinct()
            .OrderByDescending(n => n.Length)];
    }

    /// <summary>Starts a file.</summary>
    /// <param name="name">Its name in the snapshot.</param>
    /// <param name="isConfiguration">True for a configuration file of the node's.</param>
    public RedactedFile ForFile(string name, bool isConfiguration = false) => new(
        new RuleTextRedaction(Hash), isConfiguration,
        Path.GetFileName(name) is var file
        && (file.StartsWith("ip-route", StringComparison.Ordinal) || file.StartsWith("ip-rule", StringComparison.Ordinal)));

    /// <summary>A line of any of the files.</summary>
    /// <param name="line">The line.</param>
    /// <param name="file">The file that it belongs to.</param>
    public string Line(string line, RedactedFile file)
    {
        if (file.IsConfiguration && line.TrimStart() is ['#' or ';', ..])
        {
            return "#";
        }

        foreach (string key in (string[])["kernel.hostname = ", "kernel.domainname = "])
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return key + Host(line[key.Length..]);
            }
        }

        foreach (string host in _hosts)
        {
            line = ReplaceWord(line, host, Host(host));
        }

        // /etc/iproute2/rt_tables has a number and a name; `ip rule` and `ip route` have that name.
        line = file.IsConfiguration ? NamedTable().Replace(line, m => m.Groups[1].Value + FibTable(m.Groups[2].Value)) : line;
        line = file.HasRouteTables ? TableField().Replace(line, m => m.Groups[1].Value + FibTable(m.Groups[2].Value)) : line;
        line = Uuid().Replace(file.Rules.Redact(line), m => FakeUuid(m.Value));
        line = Alias().Replace(line, m => $"\"ifalias\":\"alias-{Hash(m.Groups[1].Value)}\"");
        return _addresses.Redact(Services(line, file.Rules));
    }

    /// <summary>The sets of ipset, with the names that rules have for them and comments without words of their own.</summary>
    /// <remarks>Addresses are replaced in lines.</remarks>
    public IpsetCatalog Sets(IpsetCatalog sets)
    {
        var rules = new RuleTextRedaction(Hash);
        return sets.Rename(rules.NameOf, rules.CommentText);
    }

    /// <summary>The host's name or domain.</summary>
    public string Host(string name) => name is "(none)" ? name : "node-" + Hash(name.Trim());

    /// <summary>A network namespace with other names, whose folder and place in the list agree.</summary>
    public NetworkNamespaceInfo Name(NetworkNamespaceInfo info) => info with
    {
        Name = info.Name is { } name ? "netns-" + Hash(name) : null,
        Path = info.Name is { } n ? "/run/netns/netns-" + Hash(n) : info.Path,
        ContainerId = info.ContainerId is { } container ? Hash(container) : null,
        PodUid = info.PodUid is { } pod ? FakeUuid(pod) : null,
        PodName = info.PodName is { } own ? string.Join('/', own.Split('/').Select(part => "pod-" + Hash(part))) : null,
    };

    private string FibTable(string name) =>
        name is "main" or "local" or "default" or "unspec" or "all" || name.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? name : "table-"
            + Hash(name);

    private string FakeUuid(string uuid)
    {
        string hex = Convert.ToHexString(Digest(uuid.ToLowerInvariant())).ToLowerInvariant();
        return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..32]}";
    }

    private string Hash(string text) => Convert.ToHexString(Digest(text), 0, 5).ToLowerInvariant();

    private byte[] Digest(string text) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text));

    private static string ReplaceWord(string line, string word, string by)
    {
        int at = line.IndexOf(word, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return line;
        }

        var result = new StringBuilder();
        int kept = 0;
        for (; at >= 0; at = line.IndexOf(word, at + word.Length, StringComparison.OrdinalIgnoreCase))
        {
            int end = at + word.Length;
            if ((at == 0 || !char.IsAsciiLetterOrDigit(line[at - 1])) && (end == line.Length || !char.IsAsciiLetterOrDigit(line[end])))
            {
                result.Append(line, kept, at - kept).Append(by);
                kept = end;
            }
        }

        return result.Append(line, kept, line.Length - kept).ToString();
    }

    [GeneratedRegex("^(\\s*[0-9]+\\s+)([A-Za-z_][^\\s#]*)", RegexOptions.NonBacktracking)]
    private static partial Regex NamedTable();

    [GeneratedRegex("(\"table\": ?\")([^\"]*)", RegexOptions.NonBacktracking)]
    private static partial Regex TableField();

    [GeneratedRegex("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", RegexOptions.NonBacktracking)]
    private static partial Regex Uuid();

    [GeneratedRegex("\"ifalias\":\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Alias();
}
