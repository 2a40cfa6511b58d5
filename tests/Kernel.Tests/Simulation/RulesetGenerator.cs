using System.Globalization;
using System.Text;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// Makes rulesets that iptables-restore or ip6tables-restore takes: every table, nested chains, and all matches and targets that the walk
/// decides.
/// </summary>
internal sealed class RulesetGenerator(Random random, LabAddressing addressing)
{
    private static readonly string[] Addresses =
    [
        "10.0.0.2", "10.0.0.0/24", "10.1.0.0/16", "10.2.0.2", "10.2.0.3", "10.2.0.0/24", "10.96.0.0/12", "10.96.0.10", "10.96.0.11", "10.3.0.0/16", "10.0.0.0/8", "10.1.0.1",
        "0.0.0.0/0", "10.0.0.2/255.0.0.255", "8.8.8.8",
    ];

    private static readonly string[] Interfaces = ["eth0", "eth1", "eth+", "br0", "lo", "p0", "+"];

    private static readonly string[] Targets = ["10.2.0.2", "10.2.0.3", "10.1.0.2", "10.0.0.3", "10.1.0.1", "10.3.4.5"];

    /// <summary>True where the ruleset has matches that only chance or the past decides.</summary>
    public bool Unknowns { get; init; }

    public string Make()
    {
        var text = new StringBuilder();
        Table(text, "raw", ["PREROUTING", "OUTPUT"]);
        Table(text, "mangle", ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]);
        Table(text, "nat", ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]);
        Table(text, "filter", ["INPUT", "FORWARD", "OUTPUT"]);
        if (Chance(0.2))
        {
            Table(text, "security", ["INPUT", "FORWARD", "OUTPUT"]);
        }

        return addressing.Spell(text.ToString());
    }

    private bool Chance(double p) => random.NextDouble() < p;

    private T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    private string Not(double p = 0.25) => Chance(p) ? "! " : "";

    private void Table(StringBuilder text, string table, string[] hooks)
    {
        text.Append('*').Append(table).Append('\n');
        foreach (string hook in hooks)
        {
            string policy = table == "filter" && Chance(0.1) ? "DROP" : "ACCEPT";
            text.Append(CultureInfo.InvariantCulture, $":{hook} {policy} [0:0]\n");
        }

        // A user's chain belongs to one kind of hook, so that each of its targets is valid there; it only calls chains with a higher number.
        string[] kinds = table == "nat" ? ["D", "S"] : ["U"];
        int users = random.Next(1, 5);
        foreach (string kind in kinds)
        {
            for (int i = 0; i < users; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $":{kind}{i} - [0:0]\n");
            }
        }

        foreach (string hook in hooks)
        {
            if (table is "raw" or "security" && Chance(0.5))
            {
                continue;
            }

            string kind = table == "nat" ? hook is "PREROUTING" or "OUTPUT" ? "D" : "S" : "U";
            for (int i = random.Next(0, 6); i > 0; i--)
            {
                Rule(text, table, hook, hook, kind, 0, users);
            }
        }

        foreach (string kind in kinds)
        {
            for (int i = 0; i < users; i++)
            {
                for (int r = random.Next(0, 6); r > 0; r--)
                {
                    Rule(text, table, $"{kind}{i}", null, kind, i + 1, users);
                }
            }
        }

        text.Append("COMMIT\n");
    }

    private void Rule(StringBuilder text, string table, string chain, string? hook, string kind, int firstUser, int users)
    {
        text.Append("-A ").Append(chain);
        string? protocol = null;
        int matches = random.Next(0, 3);
        if (Chance(0.35))
        {
            text.Append($" {Not()}-s {Pick(Addresses)}".Replace("! -s 0.0.0.0/0", "-s 0.0.0.0/0", StringComparison.Ordinal));
        }

        if (Chance(0.35))
        {
            text.Append($" {Not()}-d {Pick(Addresses)}".Replace("! -d 0.0.0.0/0", "-d 0.0.0.0/0", StringComparison.Ordinal));
        }

        if (hook is not ("OUTPUT" or "POSTROUTING") && Chance(0.2))
        {
            text.Append($" {Not()}-i {Pick(Interfaces)}".Replace("! -i +", "-i +", StringComparison.Ordinal));
        }

        if (hook is not ("PREROUTING" or "INPUT") && Chance(0.2))
        {
            text.Append($" {Not()}-o {Pick(Interfaces)}".Replace("! -o +", "-o +", StringComparison.Ordinal));
        }

        if (Chance(0.45))
        {
            protocol = Pick(["tcp", "udp", addressing.Icmp, "tcp"]);
            bool negated = Chance(0.15);
            text.Append(CultureInfo.InvariantCulture, $" {(negated ? "! " : "")}-p {protocol}");
            protocol = negated ? null : protocol;
        }

        if (protocol is not null && Chance(0.7))
        {
            text.Append(ProtocolMatch(protocol));
        }

        for (; matches > 0; matches--)
        {
            text.Append(Match(hook));
        }

        if (Unknowns && Chance(0.15))
        {
            text.Append(Pick([
                " -m statistic --mode random --probability 0.5", " -m statistic --mode nth --every 3 --packet 0", " -m limit --limit 1/sec --limit-burst 3",
                " -m recent --name seen --rcheck --rsource", " -m recent --name seen --set --rsource", " -m statistic --mode random ! --probability 0.3",
            ]));
        }

        text.Append(Target(table, hook, kind, firstUser, users, protocol)).Append('\n');
    }

    private string HopLimit => addressing.V6 ? "hl" : "ttl";

    private string Reject(string? protocol) => " -j REJECT" + (protocol == "tcp" && Chance(0.3) ? " --reject-with tcp-reset" : Pick<string>(
        addressing.V6 ? ["", " --reject-with icmp6-adm-prohibited", " --reject-with icmp6-no-route", " --reject-with icmp6-addr-unreachable"]
        : ["", " --reject-with icmp-admin-prohibited", " --reject-with icmp-host-unreachable"]));

    private string Ports() => Pick(["80", "443", "80:443", "8080", "1000:2000", ":1023", "40000:"]);

    private string ProtocolMatch(string protocol) => protocol switch
    {
        "icmp" => $" -m icmp {Not()}--icmp-type {Pick(["8", "0", "any", "3/4", "3", "8/0"])}".Replace("! --icmp-type any", "--icmp-type any", StringComparison.Ordinal),
        "ipv6-icmp" => $" -m icmp6 {Not()}--icmpv6-type {Pick(["128", "129", "1/4", "1", "128/0", "135", "137", "neighbour-advertisement"])}",
        _ when Chance(0.3) => $" -m multiport {Not()}--{Pick(["sports", "dports", "ports"])} {Pick(["80,443", "80,1000:2000,8080", "40001:40100,53", "8080"])}",
        "tcp" when Chance(0.25) => Pick([" -m tcp --syn", " -m tcp ! --syn", " -m tcp --tcp-flags SYN,ACK ACK", " -m tcp --tcp-flags ALL SYN", " -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN", " -m tcp --tcp-flags ALL NONE"]),
        _ => $" -m {protocol} {Not()}--{Pick(["dport", "sport"])} {Ports()}",
    };

    private string Match(string? hook)
    {
        switch (random.Next(14))
        {
            case 0:
                return $" -m mark {Not()}--mark {Pick(["0x0", "0x1/0x1", "0x10/0xf0", "0x4000/0x4000", "0x0/0xff", "0x2"])}";
            case 1:
                return $" -m connmark {Not()}--mark {Pick(["0x0", "0x1/0x1", "0x10/0xf0", "0x3"])}";
            case 2:
                return $" -m conntrack {Not()}--ctstate {Pick(["NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "UNTRACKED", "NEW,UNTRACKED", "DNAT", "SNAT", "INVALID,DNAT"])}";
            case 3:
                return $" -m conntrack {Pick([
                    "--ctdir ORIGINAL", "--ctdir REPLY", $"{Not()}--ctorigdst 10.96.0.0/12", $"{Not()}--ctorigsrc 10.2.0.0/24", "--ctproto tcp", $"{Not()}--ctorigdstport 80",
                    "--ctreplsrc 10.2.0.3", $"{Not()}--ctstatus SEEN_REPLY", "--ctstatus CONFIRMED", $"--ctstate NEW {Not()}--ctproto udp", "--ctrepldst 10.0.0.0/16",
                ])}";
            case 4:
                return $" -m state --state {Pick(["NEW", "ESTABLISHED", "INVALID,UNTRACKED", "RELATED"])}";
            case 5:
                return $" -m addrtype {Not()}--dst-type {Pick<string>(addressing.V6 ? ["LOCAL", "UNICAST", "ANYCAST", "MULTICAST", "UNICAST,LOCAL", "UNREACHABLE"] : ["LOCAL", "UNICAST", "BROADCAST", "MULTICAST", "LOCAL,BROADCAST"])}";
            case 6:
                return $" -m addrtype {Not()}--src-type {Pick(["LOCAL", "UNICAST"])}";
            case 7:
                return $" -m iprange {Not()}--{Pick(["src", "dst"])}-range {Pick(["10.0.0.0-10.1.0.255", "10.2.0.2-10.2.0.3", "10.96.0.0-10.96.0.10"])}";
            case 8:
                return $" -m {HopLimit} {Pick([$"--{HopLimit}-eq 64", $"--{HopLimit}-lt 64", $"--{HopLimit}-gt 62", $"! --{HopLimit}-eq 63"])}";
            case 9:
                int udp = addressing.HeaderSize + 8;
                int tcp = addressing.HeaderSize + 20;
                return $" -m length {Not()}--length {Pick([$"{udp}", $"{tcp}", $"0:{tcp - 1}", $"{udp + 2}:1500"])}";
            case 10:
                return $" -m tos {Not()}--tos {Pick(["0x10/0x3f", "0x00/0xff", "0x08/0x08"])}";
            case 11:
                return $" -m dscp {Not()}--dscp {Pick(["0x00", "0x04", "0x02"])}";
            case 12:
                return hook is "FORWARD" or "POSTROUTING"
                    ? $" -m physdev {Pick([$"{Not()}--physdev-out p1", "--physdev-is-bridged", "! --physdev-is-bridged", "--physdev-in p0 --physdev-out p1", "--physdev-is-out", $"{Not()}--physdev-in p+"])}"
                    : hook == "OUTPUT" ? "" : $" -m physdev {Pick([$"{Not()}--physdev-in p0", "--physdev-is-in", "! --physdev-is-in"])}";
            default:
                return $" -m pkttype {Not()}--pkt-type {Pick(["unicast", "multicast"])}";
        }
    }

    private string Target(string table, string? hook, string kind, int firstUser, int users, string? protocol)
    {
        if (firstUser < users && Chance(0.35))
        {
            return $" -{(Chance(0.2) ? "g" : "j")} {kind}{random.Next(firstUser, users)}";
        }

        if (Chance(0.08))
        {
            return "";
        }

        if (Chance(0.1))
        {
            return " -j RETURN";
        }

        bool ports = protocol is "tcp" or "udp";
        switch (table)
        {
            case "raw":
                return Pick([" -j CT --notrack", Pick([" -j CT", " -j CT --zone 3", " -j CT --zone-orig 3", " -j CT --zone-reply 3", " -j CT --zone mark", " -j CT --zone-reply mark"]), " -j ACCEPT", " -j CT --notrack", " -j MARK --set-xmark 0x1/0x1", " -j MARK --set-xmark 0x10/0xf0", ""]);
            case "mangle":
                return Pick([
                    " -j MARK --set-xmark 0x10/0xf0", " -j MARK --set-xmark 0x4000/0x4000", " -j MARK --set-xmark 0x3/0xffffffff", " -j MARK --or-mark 0x20", " -j MARK --and-mark 0xffffff0f",
                    " -j MARK --xor-mark 0x11", " -j CONNMARK --save-mark", " -j CONNMARK --restore-mark", " -j CONNMARK --set-xmark 0x10/0xff", " -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff",
                    " -j CONNMARK --restore-mark --nfmask 0xf0 --ctmask 0xf0", $" -j {HopLimit.ToUpperInvariant()} --{HopLimit}-set 33", $" -j {HopLimit.ToUpperInvariant()} --{HopLimit}-dec 1", " -j TOS --set-tos 0x10/0x3f", " -j DSCP --set-dscp 0x04", " -j ACCEPT",
                    Chance(0.3) ? " -j DROP" : " -j TOS --set-tos 0x08/0xff",
                ]);
            case "nat" when kind == "D":
                return Pick([
                    $" -j DNAT --to-destination {Pick(Targets)}", " -j ACCEPT", " -j MARK --set-xmark 0x4000/0x4000",
                    ports ? $" -j DNAT --to-destination {Pick(Targets)}:8080" : $" -j DNAT --to-destination {Pick(Targets)}",
                    ports ? " -j REDIRECT --to-ports 9000" : " -j REDIRECT", $" -j NETMAP --to {Pick(["10.3.7.0/24", "10.1.0.0/24"])}",
                    Unknowns ? " -j DNAT --to-destination 10.2.0.2-10.2.0.4" : $" -j DNAT --to-destination {Pick(Targets)}",
                ]);
            case "nat":
                return Pick([
                    hook == "POSTROUTING" ? " -j MASQUERADE" : " -j ACCEPT", hook == "POSTROUTING" && Chance(0.5) ? " -j MASQUERADE --random-fully" : " -j MARK --set-xmark 0x1/0x1",
                    $" -j SNAT --to-source {Pick(["10.1.0.11", "10.0.0.77", "10.2.0.77"])}", " -j ACCEPT",
                    ports ? " -j SNAT --to-source 10.1.0.11:5000-5100" : " -j SNAT --to-source 10.1.0.11", " -j MARK --set-xmark 0x2/0xf",
                ]);
            default:
                return Pick([" -j ACCEPT", " -j ACCEPT", " -j DROP", table == "filter" && Chance(0.5) ? Reject(protocol) : " -j ACCEPT", " -j LOG", " -j MARK --set-xmark 0x8/0x8"]);
        }
    }
}
