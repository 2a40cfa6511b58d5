using System.Globalization;
using System.Text;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>The connections that <c>conntrack -L</c> printed.</summary>
internal sealed class SnapshotConntrack : IConntrackSource
{
    private const int MostProblems = 100;

    private readonly SnapshotFiles _files;
    private readonly SnapshotSysctls _sysctls;

    public SnapshotConntrack(SnapshotFiles files, SnapshotSysctls sysctls)
    {
        _files = files;
        _sysctls = sysctls;
    }

    /// <inheritdoc/>
    public IEnumerable<ConntrackEntry>? Read(ConntrackFilter filter, Action<string> warn, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentNullException.ThrowIfNull(warn);
        return _files.TryOpen(out string name, SnapshotNames.Conntrack) is { } source
            ? Read(_files.Path, source, name, filter, warn, cancellation) : null;
    }

    /// <inheritdoc/>
    public ConntrackStatistic? ReadStatistic(CancellationToken cancellation)
    {
        // What is in neither file is missing by the first one's name; what the parameters say stands without either.
        IReadOnlyList<ConntrackCpuStatistic>? cpus = _files.Exists(SnapshotNames.ConntrackKernelStatistic[0])
            && !_files.Exists(SnapshotNames.ConntrackStatistic[0])
            ? ConntrackStatisticText.ParseKernel(_files.TryReadText(out _, SnapshotNames.ConntrackKernelStatistic) ?? "")
            : _files.TryReadText(out string name, SnapshotNames.ConntrackStatistic) is { } text ? Parse(name, text) : null;
        long? maximum = Setting("max");
        // A listing without the key says so only where it is whole, and no list of modules has the module.
        if (maximum is null && cpus is null or { Count: 0 } && _sysctls.Knows("net/netfilter/nf_conntrack_max"))
        {
            throw NodeException.Create(Messages.ResourceManager, nameof(Messages.ConntrackNotTracked), NodeErrorCategory.NotFound);
        }

        return cpus is null && maximum is null ? null : new ConntrackStatistic(cpus ?? [], Setting("count"), maximum, Setting("buckets"));
    }

    private static IEnumerable<ConntrackEntry> Read(string path, Stream source, string name, ConntrackFilter filter, Action<string> warn,
        CancellationToken cancellation)
    {
        using var reader = new StreamReader(source, Encoding.UTF8);
        var lines = new BoundedLines(reader);
        var events = new ConntrackEvents();
        int number = 0, problems = 0;
        while (lines.Read() is { } line)
        {
            cancellation.ThrowIfCancellationRequested();
            number++;
            if (line.Length == 0 || line.StartsWith("conntrack v", StringComparison.Ordinal))
            {
                // The tool's count of what it showed, from 2>&1.
                continue;
            }

            string? what = ConntrackText.EventOf(line, out string text);
            if (what is not null && !events.Any)
            {
                warn(SnapshotMessages.LineIsEvent(name, number.ToString(CultureInfo.InvariantCulture)));
            }

            if (!ConntrackText.TryParse(text, out var record, out string? problem))
            {
                if (++problems <= MostProblems)
                {
                    warn(SnapshotMessages.LineIsNoConnection(name, number.ToString(CultureInfo.InvariantCulture), problem));
                }

                continue;
            }

            if (what is not null)
            {
                if (!events.Take(record, isEnd: what == "DESTROY"))
                {
                    throw SnapshotFailure.TooMany(path, name, SnapshotLimits.Events, Messages.SnapshotLines);
                }
            }
            else if (filter.Matches(record))
            {
                yield return new ConntrackEntry(record);
            }
        }

        foreach (var entry in events.Entries.Where(e => filter.Matches(e)))
        {
            yield return new ConntrackEntry(entry);
        }
    }

    // Text without a counter is no output of the tool: what it would tell is not known, and not nothing.
    private static IReadOnlyList<ConntrackCpuStatistic> Parse(string name, string text)
    {
        var cpus = ConntrackStatisticText.Parse(text);
        return cpus.Count > 0 || string.IsNullOrWhiteSpace(text)
            ? cpus : throw SnapshotFailure.FileInvalid(name, SnapshotMessages.NoCounters);
    }

    private long? Setting(string name) =>
        long.TryParse(_sysctls.ReadValue("net/netfilter/nf_conntrack_" + name), NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out long value) ? value : null;
}
