using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Listeners;

/// <summary>
/// One reading of the text of ss(8) or netstat(8). Which protocols it shows all sockets of follows from its head and its lines: a line that
/// cannot be read, or a last one that is cut off, leaves its protocol open.
/// </summary>
internal sealed class ListenerReading
{
    private const int LongestLine = 16 << 10;
    private const int MostSockets = 1_000_000;

    // netstat(8) without -W cuts what is longer than this, port included.
    private const int NetstatWidth = 23;

    private readonly List<Listener> _found = [];
    private readonly HashSet<string> _kinds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private bool _isNetstat;
    private bool _hasKinds;
    private bool _isTable;

    // Before iproute2 4.13 ss had * for every IPv4 address and ::: for every IPv6 one.
    private readonly bool _isOld;

    public ListenerReading(string text)
    {
        _isOld = text.Contains(" :::", StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal)
            && !text.Contains(" 0.0.0.0", StringComparison.Ordinal);
        bool isOther = false;
        foreach (string line in text.Split('\n').Select(l => l.TrimEnd('\r')))
        {
            isOther = line.StartsWith("Active ", StringComparison.Ordinal)
                ? !line.StartsWith("Active Internet", StringComparison.Ordinal) : isOther;
            if (line.Length is 0 or > LongestLine || isOther || _found.Count >= MostSockets)
            {
                continue;
            }

            Read(line);
        }

        // A line without its end may be the last of those that were meant.
        if (text.Length > 0 && text[^1] != '\n' && !IsWhole(text[(text.LastIndexOf('\n') + 1)..]))
        {
            _open.UnionWith(["tcp", "udp"]);
        }
    }

    /// <summary>The sockets; null if the text is not a list of sockets.</summary>
    public ListenerTable? Table => _isTable ? new ListenerTable(_found, Knows("tcp"), Knows("udp")) : null;

    private bool Knows(string protocol) =>
        !_open.Contains(protocol) && (!_busy.Contains(protocol) || _found.Exists(l => l.Protocol == protocol))
        && (_kinds.Contains(protocol) || (_hasKinds && !_isNetstat && _kinds.All(k => k is "tcp" or "udp")));

    private static bool IsWhole(string line) => line.Contains(":*", StringComparison.Ordinal)
        && (!line.Contains("users:((", StringComparison.Ordinal) || line.Contains("))", StringComparison.Ordinal));

    private void Read(string line)
    {
        string[] words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || char.IsWhiteSpace(line[0]))
        {
            // Details of the socket above.
            return;
        }

        switch (words[0])
        {
            case "Netid" or "State" when line.Contains("Recv-Q", StringComparison.Ordinal):
                (_isTable, _hasKinds) = (true, words[0] == "Netid");
                break;
            case "Active" when words.Length > 1 && words[1] == "Internet":
                _isTable = _isNetstat = true;
                if (line.Contains("w/o servers", StringComparison.Ordinal))
                {
                    _open.UnionWith(["tcp", "udp"]);
                }

                break;
            case "Proto":
                _isTable = _isNetstat = true;
                break;
            case "LISTEN" when words.Length > 4:
                Add("tcp", words[3], line, isFull: IsFull(words[1], words[2]));
                break;
            case "tcp6" or "udp6" when words.Length > 4:
            case "tcp" or "udp" when words.Length > 4:
                ReadRow(words, line);
                break;
            default:
                _kinds.Add(words[0]);
                break;
        }
    }

    private void ReadRow(string[] words, string line)
    {
        string protocol = words[0][..3];
        bool isNetstat = char.IsAsciiDigit(words[1][0]);
        _isNetstat |= isNetstat;
        if (isNetstat)
        {
            string state = words.Length > 5 ? words[5] : "";
            if (protocol == "tcp" ? state == "LISTEN" : state != "ESTABLISHED")
            {
                Add(protocol, words[3], line, words[0].Length > 3, protocol == "tcp" && IsFull(words[1], words[2]));
            }
            else
            {
                Skip(protocol);
            }

            return;
        }

        if (words.Length < 6 || words[1] is not ("LISTEN" or "UNCONN"))
        {
            Skip(protocol);
            return;
        }

        Add(protocol, words[4], line, isFull: protocol == "tcp" && IsFull(words[2], words[3]));
    }

    // A connection: without -l or -a a list has nothing else.
    private void Skip(string protocol)
    {
        _kinds.Add(protocol);
        _busy.Add(protocol);
        _isTable = true;
    }

    private void Add(string protocol, string local, string line, bool? isIPv6 = null, bool isFull = false)
    {
        _isTable = true;
        _kinds.Add(protocol);
        int colon = local.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(local.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || port > 65535
            || (isIPv6 == true && local.Length >= NetstatWidth))
        {
            // A service's name (without -n), or an address that was cut.
            _open.Add(protocol);
            return;
        }

        string host = local[..colon];
        string? device = null;
        int percent = host.LastIndexOf('%');
        if (percent >= 0)
        {
            (host, device) = (host[..percent], host[(percent + 1)..].TrimEnd(']'));
        }

        host = host.Trim('[', ']');
        bool isEvery = host == "*";
        if (port == 0 || !TryAddress(isEvery ? _isOld ? "0.0.0.0" : "::" : host, isIPv6 == true, out var address))
        {
            _open.Add(protocol);
            return;
        }

        bool? only = address.AddressFamily == AddressFamily.InterNetwork ? false
            : line.Contains("v6only:1", StringComparison.Ordinal) ? true
            : isEvery || line.Contains("v6only:0", StringComparison.Ordinal) ? false
            : local[0] == '[' ? true : null;
        _found.Add(new Listener { Protocol = protocol, Address = address, Port = port, IsIPv6Only = only, Device = device,
            IsFull = isFull });
    }

    // Recv-Q and Send-Q of a socket that listens: how many wait, and how many may.
    private static bool IsFull(string waiting, string most) =>
        uint.TryParse(waiting, NumberStyles.None, CultureInfo.InvariantCulture, out uint count)
            && uint.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out uint limit) && count > limit;

    private static bool TryAddress(string text, bool isIPv6, out IPAddress address)
    {
        // ":::80" without its port is "::"; netstat prints ::ffff:10.0.0.1 without what stands before.
        if (!IPAddress.TryParse(text, out address!))
        {
            return false;
        }

        if (isIPv6 && address.AddressFamily == AddressFamily.InterNetwork)
        {
            address = address.MapToIPv6();
        }

        return true;
    }
}
