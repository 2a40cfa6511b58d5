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

                int count = inspection.Count(name), shown = table?.RuleCount ?? 0;
                notices.Add(count == 1
                    ? RulesetMessages.OneRuleNotShown(family, name, command)
                    : RulesetMessages.RulesNotShown(family, shown, count, name, command));
                continue;
            }

            if (inspection.CountForeign(name) == 0)
            {
                continue;
            }

            int own = inspection.CountForeign(name);
            var here = inspection.Foreign.Where(f => f.Table == name).ToList();
            string chain = Printable.Text(here[0].Chain);
            notices.Add(own == 1
                ? RulesetMessages.OneRuleMisprinted(family, name, here[0].Number, chain, command)
                : RulesetMessages.RulesMisprinted(family, own, name, here[0].Number, chain, command));
            foreach (var (_, holder, number) in here)
            {
                table.MarkUnread(holder, number);
            }

            if (own > here.Count)
            {
                unread.Add(new UnreadTable(name, NetfilterBackend.Nft, family, command));
            }
        }

        return new Ruleset([], [], notices) { Unread = unread };
    }
}
