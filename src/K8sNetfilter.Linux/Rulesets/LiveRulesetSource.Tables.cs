using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Processes;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <content>What the tools print of one backend and family, all of it of one moment.</content>
public sealed partial class LiveRulesetSource
{
    /// <summary>What a backend's save tool prints, whole; nothing where the backend has no tables.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="family">The family.</param>
    /// <param name="generation">The generation of nf_tables that it is of; null for legacy.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="NodeException"><c>RulesetToolMissing</c>, <c>RulesetToolFailed</c>, <c>RulesetChanging</c>.</exception>
    internal MemoryStream Save(NetfilterBackend backend, IPFamily family, out uint? generation, CancellationToken cancellation)
    {
        LiveKernel.Require(RulesetMessages.ReadingRules);
        for (int attempt = 1; attempt <= SteadyRuleset.Tries; attempt++)
        {
            using var watch = Watch(backend, family, cancellation);
            generation = watch.Generation;
            if (watch.Tables.Count == 0)
            {
                return new MemoryStream();
            }

            var tool = FindTool(backend, family, watch.Tables, out string name, cancellation);
            if (ReadWhole(name, tool.Path, [.. tool.Arguments, "-c"], watch, cancellation) is { } text)
            {
                return text;
            }
        }

        throw SteadyRuleset.Failure(NameOf(backend));
    }

    /// <summary>A table of nf_tables as JSON, and the generation that it is of; null where it is not there.</summary>
    /// <exception cref="NodeException"><c>RulesetToolMissing</c>, <c>RulesetToolFailed</c>, <c>RulesetChanging</c>.</exception>
    internal ReadOnlyMemory<byte>? ReadNftTable(IPFamily family, string name, out uint? generation, CancellationToken cancellation)
    {
        for (int attempt = 1; attempt <= SteadyRuleset.Tries; attempt++)
        {
            using var watch = Watch(NetfilterBackend.Nft, family, cancellation);
            generation = watch.Generation;
            if (!watch.Tables.Contains(name, StringComparer.Ordinal))
            {
                return null;
            }

            string tool = ToolProcess.Find("nft")
                ?? throw NodeException.Create(Messages.ResourceManager, nameof(Messages.RulesetToolMissing), NodeErrorCategory.NotSupported,
                    "nft", Printable.Text(name));
            // Numbers for protocols and services: names would be those of this machine's /etc/services.
            if (ReadWhole("nft", tool, ["-j", "-n", "list", "table", family == IPFamily.IPv6 ? "ip6" : "ip", name], watch,
                cancellation) is { } text)
            {
                return text.GetBuffer().AsMemory(0, (int)text.Length);
            }
        }

        throw SteadyRuleset.Failure("nft");
    }

    private RulesetWatch Watch(NetfilterBackend backend, IPFamily family, CancellationToken cancellation) => backend == NetfilterBackend.Nft
        ? RulesetWatch.OfNft(_nft, family, cancellation) : RulesetWatch.OfLegacy(() => LegacyTablesHere(family), _inside, family);

    private static string NameOf(NetfilterBackend backend) => backend == NetfilterBackend.Nft ? "nft" : "legacy";

    private static IptablesTool FindTool(NetfilterBackend backend, IPFamily family, IReadOnlyList<string> tables, out string name,
        CancellationToken cancellation)
    {
        name = IptablesTool.NameOf(backend, family);
        return IptablesTool.Find(backend, family, cancellation)
            ?? throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.RulesetToolMissing), NodeErrorCategory.NotSupported, name,
                string.Join(", ", tables.Select(t => Printable.Text(t))));
    }

    /// <summary>All that a tool prints, from its beginning; null where the rules changed meanwhile.</summary>
    /// <exception cref="NodeException"><c>RulesetToolFailed</c>.</exception>
    private MemoryStream? ReadWhole(string name, string tool, IReadOnlyList<string> arguments, RulesetWatch watch,
        CancellationToken cancellation)
    {
        // Only the start happens inside: the tool stays there, and its output is read on the caller's thread.
        RuntimeThreads.StartForProcesses();
        using var process = Inside(() => ToolProcess.Start(tool, arguments, cancellation));
        var text = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        int count = process.Read(buffer);
        if (watch.IsNft && !watch.IsSame(cancellation))
        {
            return null;
        }

        for (; count > 0; count = process.Read(buffer))
        {
            text.Write(buffer, 0, count);
        }

        int status = process.WaitForExit();
        if (!watch.IsNft && !watch.IsSame(cancellation))
        {
            return null;
        }

        if (status != 0)
        {
            throw IptablesTool.Failed(name, status, process.ErrorText);
        }

        text.Position = 0;
        return text;
    }

    private Ruleset? ReadOne(RulesetQuery query, NetfilterBackend backend, IPFamily family, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            using var watch = Watch(backend, family, cancellation);
            if (watch.Tables.Count == 0 || (query.Table is not null && !watch.Tables.Contains(query.Table, StringComparer.Ordinal)))
            {
                return watch.Generation is { } none ? new Ruleset([], [], []) { Generations = [none] } : null;
            }

            // Rules that were handed on as they came cannot be taken back.
            bool isLast = attempt == SteadyRuleset.Tries || (query.OnRule is not null && !watch.IsNft);
            if (ReadOne(query, backend, family, watch, isLast, cancellation) is { } ruleset)
            {
                return ruleset;
            }
        }
    }

    // Null where the rules changed meanwhile and can be read again.
    private Ruleset? ReadOne(RulesetQuery query, NetfilterBackend backend, IPFamily family, RulesetWatch watch, bool isLast,
        CancellationToken cancellation)
    {
        var tool = FindTool(backend, family, watch.Tables, out string name, cancellation);
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
            // What is read again has its problems told once.
            OnProblem = query.OnRule is null ? null : query.OnProblem,
            ChainsOnly = query.ChainsOnly,
        });
        // Beside the tool, which does the same and then prints for longer. The kernel's chains alone do not need it.
        using var connection = backend == NetfilterBackend.Nft && !query.ChainsOnly ? NftTables.Connect(_inside) : null;
        var printed = UnreadRules.Of(query.Table is null ? watch.Tables : [query.Table]);
        var inspection = connection is null
            ? null : Task.Run(() => NftTables.Inspect(connection, family, printed, cancellation), CancellationToken.None);
        try
        {
            RuntimeThreads.StartForProcesses();
            using var process = Inside(() => ToolProcess.Start(tool.Path, arguments, cancellation));
            bool isSame = ReadTool(process, parser, watch, marks, query.OnRule is null ? null : inspection, isLast, cancellation);
            return !isSame && !isLast ? null
                : Finish(query, new SaveReading(backend, family, name, process, isSame), parser.Complete(), watch, printed, inspection,
                isLast);
        }
        finally
        {
            // It looks at the token, and is done before its connection goes.
            inspection?.ContinueWith(static _ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    /// <summary>Reads what a save tool prints; false where the rules changed before it had read them.</summary>
    private static bool ReadTool(
        ToolProcess process, RulesetParser parser, RulesetWatch watch, UnreadMarks marks, Task<NftInspection>? inspection, bool isLast,
        CancellationToken cancellation)
    {
        int count = process.Read(parser.GetBuffer().Span);
        bool isSame = true;
        if (watch.IsNft)
        {
            // The tool asks the kernel for all rules before it prints the first: what changes later does not matter.
            isSame = watch.IsSame(cancellation);
            if (inspection is not null)
            {
                var seen = inspection.GetAwaiter().GetResult();
                isSame &= seen.Generation == watch.Generation;
                marks.Add(seen);
            }

            if (!isSame && !isLast)
            {
                return false;
            }
        }

        while (count > 0)
        {
            parser.Advance(count);
            count = process.Read(parser.GetBuffer().Span);
        }

        return isSame && (watch.IsNft || watch.IsSame(cancellation));
    }

    private static Ruleset? Finish(
        RulesetQuery query, SaveReading reading, Ruleset ruleset, RulesetWatch watch, IReadOnlyList<string> printed,
        Task<NftInspection>? inspection, bool isLast)
    {
        var seen = inspection?.GetAwaiter().GetResult();
        bool isSame = reading.IsSame && (seen is null || seen.Generation == watch.Generation);
        if (!isSame && !isLast)
        {
            return null;
        }

        int status = reading.Process.WaitForExit();
        var problems = new List<NodeException>();
        foreach (var problem in ruleset.Problems)
        {
            Tell(query, problems, problem);
        }

        // The tool says which rules it does not show: those are read from the kernel here.
        ruleset = new Ruleset(ruleset.Tables, problems, ruleset.Notices);
        if (!isSame)
        {
            return SteadyRuleset.Torn(query, ruleset, reading.Backend, reading.Family);
        }

        ruleset = seen is null ? ruleset : Ruleset.Join([ruleset, UnreadRules.Mark(ruleset, seen, printed, reading.Family)]);
        ruleset = watch.Generation is { } generation
            ? Ruleset.Join([ruleset, new Ruleset([], [], []) { Generations = [generation] }]) : ruleset;
        if (status == 0)
        {
            return ruleset;
        }

        var failure = IptablesTool.Failed(reading.Name, status, reading.Process.ErrorText);
        failure.Subject = reading.Name;
        var failed = new List<NodeException>();
        Tell(query, failed, failure);
        return Ruleset.Join([ruleset, new Ruleset([], failed, []), NotRead(reading.Family, reading.Backend)]);
    }

    private sealed record SaveReading(NetfilterBackend Backend, IPFamily Family, string Name, ToolProcess Process, bool IsSame);
}
