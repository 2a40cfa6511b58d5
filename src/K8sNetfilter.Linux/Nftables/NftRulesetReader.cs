using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>
/// Reads nf_tables by netlink: dumps of tables, chains, rules, sets with their elements, objects and flowtables, between two looks at the
/// generation. If another process commits meanwhile, all is read again, a bounded number of times; then what was read last is given, and
/// that it may not fit together.
/// </summary>
/// <param name="open">Opens a connection in the namespace; where there is much to read, a second one is opened.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class NftRulesetReader(Func<NetlinkConnection> open, CancellationToken cancellation) : IDisposable
{
    /// <summary>How often tables are read that change each time.</summary>
    public const int Tries = 5;

    // A dump of all rules begins each datagram at the first rule and goes past those that were sent (nf_tables_dump_rules), so that its
    // time grows with the square of their number; a dump of one chain costs a request. Below this number of chains the first is the faster
    // one.
    private const int ManyChains = 2000;

    // From this number of chains or sets on they are read over two connections: the kernel walks all sets of a table for each dump of one.
    private const int ManyItems = 500;

    private readonly NetlinkConnection _connection = open();
    private NetlinkConnection? _secondConnection;
    private NftDumper _dumper = null!;
    private NftDumper? _second;
    private List<NftTableParts> _tables = [];
    private NftTableParts? _last;

    /// <summary>Reads what a query names.</summary>
    /// <exception cref="NodeException">The kernel refused.</exception>
    public NftRuleset Read(NftQuery query)
    {
        for (int attempt = 1; ; attempt++)
        {
            bool isLast = attempt == Tries;
            _dumper = new NftDumper(_connection, new NftNames(), cancellation);
            _second = null;
            _tables = [];
            _last = null;
            uint? before = NftGeneration.Read(_connection, cancellation);
            try
            {
                ReadAll(query, isLast);
            }
            catch (NodeException failure) when (!isLast && IsOfChange(failure))
            {
                continue;
            }

            uint? after = NftGeneration.Read(_connection, cancellation);
            bool isOne = before == after && !_dumper.IsInterrupted && _second?.IsInterrupted != true;
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

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _secondConnection?.Dispose();
    }

    // A chain or set that was there a moment before, or a socket that was overrun.
    private static bool IsOfChange(NodeException failure) =>
        failure.Errno is Errno.ENOENT or Errno.ENOBUFS or Errno.EMSGSIZE or Errno.EINTR;

    private void ReadAll(NftQuery query, bool isLast)
    {
        _dumper.Dump(NFT_MSG_GETTABLE, NFT_MSG_NEWTABLE, query, message =>
        {
            var table = NftTableReader.Table(message, _dumper.Reader.Names);
            if (query.Table is null || query.Table == table.Name)
            {
                _tables.Add(table);
            }
        });
        if (query.WithRules)
        {
            _dumper.Dump(NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN, query, message =>
            {
                var chain = NftTableReader.Chain(message, _dumper.Reader.Names, out string table);
                if (Find(NftTableReader.Family(message), table) is { } of && of.ChainsByName.TryAdd(chain.Name, chain))
                {
                    of.Chains.Add(chain);
                }
            });
            ReadRules(query, isLast);
            _dumper.Dump(NFT_MSG_GETFLOWTABLE, NFT_MSG_NEWFLOWTABLE, query, message =>
            {
                var flowtable = NftTableReader.Flowtable(message, _dumper.Reader.Names, out string table);
                Find(NftTableReader.Family(message), table)?.Flowtables.Add(flowtable);
            });
        }

        ReadSets(query, isLast);
        _dumper.Dump(NFT_MSG_GETOBJ, NFT_MSG_NEWOBJ, query, message =>
        {
            var read = NftObjectReader.Read(message, _dumper.Reader, out string table);
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
            var rules = new NftRuleCollector(_dumper.Reader, Find);
            _dumper.Dump(NFT_MSG_GETRULE, NFT_MSG_NEWRULE, query, rules.Add);
            return;
        }

        var used = new List<NftChainParts>(chains);
        var tables = new List<NftTableParts>(chains);
        foreach (var table in _tables)
        {
            foreach (var chain in table.Chains)
            {
                // Without a rule, and nothing leads to it.
                if (chain.Use != 0)
                {
                    used.Add(chain);
                    tables.Add(table);
                }
            }
        }

        Share(used.Count, (i, dumper) =>
        {
            var chain = used[i];
            dumper.Each(NFT_MSG_GETRULE, NFT_MSG_NEWRULE, tables[i].Family, tables[i].Name, NFTA_RULE_TABLE, NFTA_RULE_CHAIN, chain.Name,
                isLast,
                message => chain.Rules.Add(NftRuleReader.Read(message, dumper.Reader, out _, out _)));
        });
    }

    private void ReadSets(NftQuery query, bool isLast)
    {
        var sets = new List<NftSetParts>();
        _dumper.Dump(NFT_MSG_GETSET, NFT_MSG_NEWSET, query, message =>
        {
            var set = NftSetReader.Read(message, _dumper.Reader);
            if (query.Set is null || query.Set == set.Name)
            {
                sets.Add(set);
            }
        });
        var built = new NftSet?[sets.Count];
        Share(sets.Count, (i, dumper) =>
        {
            var set = sets[i];
            var elements = set.Elements();
            if (query.WithElements)
            {
                dumper.Each(NFT_MSG_GETSETELEM, NFT_MSG_NEWSETELEM, set.Family, set.Table, NFTA_SET_ELEM_LIST_TABLE,
                    NFTA_SET_ELEM_LIST_SET, set.Name,
                    isLast, message => NftElementReader.Read(message, set, elements, dumper.Reader));
            }

            built[i] = set.Build(elements.Build());
            if (query.Set is not null)
            {
                built[i]!.Prepare();
            }
        });
        for (int i = 0; i < sets.Count; i++)
        {
            Find(sets[i].Family, sets[i].Table)?.Sets.Add(built[i]!);
        }
    }

    // Reads each of many things; the second connection takes every other part of them.
    private void Share(int count, Action<int, NftDumper> read)
    {
        const int Part = 16;
        if (count < ManyItems)
        {
            for (int i = 0; i < count; i++)
            {
                read(i, _dumper);
            }

            return;
        }

        // A socket stays in the namespace of the thread that opens it.
        _secondConnection ??= open();
        _second ??= new NftDumper(_secondConnection, _dumper.Reader.Names, cancellation);
        int next = 0;
        var other = Task.Run(() => Take(_second), CancellationToken.None);
        try
        {
            Take(_dumper);
        }
        finally
        {
            // So that it ends soon if this one failed.
            Interlocked.Exchange(ref next, count);
            other.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default).Wait(CancellationToken.None);
        }

        other.GetAwaiter().GetResult();

        void Take(NftDumper dumper)
        {
            for (int from; (from = Interlocked.Add(ref next, Part) - Part) < count;)
            {
                for (int i = from; i < Math.Min(count, from + Part); i++)
                {
                    read(i, dumper);
                }
            }
        }
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
}
