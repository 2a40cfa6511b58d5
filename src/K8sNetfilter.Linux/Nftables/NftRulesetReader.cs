using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>
/// Reads nf_tables by netlink: dumps of tables, chains, rules, sets with their elements, objects and flowtables, between two looks at the
/// generation. If another process commits meanwhile, all is read again, a bounded number of times; then what was read last is given, and
/// that it may not fit together.
/// </summary>
internal sealed class NftRulesetReader(NetlinkConnection connection, CancellationToken cancellation)
{
    /// <summary>How often tables are read that change each time.</summary>
    public const int Tries = 5;

    // A dump of all rules begins each datagram at the first rule and goes past those that were sent (nf_tables_dump_rules), so that its
    // time grows with the square of their number; a dump of one chain costs a request. Below this number of chains the first is the faster
    // one.
    private const int ManyChains = 2000;

    private NftExpressionReader _reader = new();
    private List<NftTableParts> _tables = [];
    private NftTableParts? _last;
    private bool _isInterrupted;

    private delegate void Take(NetlinkMessage message);

    /// <summary>Reads what a query names.</summary>
    /// <exception cref="NodeException">The kernel refused.</exception>
    public NftRuleset Read(NftQuery query)
    {
        for (int attempt = 1; ; attempt++)
        {
            bool isLast = attempt == Tries;
            _reader = new NftExpressionReader();
            _tables = [];
            _last = null;
            _isInterrupted = false;
            uint? before = NftGeneration.Read(connection, cancellation);
            try
            {
                ReadAll(query, isLast);
            }
            catch (NodeException failure) when (!isLast && IsOfChange(failure))
            {
                continue;
            }

            uint? after = NftGeneration.Read(connection, cancellation);
            bool isOne = before == after && !_isInterrupted;
            if (isOne || isLast)
            {
                var tables = new NftTable[_tables.Count];
                for (int i = 0; i < tables.Length; i++)
                {
                    tables[i] = _tables[i].Build();
                }

                return new NftRuleset(tables) { Generation = after, IsOfOneGeneration = isOne };
            }
        }
    }

    // A chain or set that was there a moment before, or a socket that was overrun.
    private static bool IsOfChange(NodeException failure) =>
        failure.Errno is Errno.ENOENT or Errno.ENOBUFS or Errno.EMSGSIZE or Errno.EINTR;

    private void ReadAll(NftQuery query, bool isLast)
    {
        Dump(NFT_MSG_GETTABLE, NFT_MSG_NEWTABLE, query, message =>
        {
            var table = NftTableReader.Table(message, _reader.Names);
            if (query.Table is null || query.Table == table.Name)
            {
                _tables.Add(table);
            }
        });
        if (query.WithRules)
        {
            Dump(NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN, query, message =>
            {
                var chain = NftTableReader.Chain(message, _reader.Names, out string table);
                if (Find(NftTableReader.Family(message), table) is { } of && of.ChainsByName.TryAdd(chain.Name, chain))
                {
                    of.Chains.Add(chain);
                }
            });
            ReadRules(query, isLast);
            Dump(NFT_MSG_GETFLOWTABLE, NFT_MSG_NEWFLOWTABLE, query, message =>
            {
                var flowtable = NftTableReader.Flowtable(message, _reader.Names, out string table);
                Find(NftTableReader.Family(message), table)?.Flowtables.Add(flowtable);
            });
        }

        ReadSets(query, isLast);
        Dump(NFT_MSG_GETOBJ, NFT_MSG_NEWOBJ, query, message =>
        {
            var read = NftObjectReader.Read(message, _reader, out string table);
            Find(NftTableReader.Family(message), table)?.Objects.Add(read);
        });
    }

    private void ReadRules(NftQuery query, bool isLast)
    {
        int chains = 0;
        foreach (var table in _tables)
        {
            chains += table.Chains.Count;
        }

        if (chains < ManyChains)
        {
            var rules = new NftRuleCollector(_reader, Find);
            Dump(NFT_MSG_GETRULE, NFT_MSG_NEWRULE, query, rules.Add);
            return;
        }

        foreach (var table in _tables)
        {
            foreach (var chain in table.Chains)
            {
                // Without a rule, and nothing leads to it.
                if (chain.Use != 0)
                {
                    Each(NFT_MSG_GETRULE, NFT_MSG_NEWRULE, table, NFTA_RULE_TABLE, NFTA_RULE_CHAIN, chain.Name, isLast,
                        message => chain.Rules.Add(NftRuleReader.Read(message, _reader, out _, out _)));
                }
            }
        }
    }

    private void ReadSets(NftQuery query, bool isLast)
    {
        var sets = new List<NftSetParts>();
        Dump(NFT_MSG_GETSET, NFT_MSG_NEWSET, query, message =>
        {
            var set = NftSetReader.Read(message, _reader);
            if (query.Set is null || query.Set == set.Name)
            {
                sets.Add(set);
            }
        });
        foreach (var set in sets)
        {
            if (Find(set.Family, set.Table) is not { } table)
            {
                continue;
            }

            var elements = set.Elements();
            if (query.WithElements)
            {
                Each(NFT_MSG_GETSETELEM, NFT_MSG_NEWSETELEM, table, NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET, set.Name, isLast,
                    message => NftElementReader.Read(message, set, elements, _reader));
            }

            table.Sets.Add(set.Build(elements.Build()));
        }
    }

    private void Dump(int question, int answer, NftQuery query, Take take)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        writer.BeginMessage(Type(question), NetlinkFlags.Dump);
        writer.Header(new NfGenMessage((byte)query.Family));
        // Tables and chains have no such filter; in the others the table's name is the first attribute, and the kernel looks for it in one
        // family.
        if (query.Table is not null && query.Family != NftFamily.Unspecified && question is not (NFT_MSG_GETTABLE or NFT_MSG_GETCHAIN))
        {
            writer.Put(NFTA_RULE_TABLE, query.Table);
        }

        writer.EndMessage();
        try
        {
            Run(writer.Written, answer, take);
        }
        catch (NodeException failure) when (question is NFT_MSG_GETOBJ or NFT_MSG_GETFLOWTABLE
            && failure.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            // Kernels before 4.10 have no objects and those before 4.16 no flowtables.
        }

        writer.Dispose();
    }

    // Asks for what is in one chain or set.
    private void Each(int question, int answer, NftTableParts table, int tableType, int nameType, string name, bool isLast, Take take)
    {
        var writer = new NetlinkWriter(stackalloc byte[640]);
        writer.BeginMessage(Type(question), NetlinkFlags.Dump);
        writer.Header(new NfGenMessage((byte)table.Family));
        writer.Put(tableType, table.Name);
        writer.Put(nameType, name);
        writer.EndMessage();
        try
        {
            Run(writer.Written, answer, take);
        }
        catch (NodeException failure) when (isLast && failure.Errno == Errno.ENOENT)
        {
            // It went while it was read, at the last try too.
            _isInterrupted = true;
        }

        writer.Dispose();
    }

    private void Run(Span<byte> request, int answer, Take take)
    {
        using var exchange = connection.Start(request, new NetlinkOperation(NftablesMessages.ReadingRuleset,
            NetlinkMessages.ThisNamespace), cancellation);
        while (exchange.MoveNext())
        {
            if (exchange.Current.Type == Type(answer))
            {
                take(exchange.Current);
            }
        }

        _isInterrupted |= exchange.IsInterrupted;
    }

    private NftTableParts? Find(NftFamily family, string name)
    {
        if (_last is not null && _last.Family == family && _last.Name == name)
        {
            return _last;
        }

        foreach (var table in _tables)
        {
            if (table.Family == family && table.Name == name)
            {
                return _last = table;
            }
        }

        return null;
    }

    private static ushort Type(int message) => (ushort)((NFNL_SUBSYS_NFTABLES << 8) | message);
}
