using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Packets;
using K8sNetfilter.Processes;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// The rules of this machine, or of one of its network namespaces, from iptables-save(8) and ip6tables-save(8) of both backends. Reading
/// changes nothing: <c>iptables-legacy-save</c> would create a table that it is asked for, so it is only asked for those that
/// /proc/net/ip_tables_names lists; and <c>iptables-nft-save</c> would load nf_tables, so it is only run where that is there and has tables.
/// </summary>
public sealed class LiveRulesetSource : IRulesetSource
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

        LiveKernel.Require("Reading netfilter rules");
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

        LiveKernel.Require("Reading the netfilter hooks");
        IReadOnlyList<HookEntry>? entries = null;
        if (KernelPart.IsPresent(_root, HookModule, "nfnl_hook_dump"))
        {
            using var connection = NftTables.Connect(_inside);
            entries = HookDump.Read(connection, cancellation);
        }

        return new KernelHooks(entries, [.. _nft.BaseChains(cancellation), .. new LayerTwoTables(_root, _inside).Read(entries, cancellation)]);
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

        LiveKernel.Require("Reading nf_tables");
        if (!_nft.Names(family, cancellation).Contains(name, StringComparer.Ordinal))
        {
            return null;
        }

        string tool = ToolProcess.Find("nft")
            ?? throw NodeException.Create(Messages.ResourceManager, nameof(Messages.RulesetToolMissing), NodeErrorCategory.NotSupported, "nft", Printable.Text(name));
        // Numbers for protocols and services: names would be those of this machine's /etc/services.
        using var text = ReadWhole("nft", tool, ["-j", "-n", "list", "table", family == IPFamily.IPv6 ? "ip6" : "ip", name], cancellation);
        return text.GetBuffer().AsMemory(0, (int)text.Length);
    }

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
    internal IReadOnlyList<string> LegacyTables(IPFamily family)
    {
        // Of the thread, since /proc/net is the thread-group leader's (proc(5)). Absent where ip_tables is not there.
        string path = _root.Resolve(family == IPFamily.IPv6 ? "/proc/thread-self/net/ip6_tables_names" : "/proc/thread-self/net/ip_tables_names");
        return Inside(() =>
        {
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
                throw KernelFailure.From(Errno.EACCES, "Reading the legacy tables", path, "CAP_NET_ADMIN");
            }
        });
    }

    /// <summary>What a backend's save tool prints, whole; nothing where the backend has no tables.</summary>
    /// <exception cref="NodeException"><c>RulesetToolMissing</c>, <c>RulesetToolFailed</c>.</exception>
    internal MemoryStream Save(NetfilterBackend backend, IPFamily family, CancellationToken cancellation)
    {
        LiveKernel.Require("Reading netfilter rules");
        var tables = backend == NetfilterBackend.Legacy ? LegacyTables(family) : _nft.Names(family, cancellation);
        if (tables.Count == 0)
        {
            return new MemoryStream();
        }

        string name = IptablesTool.NameOf(backend, family);
        var tool = IptablesTool.Find(backend, family, cancellation)
            ?? throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.RulesetToolMissing), NodeErrorCategory.NotSupported, name, string.Join(", ", tables.Select(t => Printable.Text(t))));
        return ReadWhole(name, tool.Path, [.. tool.Arguments, "-c"], cancellation);
    }

    /// <summary>All that a tool prints, from its beginning.</summary>
    /// <exception cref="NodeException"><c>RulesetToolFailed</c>.</exception>
    private MemoryStream ReadWhole(string name, string tool, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        // Only the start happens inside: the tool stays there, and its output is read on the caller's thread.
        RuntimeThreads.StartForProcesses();
        using var process = Inside(() => ToolProcess.Start(tool, arguments, cancellation));
        var text = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        int count;
        while ((count = process.Read(buffer)) > 0)
        {
            text.Write(buffer, 0, count);
        }

        int status = process.WaitForExit();
        if (status != 0)
        {
            throw ToolFailed(name, status, process);
        }

        text.Position = 0;
        return text;
    }

    private static NodeException ToolFailed(string name, int status, ToolProcess process) => NodeException.Create(
        Messages.ResourceManager, nameof(Messages.RulesetToolFailed), NodeErrorCategory.ResourceUnavailable, name, status, Printable.Text(process.ErrorText));

    private Ruleset? ReadOne(RulesetQuery query, NetfilterBackend backend, IPFamily family, CancellationToken cancellation)
    {
        var tables = backend == NetfilterBackend.Legacy ? LegacyTables(family) : _nft.Names(family, cancellation);
        if (tables.Count == 0 || (query.Table is not null && !tables.Contains(query.Table, StringComparer.Ordinal)))
        {
            return null;
        }

        string name = IptablesTool.NameOf(backend, family);
        var tool = IptablesTool.Find(backend, family, cancellation)
            ?? throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.RulesetToolMissing), NodeErrorCategory.NotSupported, name, string.Join(", ", tables.Select(t => Printable.Text(t))));
        List<string> arguments = query.WithoutCounters ? [.. tool.Arguments] : [.. tool.Arguments, "-c"];
        if (query.Table is not null)
        {
            arguments.AddRange(["-t", query.Table]);
        }

        var marks = new UnreadMarks();
        var parser = new RulesetParser(new RulesetParserOptions
        {
            IsUnread = marks.Contains,
            Source = name,
            Backend = backend,
            Family = family,
            WantsChain = query.WantsChain,
            OnRule = query.OnRule,
            OnProblem = query.OnProblem,
            ChainsOnly = query.ChainsOnly,
        });
        // Beside the tool, which does the same and then prints for longer. The kernel's chains alone do not need it.
        using var connection = backend == NetfilterBackend.Nft && !query.ChainsOnly ? NftTables.Connect(_inside) : null;
        var printed = UnreadRules.Of(query.Table is null ? tables : [query.Table]);
        var inspection = connection is null ? null : Task.Run(() => NftTables.Inspect(connection, family, printed, cancellation), CancellationToken.None);
        try
        {
            return ReadTool(query, backend, tool, name, arguments, parser, marks, printed, inspection, family, cancellation);
        }
        finally
        {
            // It looks at the token, and is done before its connection goes.
            inspection?.ContinueWith(static _ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    private Ruleset ReadTool(
        RulesetQuery query, NetfilterBackend backend, IptablesTool tool, string name, List<string> arguments, RulesetParser parser, UnreadMarks marks,
        IReadOnlyList<string> printed, Task<NftInspection>? inspection, IPFamily family, CancellationToken cancellation)
    {
        // Only the start happens inside: the tool stays there, and its output is read on the caller's thread.
        RuntimeThreads.StartForProcesses();
        using var process = Inside(() => ToolProcess.Start(tool.Path, arguments, cancellation));
        if (query.OnRule is not null && inspection is not null)
        {
            // The tool asks the kernel for all rules before it prints the first: by then the inspection has seen them too.
            marks.Add(inspection.GetAwaiter().GetResult());
        }

        int count;
        while ((count = process.Read(parser.GetBuffer().Span)) > 0)
        {
            parser.Advance(count);
        }

        int status = process.WaitForExit();
        var ruleset = parser.Complete();
        // What the tool says that it does not show is asked of the kernel here.
        ruleset = new Ruleset(ruleset.Tables, ruleset.Problems, ruleset.Notices);
        if (inspection is not null)
        {
            ruleset = Ruleset.Join([ruleset, UnreadRules.Mark(ruleset, inspection.GetAwaiter().GetResult(), printed, family)]);
        }

        if (status == 0)
        {
            return ruleset;
        }

        var failure = ToolFailed(name, status, process);
        failure.Subject = name;
        var problems = new List<NodeException>();
        Tell(query, problems, failure);
        return Ruleset.Join([ruleset, new Ruleset([], problems, []), NotRead(family, backend)]);
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
        Gaps = [new RulesetGap(family, $"the rest of the tables of {(backend == NetfilterBackend.Nft ? "nft" : "legacy")}, which could not be read")],
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
