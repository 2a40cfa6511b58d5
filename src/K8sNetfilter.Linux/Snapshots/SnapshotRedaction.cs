using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Snapshots;

/// <summary>
/// Replaces what names somebody in a snapshot's text, each by the same everywhere in it, so that the diagnosis is the same. An address keeps its
/// first 8 bits (IPv6: 16), and two that share so many bits share as many afterwards: subnets stay subnets. The key is made for one
/// snapshot and kept nowhere.
/// </summary>
internal sealed partial class SnapshotRedaction
{
    private const int KeptIPv4 = 8;
    private const int KeptIPv6 = 16;

    // More is not kept: a hostile text could have any number of addresses.
    private const int MostKept = 500_000;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<(Bits128, int), bool> _bits = [];
    private readonly string[] _hosts;

    /// <summary>Makes a redaction.</summary>
    /// <param name="names">The node's own names.</param>
    public SnapshotRedaction(params string?[] names)
    {
        // The first label is also the host's name, and the longer is to be found first.
        _hosts = [.. names.OfType<string>().Select(n => n.Trim()).SelectMany(n => new[] { n, n.Split('.')[0] })
            // A name such as "main" or "local" is also a word of the tools, and is replaced only where the kernel tells it as the name.
            .Where(n => n.Length > 2 && n is not "(none)" && n.Any(c => char.IsAsciiDigit(c) || c is '-' or '.')).Distinct().OrderByDescending(n => n.Length)];
    }

    /// <summary>A line of any of the files.</summary>
    /// <param name="line">The line.</param>
    /// <param name="isConfiguration">True for a configuration file of the node's, whose comments are taken out.</param>
    public string Line(string line, bool isConfiguration)
    {
        if (isConfiguration && line.TrimStart() is ['#' or ';', ..])
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

        if (line.Contains("--comment ", StringComparison.Ordinal))
        {
            line = Comment().Replace(line, m => Owner().Replace(m.Value, o => $"ns-{Hash(o.Groups[1].Value)}/svc-{Hash(o.Groups[2].Value)}"));
        }

        line = Uuid().Replace(line, m => FakeUuid(m.Value));
        line = Alias().Replace(line, m => $"\"ifalias\":\"alias-{Hash(m.Groups[1].Value)}\"");
        return Addresses(Services(line));
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

    // Runs of the characters of addresses; what is no address stays as it is.
    private string Addresses(string line)
    {
        StringBuilder? result = null;
        int kept = 0;
        for (int i = 0; i < line.Length;)
        {
            if (!IsPart(line[i]))
            {
                i++;
                continue;
            }

            int start = i;
            int dots = 0, colons = 0;
            while (i < line.Length && IsPart(line[i]))
            {
                dots += line[i] == '.' ? 1 : 0;
                colons += line[i] == ':' ? 1 : 0;
                i++;
            }

            bool isWord = (start == 0 || !(char.IsAsciiLetterOrDigit(line[start - 1]) || line[start - 1] is '_' or '-'))
                && (i == line.Length || !(char.IsAsciiLetterOrDigit(line[i]) || line[i] == '_'));
            // A mask behind a slash says how long a prefix is.
            if ((dots < 3 && colons < 2) || !isWord || i - start > 64 || (start > 0 && line[start - 1] == '/' && dots == 3 && IsMask(line.AsSpan(start, i - start))))
            {
                continue;
            }

            string word = line[start..i];
            // "10.0.0.1:8080" and the dot that ends a sentence are an address and something behind it.
            string tail = "";
            if (dots == 3 && colons == 1)
            {
                tail = word[word.IndexOf(':', StringComparison.Ordinal)..];
                word = word[..^tail.Length];
            }
            else if (word[^1] is '.' || (word[^1] is ':' && !word.EndsWith("::", StringComparison.Ordinal)))
            {
                tail = word[^1..];
                word = word[..^1];
            }

            int length = -1;
            if (tail.Length == 0 && i + 1 < line.Length && line[i] == '/' && char.IsAsciiDigit(line[i + 1]))
            {
                int end = i + 1;
                while (end < line.Length && char.IsAsciiDigit(line[end]) && end - i < 4)
                {
                    end++;
                }

                length = int.Parse(line.AsSpan(i + 1, end - i - 1), CultureInfo.InvariantCulture);
            }

            if (Replace(word, length) is not { } other)
            {
                continue;
            }

            (result ??= new StringBuilder(line.Length + 32)).Append(line, kept, start - kept).Append(other).Append(tail);
            kept = i;
        }

        return result is null ? line : result.Append(line, kept, line.Length - kept).ToString();
    }

    private string? Replace(string word, int length)
    {
        string key = length < 0 ? word : string.Create(CultureInfo.InvariantCulture, $"{word}/{length}");
        if (_known.TryGetValue(key, out string? known))
        {
            return known;
        }

        string? other = Mac().IsMatch(word) ? FakeMac(word) : IPAddress.TryParse(word, out var address) ? Map(address, length)?.ToString() : null;
        if (other is not null && _known.Count < MostKept)
        {
            _known[key] = other;
        }

        return other;
    }

    private IPAddress? Map(IPAddress address, int length)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return Map(address.MapToIPv4(), length < 0 ? length : Math.Max(0, length - 96))?.MapToIPv6();
        }

        byte[] bytes = address.GetAddressBytes();
        bool isV4 = address.AddressFamily == AddressFamily.InterNetwork;
        // What means the same everywhere stays: any, loopback, link-local, multicast, broadcast.
        if (isV4 ? bytes[0] is 0 or 127 or >= 224 || (bytes[0] == 169 && bytes[1] == 254)
            : bytes[0] == 0xff || IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any))
        {
            return address;
        }

        int width = bytes.Length * 8;
        Bits128 value = isV4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : Bits128.ReadBigEndian(bytes);
        Bits128 result = 0;
        for (int bit = 0; bit < width; bit++)
        {
            bool is1 = (value >> (width - 1 - bit) & Bits128.One) != Bits128.Zero;
            result = (result << 1) | (is1 ^ (bit >= (isV4 ? KeptIPv4 : KeptIPv6) && Flips(bit == 0 ? 0 : value >> (width - bit), bit | (isV4 ? 0 : 256))) ? Bits128.One : Bits128.Zero);
        }

        // A network's own address has no host bits, before as after.
        if (length >= 0 && length < width)
        {
            Bits128 hosts = length == 0 ? (isV4 ? uint.MaxValue : Bits128.MaxValue) : (Bits128.One << (width - length)) - 1;
            if ((value & hosts) == Bits128.Zero)
            {
                result &= ~hosts;
            }
        }

        if (isV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)result);
        }
        else
        {
            result.WriteBigEndian(bytes);
        }

        return new IPAddress(bytes);
    }

    // One secret bit for each prefix: the scheme of Xu, Fan, Ammar and Moon (ICNP 2002).
    private bool Flips(Bits128 prefix, int bit)
    {
        if (_bits.TryGetValue((prefix, bit), out bool known))
        {
            return known;
        }

        Span<byte> input = stackalloc byte[18];
        prefix.WriteBigEndian(input);
        BinaryPrimitives.WriteUInt16BigEndian(input[16..], (ushort)bit);
        Span<byte> output = stackalloc byte[32];
        HMACSHA256.HashData(_key, input, output);
        bool flips = (output[0] & 1) != 0;
        if (_bits.Count < MostKept * 4)
        {
            _bits[(prefix, bit)] = flips;
        }

        return flips;
    }

    private string FakeMac(string mac)
    {
        string plain = mac.ToLowerInvariant();
        if (plain is "00:00:00:00:00:00" or "ff:ff:ff:ff:ff:ff" || plain.StartsWith("01:", StringComparison.Ordinal) || plain.StartsWith("33:33:", StringComparison.Ordinal))
        {
            // Multicast addresses that everybody has; the solicited-node ones tell the end of an address.
            return plain.StartsWith("33:33:ff", StringComparison.Ordinal) ? "33:33:ff:" + Pairs(plain, 3) : mac;
        }

        return "02:" + Pairs(plain, 5);
    }

    private string Pairs(string text, int count) => string.Join(':', Digest(text).Take(count).Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));

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

    private static bool IsPart(char c) => char.IsAsciiHexDigit(c) || c is '.' or ':';

    private static bool IsMask(ReadOnlySpan<char> text) =>
        IPAddress.TryParse(text, out var mask) && BinaryPrimitives.ReadUInt32BigEndian(mask.GetAddressBytes()) is var bits && (bits & 0x8000_0000) != 0 && (~bits & (~bits + 1)) == 0;

    [GeneratedRegex("^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$", RegexOptions.NonBacktracking)]
    private static partial Regex Mac();

    [GeneratedRegex("--comment (\"[^\"]*\"|[^ \"]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Comment();

    [GeneratedRegex("\\b([a-z][a-z0-9-]*|[0-9]+[a-z-][a-z0-9-]*)/([a-z0-9][a-z0-9.-]*)", RegexOptions.NonBacktracking)]
    private static partial Regex Owner();

    [GeneratedRegex("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", RegexOptions.NonBacktracking)]
    private static partial Regex Uuid();

    [GeneratedRegex("\"ifalias\":\"([^\"]*)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Alias();
}
