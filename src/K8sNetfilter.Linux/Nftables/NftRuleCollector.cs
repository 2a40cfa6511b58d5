using K8sNetfilter.Netlink;

namespace K8sNetfilter.Nftables;

/// <summary>Gives rules of a dump of all to their chains. They come chain by chain.</summary>
internal sealed class NftRuleCollector(NftExpressionReader reader, Func<NftFamily, string, NftTableParts?> find)
{
    private NftTableParts? _table;
    private NftChainParts? _chain;

    /// <summary>Takes one.</summary>
    public void Add(NetlinkMessage message)
    {
        var rule = NftRuleReader.Read(message, reader, out var table, out var chain);
        var family = NftTableReader.Family(message);
        string name = reader.Names.Of(table);
        if (_table is null || _table.Family != family || (object)_table.Name != name)
        {
            _table = find(family, name);
            _chain = null;
        }

        string of = reader.Names.Of(chain);
        if (_chain is null || (object)_chain.Name != of)
        {
            _chain = _table?.ChainsByName.GetValueOrDefault(of);
        }

        _chain?.Rules.Add(rule);
    }
}
