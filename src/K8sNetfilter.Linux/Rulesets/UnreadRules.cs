using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>Tells what iptables-nft-save left out, from what the kernel itself shows of the same tables.</summary>
internal static class UnreadRules
{
    // What iptables makes; a table of another name is not its own, and nobody expects it there.
    private static readonly string[] Own = ["filter", "nat", "mangle", "raw", "security"];

    /// <summary>Those of some tables that iptables-nft-save is to print.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<string> tables) => [.. tables.Where(t => Own.Contains(t, StringComparer.Ordinal))];

    /// <summary>Marks the rules that iptables cannot express, and gives notices and the tables that were not printed whole.</summary>
    public static Ruleset Mark(Ruleset ruleset, NftInspection inspection, IReadOnlyList<string> tables, IPFamily family)
    {
        var notices = new List<string>();
        var unread = new List<UnreadTable>();
        string ip = family == IPFamily.IPv6 ? "ip6" : "ip";
        foreach (string name in tables)
        {
            string command = $"nft list table {ip} {name}";
            var table = ruleset.FindTable(name, family, NetfilterBackend.Nft);
            if (table is null || table.RuleCount < inspection.Count(name))
            {
                unread.Add(new UnreadTable(name, NetfilterBackend.Nft, family, command));
                foreach (var foreign in inspection.Foreign)
                {
                    if (foreign.Table == name)
                    {
                        table?.MarkUnread(foreign.Chain, foreign.Number);
                    }
                }

                notices.Add(
                    $"{family}: iptables-nft-save shows {table?.RuleCount ?? 0} of the {Rules(inspection.Count(name))} of table {name}, which has rules of nft(8) that it cannot express: {command}");
                continue;
            }

            if (inspection.CountForeign(name) == 0)
            {
                continue;
            }

            var here = inspection.Foreign.Where(f => f.Table == name).ToList();
            notices.Add(
                $"{family}: {Rules(inspection.CountForeign(name))} of table {name} {(inspection.CountForeign(name) == 1 ? "is nft(8)'s own and iptables-nft-save misprints it" : "are nft(8)'s own and iptables-nft-save misprints them")}, the first as rule {here[0].Number} of "
                + $"{Printable.Text(here[0].Chain)}. Packets do not meet what their lines say: {command}");
            foreach (var (_, chain, number) in here)
            {
                table.MarkUnread(chain, number);
            }

            if (inspection.CountForeign(name) > here.Count)
            {
                unread.Add(new UnreadTable(name, NetfilterBackend.Nft, family, command));
            }
        }

        return new Ruleset([], [], notices) { Unread = unread };
    }

    private static string Rules(int count) => count == 1 ? "1 rule" : string.Create(CultureInfo.InvariantCulture, $"{count} rules");
}
