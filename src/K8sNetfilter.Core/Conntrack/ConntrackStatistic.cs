using K8sNetfilter.Text;

namespace K8sNetfilter.Conntrack;

/// <summary>The tracker's counters over all processors, and how full its table is.</summary>
public sealed class ConntrackStatistic
{
    /// <summary>Makes the total of what the processors counted.</summary>
    public ConntrackStatistic(IReadOnlyList<ConntrackCpuStatistic> cpus, long? count, long? maximum, long? buckets)
    {
        Cpus = [.. cpus];
        Count = count;
        Maximum = maximum;
        Buckets = buckets;
        Found = Sum(c => c.Found);
        Invalid = Sum(c => c.Invalid);
        Insert = Sum(c => c.Insert);
        InsertFailed = Sum(c => c.InsertFailed);
        Drop = Sum(c => c.Drop);
        EarlyDrop = Sum(c => c.EarlyDrop);
        Error = Sum(c => c.Error);
        SearchRestart = Sum(c => c.SearchRestart);
        ClashResolve = Sum(c => c.ClashResolve);
        ChainTooLong = Sum(c => c.ChainTooLong);
    }

    /// <summary>Entries of this network namespace.</summary>
    public long? Count { get; }

    /// <summary>How many it may have (<c>net.netfilter.nf_conntrack_max</c>); 0 means no limit.</summary>
    public long? Maximum { get; }

    /// <summary>Hash buckets, shared by all network namespaces (<c>net.netfilter.nf_conntrack_buckets</c>).</summary>
    public long? Buckets { get; }

    /// <summary>How full the table is, in per cent; null where that is not known or there is no limit.</summary>
    public double? UsedPercent => Count is { } count && Maximum is > 0 ? Math.Round(100.0 * count / Maximum.Value, 1) : null;

    /// <inheritdoc cref="ConntrackCpuStatistic.Found"/>
    public ulong? Found { get; }

    /// <inheritdoc cref="ConntrackCpuStatistic.Invalid"/>
    public ulong? Invalid { get; }

    /// <inheritdoc cref="ConntrackCpuStatistic.Insert"/>
    public ulong? Insert { get; }

    /// <inheritdoc cref="ConntrackCpuStatistic.InsertFailed"/>
    public ulong? InsertFailed { get; }

    /// <inheritdoc cref="ConntrackCpuStatistic.Drop"/>
    public ulong? Drop { get; }

    /// <inheritdoc cref="ConntrackCpuStatistic.EarlyDrop"/>
    public ulong? EarlyDrop { get; }

    /// <inheritdoc cref="ConntrackCpuStatistic.Error"/>
    public ulong? Error { get; }

    /// <inheritdoc cref="ConntrackCpuStatistic.SearchRestart"/>
    public ulong? SearchRestart { get; }

    /// <inheritdoc cref="ConntrackCpuStatistic.ClashResolve"/>
    public ulong? ClashResolve { get; }

    /// <inheritdoc cref="ConntrackCpuStatistic.ChainTooLong"/>
    public ulong? ChainTooLong { get; }

    /// <summary>The same by processor.</summary>
    public ValueList<ConntrackCpuStatistic> Cpus { get; }

    // Null where no processor has the counter: a kernel without it has not counted nothing. The kernel's counters are 32 bits and wrap;
    // their sum is of more.
    private ulong? Sum(Func<ConntrackCpuStatistic, ulong?> counter)
    {
        ulong? sum = null;
        foreach (var cpu in Cpus)
        {
            if (counter(cpu) is { } value)
            {
                sum = unchecked((sum ?? 0) + value);
            }
        }

        return sum;
    }
}
