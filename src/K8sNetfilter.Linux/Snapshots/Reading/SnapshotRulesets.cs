using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.Ipvs;
using K8sNetfilter.Nftables;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>The rules of a snapshot's dumps: those of each backend, or those of whatever backend <c>iptables-save</c> was.</summary>
internal sealed class SnapshotRulesets : IRulesetSource, IHookSource, INftablesSource, IVirtualServerSource
{
    private readonly SnapshotFiles _files;
    private readonly SnapshotModules _modules;

    public SnapshotRulesets(SnapshotFiles files, SnapshotModules modules)
    {
        _files = files;
        _modules = modules;
    }

    /// <inheritdoc/>
    public Ruleset? Read(RulesetQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (_files.NoteLost([.. Families(query.Family).SelectMany(FilesOf)]) is not null)
        {
            // The rest of the rules alone would say what the node does not do.
            return null;
        }

        var read = new List<Ruleset>();
        var room = new RuleRoom();
        bool any = false;
        foreach (var family in Families(query.Family))
        {
            var parts = new List<Ruleset>();
            var given = new List<NetfilterBackend>();
            bool hasOwn = false;
            foreach (var backend in new[] { NetfilterBackend.Legacy, NetfilterBackend.Nft })
            {
                string name = SnapshotNames.Rules(backend, family);
                if (!_files.Exists(name))
                {
                    continue;
                }

                // What is no regular file is missing, and said to be.
                if (query.Backend is not null && query.Backend != backend)
                {
                    hasOwn = true;
                }
                else if (ReadFile(query, family, backend, [name], room, cancellation) is { } part)
                {
                    hasOwn = true;
                    given.Add(backend);
                    parts.Add(part);
                }
            }

            if (!hasOwn && ReadFile(query, family, null, SnapshotNames.PlainRules(family), room, cancellation) is { } plain)
            {
                parts.Add(plain);
                hasOwn = true;
            }

            any |= hasOwn;
            read.AddRange(parts);
            if (query is { Backend: null, Table: null })
            {
                read.Add(new Ruleset([], [], []) { Gaps = Gaps(parts, family, given) });
            }

            if (query.Backend is null && parts.SelectMany(p => p.Tables).Where(t => t.RuleCount > 0 && t.Backend is not null)
                .Select(t => t.Backend).Distinct().Count() > 1)
            {
                read.Add(new Ruleset([], [], [MixedBackends.Describe(family)]));
            }
        }

        return any ? Ruleset.Join(read) : null;
    }

    /// <inheritdoc/>
    public KernelHooks? ReadHooks(CancellationToken cancellation)
    {
        if (_files.NoteLost(SnapshotNames.NftHooks[0], SnapshotNames.NftChains[0]) is not null)
        {
            return null;
        }

        // A kernel without nfnetlink_hook prints nothing, and is then asked no more than live: the hooks follow from tables and rules.
        var entries = _files.Exists(SnapshotNames.NftHooks[0]) && _files.TryReadText(out _, SnapshotNames.NftHooks) is { } hooks
            ? NftHookText.Parse(hooks) : null;
        var chains = new List<NftBaseChain>();
        string? missing = null;
        if (_files.Exists(SnapshotNames.NftChains[0])
            && _files.TryReadNft(out string name, SnapshotNames.NftChains) is { Length: > 0 } json)
        {
            chains.AddRange(Json.Read(name, () => NftChainJson.Parse(json)));
        }
        else if (IsThere("nf_tables") != false)
        {
            missing = KernelHooks.MissingChains(SnapshotNames.NftChains[0]);
        }

        missing = ReadLegacy(SnapshotNames.Ebtables, HookLayer.Bridge, ["ebtable_filter", "ebtable_nat", "ebtable_broute"],
            "ebtables-legacy -L", chains) ?? missing;
        missing = ReadLegacy(SnapshotNames.Arptables, HookLayer.Arp, ["arptable_filter"], "arptables-legacy -nL", chains) ?? missing;
        return new KernelHooks(entries is { Count: > 0 } ? entries : null, chains) { Missing = missing };
    }

    // Where the file is not there, it is missed only where a module shows that there may be something.
    private string? ReadLegacy(string[] names, HookLayer layer, string[] modules, string command, List<NftBaseChain> chains)
    {
        if (_files.Exists(names[0]) && _files.TryReadListing(out _, names) is { Length: > 0 } text)
        {
            chains.AddRange(LegacyChainText.Parse(text, layer));
            return null;
        }

        return modules.Any(m => IsThere(m) == true) ? SnapshotMessages.LayerTwoTables(names[0], command) : null;
    }

    // Null where neither the loaded modules nor what is built in is known.
    private bool? IsThere(string module) =>
        _modules.ShowsBuiltIn(module) || _modules.Loaded?.Any(m => m.Name == module) == true ? true
        : _modules.Loaded is null || _modules.Catalog is not { } catalog ? null
        : catalog.IsBuiltIn(module);

    /// <inheritdoc/>
    /// <remarks>
    /// kube-proxy's alone is kept. Where the hooks show that the node had it, and its file is not there, the file is missing.
    /// </remarks>
    public ReadOnlyMemory<byte>? ReadNftTable(IPFamily family, string name, CancellationToken cancellation)
    {
        string[] names = SnapshotNames.NftServices(family);
        if (name != NftServiceReader.Table
            || (!_files.Exists(names[0]) && ReadHooks(cancellation)?.BaseChains.Any(c => c.Table == name && c.Family == family) != true))
        {
            return null;
        }

        // A redirection leaves an empty file where nft knows no such table.
        return _files.TryReadNft(out _, names) is { Length: > 0 } json ? json : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string>? ReadVirtualServers(CancellationToken cancellation) =>
        _files.Exists(SnapshotNames.VirtualServers[0]) && _files.TryReadListing(out _, SnapshotNames.VirtualServers) is { Length: > 0 } text
            ? text.Split('\n') : null;

    private static IPFamily[] Families(IPFamily asked) => asked == IPFamily.Unspecified ? [IPFamily.IPv4, IPFamily.IPv6] : [asked];

    private static IEnumerable<string> FilesOf(IPFamily family) =>
        [SnapshotNames.Rules(NetfilterBackend.Legacy, family), SnapshotNames.Rules(NetfilterBackend.Nft, family),
            .. SnapshotNames.PlainRules(family)];

    private Ruleset? ReadFile(RulesetQuery query, IPFamily family, NetfilterBackend? backend, string[] names, RuleRoom room,
        CancellationToken cancellation)
    {
        using var source = _files.TryOpen(out string name, names);
        if (source is null)
        {
            return null;
        }

        bool IsAsked(string table, NetfilterBackend? of) =>
            (query.Table is null || table == query.Table) && (query.Backend is null || of is null || of == query.Backend);
        var options = new RulesetParserOptions
        {
            Source = name,
            Backend = backend,
            Family = family,
            WantsChain = c => IsAsked(c.Table, c.Backend) && query.WantsChain?.Invoke(c) != false,
            OnRule = query.OnRule,
            OnProblem = query.OnProblem,
            ChainsOnly = query.ChainsOnly,
            MostTables = room.Tables,
            MostChains = room.Chains,
            MostRules = room.Rules,
        };
        Ruleset ruleset;
        try
        {
            room.Take(_files.Path, name, source.Length);
            ruleset = RulesetFile.ReadDump(source, options, cancellation);
            room.Take(ruleset);
        }
        catch (NodeException failure) when (query.OnProblem is not null)
        {
            query.OnProblem(failure);
            return new Ruleset([], [], []) { Gaps = [new RulesetGap(family, SnapshotMessages.RulesOfFile(name))] };
        }

        return new Ruleset([.. ruleset.Tables.Where(t => IsAsked(t.Name, t.Backend))], ruleset.Problems, ruleset.Notices)
        {
            Unread = [.. ruleset.Unread.Where(u => IsAsked(u.Name, u.Backend))],
            Gaps = ruleset.Gaps,
        };
    }

    // What the files leave open: nft's base chains show which of its tables there are, a file of the kernel's which of legacy's.
    private List<RulesetGap> Gaps(List<Ruleset> parts, IPFamily family, IReadOnlyCollection<NetfilterBackend> given)
    {
        string listing = family == IPFamily.IPv6 ? "proc/net/ip6_tables_names" : "proc/net/ip_tables_names";
        string[]? legacy = _files.Exists(listing) && _files.TryReadText(out _, listing) is { } text
            ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : null;
        var ruleset = Ruleset.Join(parts);
        var gaps = RulesetGaps.Of(ruleset, family, given, knowsTables: legacy is not null || _files.Exists(SnapshotNames.NftChains[0]))
            .ToList();
        if (given.Contains(NetfilterBackend.Legacy))
        {
            gaps.AddRange((legacy ?? []).Where(t => ruleset.FindTable(t, family, NetfilterBackend.Legacy) is null)
                .Select(t => new RulesetGap(family, SnapshotMessages.LegacyTable(Printable.Text(t, 40), listing))));
        }
        else if (legacy?.Length > 0)
        {
            gaps.RemoveAll(g => g.Backend == NetfilterBackend.Legacy);
            gaps.Add(new(family, SnapshotMessages.LegacyTables(listing, legacy.Length)) { Backend = NetfilterBackend.Legacy });
        }
        else if (legacy?.Length == 0)
        {
            gaps.RemoveAll(g => g.Backend == NetfilterBackend.Legacy);
        }

        return gaps;
    }

    // What all dumps of a snapshot may still have.
    private sealed class RuleRoom
    {
        private long _bytes = SnapshotLimits.Rules;

        public int Tables { get; private set; } = SnapshotLimits.RuleTables;

        public int Chains { get; private set; } = SnapshotLimits.RuleChains;

        public int Rules { get; private set; } = SnapshotLimits.RuleCount;

        public void Take(string path, string name, long bytes) =>
            _bytes = bytes <= _bytes ? _bytes - bytes : throw SnapshotFailure.TooLarge(path, name, SnapshotLimits.Rules);

        public void Take(Ruleset read)
        {
            Tables -= read.Tables.Count;
            Chains -= read.Tables.Sum(t => t.Chains.Count);
            Rules -= read.Tables.Sum(t => t.RuleCount);
        }
    }
}
