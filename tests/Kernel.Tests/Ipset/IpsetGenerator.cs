using System.Globalization;
using System.Text;
using K8sNetfilter.Tests.Simulation;

namespace K8sNetfilter.Tests.Ipset;

/// <summary>Makes sets of each type that a kernel has, and rules that look into them, out of the lab's addresses and ports.</summary>
internal sealed class IpsetGenerator(Random random, LabAddressing addressing, IReadOnlyList<string> types)
{
    private static readonly string[] Hosts =
    [
        "10.0.0.2", "10.3.9.9", "10.1.0.2", "9.9.9.9", "10.2.0.2", "10.2.0.3", "10.2.0.4", "10.0.0.1", "10.1.0.1", "10.2.0.1",
        "10.96.0.10", "10.96.0.11", "10.0.0.3", "10.3.4.5", "8.8.8.8",
        "10.1.0.11", "10.1.0.3",
    ];

    private static readonly string[] Interfaces = ["eth0", "eth1", "br0", "lo", "physdev:p0", "eth0", "br0"];

    private readonly List<(string Name, string Type, int Dimensions, bool Counters)> _sets = [];

    /// <summary>The sets, for <c>ipset -exist restore</c>.</summary>
    public string Sets()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 14; i++)
        {
            string type = i < types.Count ? types[i] : types[random.Next(types.Count)];
            if (type != "list:set")
            {
                Add(text, $"s{i}", type);
            }
        }

        for (int i = 0; i < (types.Contains("list:set") ? 3 : 0); i++)
        {
            var members = _sets.Where(s => s.Type != "list:set").OrderBy(_ => random.Next()).Take(3).ToList();
            text.Append(CultureInfo.InvariantCulture, $"create l{i} list:set size 8{(random.Next(3) == 0 ? " timeout 7200" : "")}\n");
            members.ForEach(m => text.Append(CultureInfo.InvariantCulture, $"add l{i} {m.Name}\n"));
            _sets.Add(($"l{i}", "list:set", members.Max(m => m.Dimensions), false));
        }

        return addressing.Spell(text.ToString());
    }

    /// <summary>Rules without a target, a chain of them on each hook.</summary>
    public string Rules()
    {
        string[] hooks = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
        var text = new StringBuilder("*mangle\n" + string.Concat(hooks.Select(h => $":{h} ACCEPT [0:0]\n")));
        if (random.Next(3) == 0)
        {
            text.Append("-A PREROUTING -p tcp -j MARK --set-mark 0x2a\n");
        }

        foreach (string hook in hooks)
        {
            for (int i = 0; i < 24; i++)
            {
                text.Append("-A ").Append(hook).Append(Match()).Append('\n');
            }
        }

        return text.Append("COMMIT\n").ToString();
    }

    private string Match()
    {
        var (name, _, dimensions, counters) = _sets[random.Next(_sets.Count)];
        int given = Math.Max(1, dimensions + random.Next(12) switch { 0 => -1, 1 => 1, _ => 0 });
        string directions = string.Join(',', Enumerable.Range(0, given).Select(_ => random.Next(2) == 0 ? "src" : "dst"));
        string more = random.Next(6) switch
        {
            0 => " --return-nomatch",
            1 => " ! --update-counters",
            2 when counters => random.Next(2) == 0 ? " --packets-gt 4" : " --bytes-lt 100",
            3 when counters => random.Next(2) == 0 ? " ! --packets-eq 3" : " --packets-eq 2",
            _ => "",
        };
        return $" -m set {(random.Next(3) == 0 ? "! " : "")}--match-set {name} {directions}{more}";
    }

    private void Add(StringBuilder text, string name, string type)
    {
        bool bitmap = type.StartsWith("bitmap:", StringComparison.Ordinal);
        if (bitmap && type != "bitmap:port" && addressing.V6)
        {
            return;
        }

        bool counters = random.Next(3) == 0;
        bool timeout = random.Next(3) == 0;
        string[] parts = type[(type.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',');
        text.Append(CultureInfo.InvariantCulture, $"create {name} {type}");
        text.Append(bitmap ? type == "bitmap:port" ? " range 50-9000" : " range 10.2.0.0-10.2.255.255" : addressing.V6
            && type != "hash:mac" ? " family inet6" : "");
        text.Append(bitmap && type == "bitmap:ip" && random.Next(2) == 0 ? " netmask 24" : "");
        text.Append(type == "hash:ip" && random.Next(3) == 0 ? $" netmask {(addressing.V6 ? 64 : 24)}" : "");
        text.Append(timeout ? " timeout 7200" : "").Append(counters ? " counters" : "").Append(random.Next(4) == 0 ? " comment"
            : "").Append('\n');
        for (int i = random.Next(12); i >= 0; i--)
        {
            string key = string.Join(',', parts.Select(p => Part(p, bitmap)));
            text.Append(CultureInfo.InvariantCulture, $"add {name} {key}");
            text.Append(parts.Contains("iface") && !key.Contains("physdev", StringComparison.Ordinal) && random.Next(4) == 0 ? " wildcard"
                : "");
            text.Append(parts.Contains("net") && random.Next(3) == 0 ? " nomatch" : "");
            text.Append(timeout && random.Next(2) == 0 ? " timeout 0" : "").Append(counters && random.Next(2) == 0
                ? " packets 5 bytes 500" : "").Append('\n');
        }

        _sets.Add((name, type, parts.Length, counters));
    }

    private string Part(string part, bool bitmap) => part switch
    {
        "ip" => bitmap ? $"10.2.{random.Next(8) / 7}.{random.Next(5)}" : Hosts[random.Next(Hosts.Length)],
        "net" => Net(),
        "port" when bitmap => new[] { "80", "443", "8080", "53" }[random.Next(4)],
        "port" => random.Next(6) == 0 ? $"{(addressing.V6 ? "icmpv6" : "icmp")}:{addressing.EchoRequest}/0"
            : $"{(random.Next(3) == 0 ? "udp" : "tcp")}:{new[] { 80, 443, 8080, 53, 1500, 40000, 40001, 40002, 40003 }[random.Next(9)]}",
        "iface" => Interfaces[random.Next(Interfaces.Length)],
        "mark" => random.Next(2) == 0 ? "0x2a" : "0",
        _ => $"02:00:0a:02:00:{random.Next(5):x2}",
    };

    private string Net()
    {
        int length = new[] { 32, 32, 24, 16, 8, 12, 4 }[random.Next(7)];
        return Hosts[random.Next(Hosts.Length)] + "/" + length.ToString(CultureInfo.InvariantCulture);
    }
}
