using System.Globalization;
using System.Text;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// Makes rulesets that nft takes: tables of ip or ip6 and of inet, base chains of each type at priorities of their own, nested chains,
/// sets and maps of each kind, and the matches and statements that the walk decides.
/// </summary>
internal sealed class NativeRulesetGenerator(Random random, LabAddressing addressing)
{
    private const int Users = 4;

    // Each doubles the ways that a packet may go.
    private const int MaxOpen = 3;

    private static readonly string[] Addresses =
    [
        "10.0.0.2", "10.0.0.0/24", "10.1.0.0/16", "10.2.0.2", "10.2.0.3", "10.2.0.0/24", "10.96.0.0/12", "10.96.0.10", "10.96.0.11", "10.3.0.0/16",
        "10.0.0.0/8", "10.1.0.1", "8.8.8.8", "10.2.0.2-10.2.0.3",
    ];

    private static readonly string[] Hosts = ["10.0.0.2", "10.2.0.2", "10.2.0.3", "10.96.0.10", "10.96.0.11", "10.1.0.1", "8.8.8.8"];

    private static readonly string[] Targets = ["10.2.0.2", "10.2.0.3", "10.1.0.2", "10.0.0.3", "10.1.0.1", "10.3.4.5"];

    // Each has room for 18 priorities after it that no table of iptables has, so that what is first is known.
    private static readonly (string Type, string Hook, int[] Priorities)[] Bases =
    [
        ("filter", "prerouting", [-320, -180, -130, -50]), ("filter", "input", [-30, 120]), ("filter", "forward", [-180, -30, 5]),
        ("filter", "output", [-320, -180, -130, 5]), ("route", "output", [-148, -20]), ("filter", "postrouting", [-30, 20, 130]),
        ("nat", "prerouting", [-140, -120, -90]), ("nat", "output", [-120, -90]), ("nat", "postrouting", [60, 110]), ("nat", "input", [70, 105]),
    ];

    private bool _isInet;
    private int _open;

    /// <summary>True for what only chance or the past decides.</summary>
    public bool Unknowns { get; init; }

    private string Ip => addressing.V6 ? "ip6" : "ip";

    private string Type => addressing.V6 ? "ipv6_addr" : "ipv4_addr";

    // nft wants to know the addresses' family where the table has both.
    private string NatFamily => _isInet ? Ip + " " : "";

    /// <summary>Makes one.</summary>
    public string Make()
    {
        var text = new StringBuilder();
        for (int i = 0, tables = random.Next(1, 4); i < tables; i++)
        {
            _isInet = Chance(0.4);
            Table(text, $"n{i}", i);
        }

        return addressing.Spell(text.ToString());
    }

    private bool Chance(double p) => random.NextDouble() < p;

    private T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    private string Not(double p = 0.25) => Chance(p) ? "!= " : "";

    private void Table(StringBuilder text, string name, int number)
    {
        text.Append(CultureInfo.InvariantCulture, $"table {(_isInet ? "inet" : Ip)} {name} {{\n");
        text.Append(CultureInfo.InvariantCulture, $" set hosts {{ type {Type}; elements = {{ {List(Hosts, 3)} }} }}\n");
        text.Append(CultureInfo.InvariantCulture, $" set nets {{ type {Type}; flags interval; auto-merge; elements = {{ {List(Addresses, 4)} }} }}\n");
        text.Append(CultureInfo.InvariantCulture, $" set pairs {{ type {Type} . inet_service; elements = {{ {Pick(Hosts)} . 80, {Pick(Targets)} . 443 }} }}\n");
        text.Append(CultureInfo.InvariantCulture, $" set wide {{ type {Type} . inet_proto . inet_service; flags interval; elements = {{ {Pick(Addresses)} . tcp . 1-1024, 10.96.0.10 . udp . 53, {Pick(Targets)} . 6-17 . 8080 }} }}\n");
        text.Append(" set seen { type inet_service . inet_service; flags dynamic; size 4096; }\n");
        foreach (string kind in (string[])["F", "D", "S"])
        {
            string verdicts = $"80 : jump {kind}{Users - 1}, 443 : accept, 53 : {(kind == "F" && Chance(0.3) ? "drop" : "continue")}, 8080 : return";
            text.Append(CultureInfo.InvariantCulture, $" map ports{kind} {{ type inet_service : verdict; elements = {{ {verdicts} }} }}\n");
            string services = $"10.96.0.10 . tcp . 80 : goto {kind}{Users - 1}, 10.96.0.11 . udp . 53 : jump {kind}{Users - 1}, 10.96.0.10 . tcp . 443 : accept";
            text.Append(CultureInfo.InvariantCulture, $" map services{kind} {{ type {Type} . inet_proto . inet_service : verdict; elements = {{ {services} }} }}\n");
        }

        // A chain of each kind only jumps to those with a higher number.
        foreach (string kind in (string[])["F", "D", "S"])
        {
            for (int user = Users - 1; user >= 0; user--)
            {
                text.Append(CultureInfo.InvariantCulture, $" chain {kind}{user} {{\n");
                Rules(text, kind, null, user + 1);
                text.Append(" }\n");
            }
        }

        for (int i = random.Next(2, 7); i > 0; i--)
        {
            var (type, hook, priorities) = Pick(Bases);
            string kind = type != "nat" ? "F" : hook is "prerouting" or "output" ? "D" : hook == "input" ? "I" : "S";
            string policy = type == "filter" && Chance(0.05) ? "drop" : "accept";
            text.Append(CultureInfo.InvariantCulture, $" chain b{i} {{ type {type} hook {hook} priority {Pick(priorities) + (number * 6) + i - 1}; policy {policy};\n");
            Rules(text, kind, hook, kind == "I" ? Users : 0);
            text.Append(" }\n");
        }

        text.Append("}\n");
    }

    private string List(string[] items, int count) => string.Join(", ", Enumerable.Range(0, count).Select(_ => Pick(items)).Distinct());

    private void Rules(StringBuilder text, string kind, string? hook, int firstUser)
    {
        for (int r = random.Next(1, 7); r > 0; r--)
        {
            text.Append("  ");
            for (int m = random.Next(0, 3); m > 0; m--)
            {
                text.Append(Match(hook)).Append(' ');
            }

            if (Chance(0.4))
            {
                text.Append(Statement(hook)).Append(' ');
            }

            if (Unknowns && _open < MaxOpen && Chance(0.15))
            {
                _open++;
                text.Append(Pick([
                    "limit rate 1/second burst 2 packets ", "numgen inc mod 3 0 ", "numgen random mod 4 < 2 ", $"jhash {Ip} saddr mod 2 1 ",
                    "tcp option maxseg exists ", "quota over 500 bytes ", "meta cpu 0 ",
                ]));
            }

            text.Append(End(kind, firstUser)).Append('\n');
        }
    }

    private string Match(string? hook)
    {
        string[] states = ["new", "established", "established,related", "invalid", "untracked", "new,established"];
        return random.Next(25) switch
        {
            0 => $"{Ip} saddr {Not()}{Pick(Addresses)}",
            1 => $"{Ip} daddr {Not()}{Pick(Addresses)}",
            2 => $"{Ip} {Pick(["saddr", "daddr"])} {Not()}@{Pick(["hosts", "nets"])}",
            3 => $"{Ip} daddr {Not()}{{ {List(Addresses[..8], 2)} }}",
            4 => $"tcp dport {Not()}{Pick(["80", "{ 80, 443 }", "1-1024", "8080", "{ 1-100, 1500 }"])}",
            5 => $"udp dport {Not()}{Pick(["53", "{ 53, 443 }", "1-1024"])}",
            6 => $"meta l4proto {{ tcp, udp }} th dport {Not()}{Pick(["80", "443-8080", "{ 53, 80 }"])}",
            7 => Pick(["tcp flags syn", "tcp flags & (syn | ack) == syn", "tcp flags & (fin | rst) != 0x0", "tcp flags { syn, ack }", "tcp flags != syn"]),
            8 => addressing.V6 ? "icmpv6 type echo-request" : "icmp type { echo-request, echo-reply }",
            9 => hook is "output" or "postrouting" ? "meta mark 0x0" : $"iifname {Not()}{Pick(["\"eth0\"", "\"eth*\"", "\"br0\"", "{ \"eth1\", \"lo\" }"])}",
            10 => hook is "forward" or "output" or "postrouting" ? $"oifname {Not()}{Pick(["\"eth0\"", "\"eth*\"", "\"br0\""])}" : "meta iiftype ether",
            11 => Pick(["meta mark 0x10", "meta mark & 0xf0 == 0x10", "meta mark 0x10-0x1ff", "meta mark != 0x0", "meta mark { 0x1, 0x4000 }"]),
            12 or 13 => $"ct state {Not()}{Pick(states)}",
            14 => Pick(["ct status dnat", "ct status snat", "ct status & (dnat | snat) == 0x0", "ct direction original", "ct direction reply"]),
            15 => Pick(["ct mark 0x0", "ct mark & 0xff == 0x1", $"ct original {Ip} saddr {Pick(Addresses[..6])}", "ct original proto-dst 80", $"ct reply {Ip} saddr {Pick(Targets)}"]),
            16 => addressing.V6 ? Pick(["ip6 hoplimit < 40", "ip6 nexthdr tcp"]) : Pick(["ip ttl < 40", "ip protocol tcp", "ip length 28-40", "ip dscp 0x04"]),
            17 => Pick(["meta length 40-100", "meta pkttype host", $"meta protocol {Ip}", $"meta nfproto {(addressing.V6 ? "ipv6" : "ipv4")}", "meta l4proto != tcp"]),
            18 or 19 => Pick(["fib daddr type local", "fib saddr type local", "fib daddr type != local"]),
            20 => $"{Ip} daddr . tcp dport {Not()}@pairs",
            21 => $"{Ip} daddr . meta l4proto . th dport @wide",
            22 => Pick(["@th,16,16 80", addressing.V6 ? "@nh,48,8 6" : "@nh,72,8 6", "@th,0,16 40000-40019"]),
            23 => $"meta l4proto {{ tcp, udp }} th sport . th dport {Not()}@seen",
            _ => $"{Ip} saddr . {Ip} daddr {{ {Pick(Hosts)} . {Pick(Hosts)}, 10.2.0.2 . 10.96.0.10 }}",
        };
    }

    private string Statement(string? hook) => random.Next(10) switch
    {
        0 or 1 => $"meta mark set {Pick(["0x1", "0x10", "0x4000", "0x0"])}",
        2 => "meta mark set meta mark | 0x4000",
        3 => "meta mark set meta mark & 0xffffbfff",
        4 => "ct mark set meta mark",
        5 => "meta mark set ct mark",
        // A key that each packet and each answer has alone.
        6 => "meta l4proto { tcp, udp } add @seen { th sport . th dport }",
        7 when hook is null or "prerouting" => addressing.V6 ? "ip6 hoplimit set 33" : "ip ttl set 33",
        8 when hook is "prerouting" or "output" && Chance(0.3) => "notrack",
        _ => "counter",
    };

    private string End(string kind, int firstUser)
    {
        string? user = firstUser < Users ? $"{kind}{random.Next(firstUser, Users)}" : null;
        return random.Next(12) switch
        {
            0 or 1 when user is not null => $"jump {user}",
            2 when user is not null => $"goto {user}",
            3 => "accept",
            4 => "return",
            5 when kind == "F" && Chance(0.4) => Pick(["drop", "reject", "drop"]),
            6 when firstUser < Users - 1 || user is not null => $"tcp dport vmap @ports{kind}",
            7 when user is not null => $"{Ip} daddr . meta l4proto . th dport vmap @services{kind}",
            8 or 9 when kind == "D" => Destination(),
            8 or 9 when kind is "S" or "I" => Source(kind == "S"),
            10 when user is not null && Unknowns => $"numgen random mod 3 vmap {{ 0 : jump {user}, 1 : return, 2 : continue }}",
            _ => "counter",
        };
    }

    private string Destination()
    {
        string first = Pick(Targets), second = Pick(Targets);
        return random.Next(5) switch
        {
            0 => $"dnat {NatFamily}to {first}",
            1 => $"meta l4proto tcp dnat {NatFamily}to {first}:8080",
            2 => $"meta l4proto {{ tcp, udp }} dnat {Ip} to th dport map {{ 80 : {first} . 8080, 53 : {second} . 53 }}",
            3 when Unknowns => $"meta l4proto tcp dnat {Ip} to numgen random mod 2 map {{ 0 : {first} . 80, 1 : {second} . 8080 }}",
            3 => $"dnat {NatFamily}to {Ip} daddr map {{ 10.96.0.10 : {first}, 10.96.0.11 : {second} }}",
            _ => "meta l4proto tcp redirect to :8080",
        };
    }

    private string Source(bool mayMasquerade) => random.Next(3) switch
    {
        0 => $"snat {NatFamily}to 10.1.0.11",
        1 when mayMasquerade => "masquerade",
        _ => $"meta l4proto tcp snat {NatFamily}to 10.0.0.1:30000-30999",
    };
}
