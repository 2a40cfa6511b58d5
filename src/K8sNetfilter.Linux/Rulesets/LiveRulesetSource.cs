using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Ipvs;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// The rules of this machine, or of one of its network namespaces, from iptables-save(8) and ip6tables-save(8) of both backends. Reading
/// changes nothing: <c>iptables-legacy-save</c> would create a table that it is asked for, so it is only asked for those that
/// /proc/net/ip_tables_names lists; and <c>iptables-nft-save</c> would load nf_tables, so it is only run where that is there and has
/// tables.
/// </summary>
public sealed partial class LiveRulesetSource : IRulesetSource, IHookSource, INftablesSource, IVirtualServerSource
{
    private static readonly IPFamily[] BothFamilies = [IPFamily.IPv4, IPFamily.IPv6];

    private const string HookModule = "nfnetlink_hook";

    private readonly KernelRoot _root;
    private readonly NetworkNamespace? _inside;
    private readonly NftTables _nft;

    /// <summary>Makes a source. Nothing is read yet.</summary>
    /// <param name="root">Where the node's files are.</param>
    /// <param name="inside">The network namespace; null for the calling thread's.</param>
    public LiveRulesetSource(KernelRoot root, NetworkNamespace? inside = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        _root = root;
        _inside = inside;
        _nft = new NftTables(root, inside);
    }

    /// <inheritdoc/>
    /// <exception cref="NodeException"><c>NotLinux</c>.</exception>
    public Ruleset? Read(RulesetQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (!_root.IsLive)
        {
            return null;
        }

        LiveKernel.Require(RulesetMessages.ReadingRules);
        var read = new List<Ruleset>();
        var problems = new List<NodeException>();
        foreach (var family in BothFamilies)
        {
            if (query.Family != IPFamily.Unspecified && query.Family != family)
            {
                continue;
            }

            bool isMixed = true;
            foreach (var backend in new[] { NetfilterBackend.Legacy, NetfilterBackend.Nft })
            {
                if (query.Backend is { } wanted && wanted != backend)
                {
                    isMixed = false;
                    continue;
                }

                Ruleset? part = null;
                try
                {
                    part = ReadOne(query, backend, family, cancellation);
                }
                catch (NodeException failure)
                {
                    Tell(query, problems, failure);
                    read.Add(HasOwnTables(backend, family, cancellation) ? NotRead(family, backend) : Ruleset.Empty);
                }

                isMixed &= part is not null && part.Tables.Any(t => t.RuleCount > 0);
                if (part is not null)
                {
                    read.Add(part);
                }
            }

            if (isMixed)
            {
                read.Add(new Ruleset([], [], [MixedBackends.Describe(family)]));
            }
        }

        read.Add(new Ruleset([], problems, []));
        return Ruleset.Join(read);
    }

    /// <inheritdoc/>
    /// <exception cref="NodeException"><c>NotLinux</c>, or the kernel's refusal.</exception>
    public KernelHooks? ReadHooks(CancellationToken cancellation)
    {
        if (!_root.IsLive)
        {
            return null;
        }

        LiveKernel.Require(RulesetMessages.ReadingHooks);
        using var tables = _nft.TryConnect();
        uint? generation = null;
        var (entries, chains) = tables is null ? ReadHooks(null, cancellation)
            : NftTables.OfOneGeneration(tables, () => ReadHooks(tables, cancellation), out generation, cancellation);
        return new KernelHooks(entries,
            [.. chains, .. new LayerTwoTables(_root, _inside).Read(entries, cancellation)]) { Generation = generation };
    }

    private (IReadOnlyList<HookEntry>? Entries, IReadOnlyList<NftBaseChain> Chains) ReadHooks(NetlinkConnection? tables,
        CancellationToken cancellation)
    {
        IReadOnlyList<HookEntry>? entries = null;
        if (KernelPart.IsPresent(_root, HookModule, "nfnl_hook_dump"))
        {
            using var connection = NftTables.Connect(_inside);
            entries = HookDump.Read(connection, cancellation);
        }

        return (entries, tables is null ? [] : new NftBaseChains(tables, cancellation).Read());
    }

    /// <inheritdoc/>
    /// <exception cref="NodeException"><c>RulesetToolMissing</c>, <c>RulesetToolFailed</c>, or the kernel's refusal.</exception>
    public ReadOnlyMemory<byte>? ReadNftTable(IPFamily family, string name, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!_root.IsLive)
        {
            return null;
        }

        LiveKernel.Require(RulesetMessages.ReadingNfTables);
        return ReadNftTable(family, name, out _, cancellation);
    }

    /// <inheritdoc/>
    public NftRuleset? ReadNftRuleset(CancellationToken cancellation) =>
        _root.IsLive ? new LiveNftables(_root, _inside).Read(NftQuery.All, cancellation) : null;

    /// <inheritdoc/>
    public IReadOnlyList<string>? ReadVirtualServers(CancellationToken cancellation)
    {
        if (!_root.IsLive)
        {
            return null;
        }

        // Of the thread, since /proc/net is the thread-group leader's (proc(5)). Absent where IPVS is not there: asking does not load it.
        string path = _root.Resolve("/proc/thread-self/net/ip_vs");
        return Inside(() =>
        {
            try
            {
                return File.ReadAllLines(path);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
            catch (UnauthorizedAccessException)
            {
                throw KernelFailure.From(Errno.EACCES, "Reading IPVS", path, "CAP_NET_ADMIN");
            }
        });
    }

    /// <summary>The legacy tables that this namespace has: asking for another one would create it.</summary>
    internal IReadOnlyList<string> LegacyTables(IPFamily family) => Inside(() => LegacyTablesHere(family));

    // Of the thread, since /proc/net is the thread-group leader's (proc(5)). Absent where ip_tables is not there.
    private string[] LegacyTablesHere(IPFamily family)
    {
        string path = _root.Resolve(family == IPFamily.IPv6
            ? "/proc/thread-self/net/ip6_tables_names" : "/proc/thread-self/net/ip_tables_names");
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            throw KernelFailure.From(Errno.EACCES, RulesetMessages.ReadingLegacyTables, path, "CAP_NET_ADMIN");
        }
    }

    // Another's table of nf_tables is no iptables rule, whoever could print it.
    private bool HasOwnTables(NetfilterBackend backend, IPFamily family, CancellationToken cancellation)
    {
        try
        {
            return backend == NetfilterBackend.Legacy || UnreadRules.Of(_nft.Names(family, cancellation)).Count > 0;
        }
        catch (NodeException)
        {
            return true;
        }
    }

    private static Ruleset NotRead(IPFamily family, NetfilterBackend backend) => new([], [], [])
    {
        Gaps = [new RulesetGap(family, RulesetMessages.RestOfTables(backend == NetfilterBackend.Nft ? "nft" : "legacy"))],
    };

    private static void Tell(RulesetQuery query, List<NodeException> problems, NodeException failure)
    {
        if (query.OnProblem is { } onProblem)
        {
            onProblem(failure);
        }
        else
        {
            problems.Add(failure);
        }
    }

    private T Inside<T>(Func<T> work) => _inside is null ? work() : _inside.Run(work);
}
