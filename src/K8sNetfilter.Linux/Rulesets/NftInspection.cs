using System.Runtime.CompilerServices;
using K8sNetfilter.Interop;
using K8sNetfilter.Netlink;
using K8sNetfilter.Packets;
using static K8sNetfilter.Interop.NfTables;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// What a rule dump of the kernel shows of tables that iptables-nft prints: how many rules each has, and which of them it cannot print.
/// </summary>
internal sealed class NftInspection
{
    // More are counted, and not named.
    private const int MostNamed = 10_000;

    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<(string Table, string Chain, int Number)> _foreign = [];
    private readonly Dictionary<string, int> _foreignCounts = new(StringComparer.Ordinal);

    /// <summary>The rules that iptables-nft cannot print; at most 10,000 of them.</summary>
    public IReadOnlyList<(string Table, string Chain, int Number)> Foreign => _foreign;

    /// <summary>How many rules a table has.</summary>
    public int Count(string table) => _counts.GetValueOrDefault(table);

    /// <summary>How many of them iptables-nft cannot print.</summary>
    public int CountForeign(string table) => _foreignCounts.GetValueOrDefault(table);

    /// <summary>Reads the answer to a request for all rules of a family.</summary>
    public static NftInspection Read(NetlinkExchange exchange, IPFamily family, int newRule)
    {
        var inspection = new NftInspection();
        byte[] table = [], chain = [];
        string tableName = "", chainName = "";
        int number = 0;
        while (exchange.MoveNext())
        {
            var message = exchange.Current;
            if (message.Type != newRule)
            {
                continue;
            }

            foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
            {
                // Rules come chain by chain: most have the names of the one before.
                if (attribute.Type == NFTA_RULE_TABLE && !attribute.Payload.SequenceEqual(table))
                {
                    inspection.Add(tableName, number);
                    (table, tableName, number) = (attribute.Payload.ToArray(), attribute.AsText(), 0);
                    (chain, chainName) = ([], "");
                }
                else if (attribute.Type == NFTA_RULE_CHAIN && !attribute.Payload.SequenceEqual(chain))
                {
                    inspection.Add(tableName, number);
                    (chain, chainName, number) = (attribute.Payload.ToArray(), attribute.AsText(), 0);
                }
            }

            number++;
            if (!NftExpressions.IsExpressible(message, family))
            {
                inspection._foreignCounts[tableName] = inspection.CountForeign(tableName) + 1;
                if (inspection._foreign.Count < MostNamed)
                {
                    inspection._foreign.Add((tableName, chainName, number));
                }
            }
        }

        inspection.Add(tableName, number);
        return inspection;
    }

    private void Add(string table, int rules)
    {
        if (rules > 0)
        {
            _counts[table] = Count(table) + rules;
        }
    }
}
