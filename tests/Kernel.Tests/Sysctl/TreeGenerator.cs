using System.Globalization;
using System.Text;
using K8sNetfilter.Text;

namespace K8sNetfilter.Tests.Sysctl;

/// <summary>Makes sysctl.d trees of everything that people write, and of what they write by mistake.</summary>
/// <param name="seed">The same number makes the same tree.</param>
/// <param name="excluded">Keys of interfaces that this machine can't show as a booting one does.</param>
internal sealed class TreeGenerator(int seed, IReadOnlySet<string> excluded)
{
    private static readonly string[] Directories = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"];
    private static readonly string[] Names = ["10-a.conf", "20-b.conf", "50-c.conf", "99-sysctl.conf", "A.conf", "k8s.conf", "é.conf", ".hidden.conf", "README", "x.conf.bak"];
    private static readonly string[] Owners = ["all", "default", "lo", "eth0", "eth0.100", "nosuch0"];
    private static readonly string[] IPv4 = ["rp_filter", "forwarding", "accept_redirects", "log_martians", "arp_ignore", "tag", "proxy_arp", "route_localnet"];
    private static readonly string[] IPv6 = ["forwarding", "disable_ipv6", "accept_ra", "hop_limit", "ignore_routes_with_linkdown", "accept_redirects"];

    private static readonly (string Path, string[] Values)[] Scalars =
    [
        ("net/ipv4/ip_forward", ["0", "1"]), ("net/ipv4/ip_default_ttl", ["1", "64", "255"]), ("net/ipv4/tcp_fin_timeout", ["30", "60", "0x1e"]),
        ("net/ipv4/tcp_syn_retries", ["1", "6", "010"]), ("net/ipv4/ip_local_port_range", ["1024 65000", "2000\t3000", "4001  5000 6"]),
        ("net/ipv4/tcp_rmem", ["4096 8192 16384", "4096\t131072\t6291456", "5000"]), ("net/ipv4/ip_local_reserved_ports", ["8080", "80-90,8080", "", "1,2"]),
        ("net/ipv4/tcp_keepalive_time", ["600", "7200"]), ("net/core/somaxconn", ["128", "4096"]), ("net/ipv4/icmp_echo_ignore_all", ["0", "1"]),
        ("net/ipv4/nosuchkey", ["1"]), ("nosuch/key", ["1"]), ("net/ipv4", ["1"]), ("net/bridge/bridge-nf-call-iptables", ["0", "1"]),
        ("net/netfilter/nf_conntrack_tcp_timeout_established", ["86400", "3600"]),
    ];

    private readonly Random _random = new(seed);

    /// <summary>The files by path. A content of null is a directory, one that starts with <c>-></c> a link.</summary>
    public Dictionary<string, byte[]?> Tree()
    {
        var tree = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        int files = _random.Next(1, 9);
        for (int i = 0; i < files; i++)
        {
            string path = $"{Pick(Directories)}/{Pick(Names)}";
            tree[path] = _random.Next(14) switch
            {
                0 => Bytes("->/dev/null"),
                1 => [],
                2 => Bytes("->nowhere"),
                3 => null,
                4 => Bytes("->../sysctl.conf"),
                5 => Bytes($"->{Pick(Directories)}/{Pick(Names)}"),
                _ => Content(),
            };
        }

        if (_random.Next(2) == 0)
        {
            tree["/etc/sysctl.conf"] = Content();
        }

        return tree;
    }

    private byte[] Content()
    {
        var text = new StringBuilder();
        int lines = _random.Next(0, 12);
        string end = _random.Next(5) == 0 ? "\r\n" : "\n";
        for (int i = 0; i < lines; i++)
        {
            text.Append(Line()).Append(_random.Next(40) == 0 ? Pick(["\r", "\0", "\n\r", "\r\r\n"]) : end);
        }

        if (text.Length > 0 && _random.Next(4) == 0)
        {
            text.Length -= end.Length;
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private string Line()
    {
        switch (_random.Next(20))
        {
            case 0:
                return Pick(["", "   ", "# a comment", "; another = 1", "\t# net.ipv4.ip_forward = 1", "no assignment", "net.ipv4.ip_forward", "=", "= 5", "-", "- ", "x"]);
            case 1:
                return "-" + Spell(Pick(["net/ipv4/conf/eth0/", "net/ipv4/conf/*/", "net/ipv4/conf/eth0.100/", "net/ipv4/*/*/"]) + Pick(IPv4));
            case 2:
                return "-" + Spell("net/ipv6/conf/" + Pick(["eth0", "e*", "*"]) + "/" + Pick(IPv6));
        }

        (string path, string value) = Assignment();
        string dash = _random.Next(8) switch { 0 => "-", 1 when _random.Next(3) == 0 => "- ", 2 when _random.Next(5) == 0 => "--", _ => "" };
        string blank = Pick(["", " ", " ", "\t", "  "]);
        return Pick(["", "", "", " ", "\t"]) + dash + Spell(path) + blank + "=" + Pick(["", " ", " ", "\t"]) + value + Pick(["", "", "", " ", "\t "]);
    }

    private (string Path, string Value) Assignment()
    {
        switch (_random.Next(6))
        {
            case 0 or 1:
                (string path, string[] values) = Scalars[_random.Next(Scalars.Length)];
                return (path, Value(values));
            case 2:
                string key6 = Pick(IPv6);
                return ($"net/ipv6/conf/{Pick(Owners)}/{key6}", Value(key6 == "hop_limit" ? ["1", "64", "255"] : ["0", "1"]));
            case 3:
                string key = Key4();
                return ($"net/ipv4/conf/{Pick(["*", "e*", "eth?", "[a-e]*", "*0", "[!a]*", "eth0.*", "l[o]"])}/{key}", Value(["0", "1", "2"]));
            case 4 when _random.Next(3) == 0:
                return ("net/ipv6/conf/*/" + Pick(["accept_ra", "forwarding", "disable_ipv6"]), Value(["0", "1"]));
            default:
                return ($"net/ipv4/conf/{Pick(Owners)}/{Key4()}", Value(["0", "1", "2", "7"]));
        }
    }

    private string Key4()
    {
        string key;
        do
        {
            key = Pick(IPv4);
        }
        while (excluded.Contains(key));
        return key;
    }

    private string Value(string[] good) => _random.Next(25) switch
    {
        0 => Pick(["yes", "", "1x", "ten", "0x", "-"]),
        1 => " " + Pick(good),
        2 => Pick(good) + " 9",
        _ => Pick(good),
    };

    /// <summary>One of the ways to write a path as a name.</summary>
    private string Spell(string path)
    {
        string dotted = K8sNetfilter.Sysctl.SysctlKey.ToName(path);
        bool pattern = path.Contains('*') || path.Contains('?') || path.Contains('[');
        return _random.Next(pattern ? 4 : 14) switch
        {
            0 or 1 => path,
            4 => "/" + path,
            5 => path.Replace("net/", "net//", StringComparison.Ordinal),
            6 when _random.Next(4) == 0 => path + "/",
            7 when _random.Next(4) == 0 => path.Replace("net/ipv4/", "net/ipv4/./", StringComparison.Ordinal),
            8 when _random.Next(4) == 0 => path.Replace("net/ipv4/", "net/ipv4/../ipv4/", StringComparison.Ordinal),
            9 when _random.Next(4) == 0 => "/proc/sys/" + path,
            _ => dotted,
        };
    }

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A tree as a person can read it, for a failure's message.</summary>
    public static string Describe(IEnumerable<KeyValuePair<string, byte[]?>> tree) => string.Join('\n', tree.Select(f =>
        string.Create(CultureInfo.InvariantCulture, $"--- {f.Key}\n{(f.Value is null ? "(directory)" : ByteText.Decode(f.Value).Replace("\r", "\\r").Replace("\0", "\\0"))}")));
}
