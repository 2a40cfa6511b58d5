using K8sNetfilter.Addressing;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// What a rule dump of the kernel shows of tables that iptables-nft prints: how many rules each has, and which of them it cannot print.
/// </summary>
internal sealed class NftInspection(IPFamily family)
{
    // More are counted, and not named.
    private const int MostNamed = 10_000;

    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<(string Table, string Chain, int Number)> _foreign = [];
    private readonly Dictionary<string, int> _foreignCounts = new(StringComparer.Ordinal);

    /// <summary>The rules that iptables-nft cannot print; at most 10,000 of them.</summary>
    public IReadOnlyList<(string Table, string Chain, int Number)> Foreign => _foreign;

    /// <summary>The generation that all of it is of; null where it changed meanwhile, or the kernel does not say it.</summary>
    public uint? Generation { get; set; }

    /// <summary>How many rules a table has.</summary>
    public int Count(string table) => _counts.GetValueOrDefault(table);

    /// <summary>How many of them iptables-nft cannot print.</summary>
    public int CountForeign(string table) => _foreignCounts.GetValueOrDefault(table);

    /// <summary>Reads the answer to a request for a chain's rules.</summary>
    public void Read(NetlinkExchange exchange, string table, string chain, int newRule)
    {
        int number = 0;
        while (exchange.MoveNext())
        {
            if (exchange.Current.Type != newRule)
            {
                continue;
            }

            number++;
            if (!NftExpressions.IsExpressible(exchange.Current, family))
            {
                _foreignCounts[table] = CountForeign(table) + 1;
                if (_foreign.Count < MostNamed)
                {
                    _foreign.Add((table, chain, number));
                }
            }
        }

        if (number > 0)
        {
            _counts[table] = Count(table) + number;
        }
    }
}
