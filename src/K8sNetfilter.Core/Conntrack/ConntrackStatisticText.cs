using System.Globalization;

namespace K8sNetfilter.Conntrack;

/// <summary>The lines of <c>conntrack -S</c>, read and written: <c>cpu=0 found=0 invalid=3 insert=0 …</c>.</summary>
public static class ConntrackStatisticText
{
    /// <summary>
    /// Reads the output. Lines of other tools (expectations) and keys that are not known are passed over. Old versions print one counter a
    /// line, with the sum of all processors (<c>insert_failed 12</c>): that is one entry, whose <see cref="ConntrackCpuStatistic.Cpu"/> is
    /// -1.
    /// </summary>
    public static IReadOnlyList<ConntrackCpuStatistic> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var cpus = new List<ConntrackCpuStatistic>();
        var sums = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var counters = new Dictionary<string, ulong>(StringComparer.Ordinal);
            string[] words = line.ToString().Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is [var key, var sum] && Array.IndexOf(Counters, key) >= 0
                && ulong.TryParse(sum, NumberStyles.None, CultureInfo.InvariantCulture, out ulong total))
            {
                sums[key] = total;
                continue;
            }

            foreach (var range in words)
            {
                int equals = range.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0 && ulong.TryParse(range.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture,
                    out ulong value))
                {
                    counters[range[..equals]] = value;
                }
            }

            if (counters.TryGetValue("cpu", out ulong cpu) && cpu <= int.MaxValue)
            {
                cpus.Add(Of((int)cpu, counters));
            }
        }

        if (cpus.Count == 0 && sums.Count > 0)
        {
            cpus.Add(Of(-1, sums));
        }

        return cpus;
    }

    private static readonly string[] Counters =
    [
        "entries", "searched", "found", "new", "invalid", "ignore", "delete", "delete_list", "insert", "insert_failed", "drop",
            "early_drop", "icmp_error", "error",
        "expect_new", "expect_create", "expect_delete", "search_restart", "clash_resolve", "chaintoolong",
    ];

    private static ConntrackCpuStatistic Of(int cpu, Dictionary<string, ulong> counters)
    {
        ulong? Get(string key) => counters.TryGetValue(key, out ulong value) ? value : null;
        return new ConntrackCpuStatistic
        {
            Cpu = cpu,
            Found = Get("found"),
            Invalid = Get("invalid"),
            Insert = Get("insert"),
            InsertFailed = Get("insert_failed"),
            Drop = Get("drop"),
            EarlyDrop = Get("early_drop"),
            // Tools before 1.4.6 said icmp_error.
            Error = Get("error") ?? Get("icmp_error"),
            SearchRestart = Get("search_restart"),
            ClashResolve = Get("clash_resolve"),
            ChainTooLong = Get("chaintoolong"),
        };
    }

    /// <summary>
    /// Reads /proc/net/stat/nf_conntrack: a line of names, then a line of hexadecimal numbers for each processor that the machine could
    /// have.
    /// </summary>
    public static IReadOnlyList<ConntrackCpuStatistic> ParseKernel(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] names = lines.Length == 0 ? [] : lines[0].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var cpus = new List<ConntrackCpuStatistic>();
        foreach (string line in lines.Skip(1))
        {
            string[] values = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            ulong? Get(string name)
            {
                int column = Array.IndexOf(names, name);
                return column >= 0 && column < values.Length
                    && ulong.TryParse(values[column], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
                    ? value : null;
            }

            cpus.Add(new ConntrackCpuStatistic
            {
                Cpu = cpus.Count,
                Found = Get("found"),
                Invalid = Get("invalid"),
                Insert = Get("insert"),
                InsertFailed = Get("insert_failed"),
                Drop = Get("drop"),
                EarlyDrop = Get("early_drop"),
                Error = Get("icmp_error"),
                SearchRestart = Get("search_restart"),
                ClashResolve = Get("clashres"),
                ChainTooLong = Get("chaintoolong"),
            });
        }

        return cpus;
    }

    /// <summary>Writes what <see cref="Parse"/> reads.</summary>
    public static string Format(IEnumerable<ConntrackCpuStatistic> cpus)
    {
        ArgumentNullException.ThrowIfNull(cpus);
        return string.Concat(cpus.Select(c =>
        {
            (string Key, ulong? Value)[] counters =
            [
                ("found", c.Found), ("invalid", c.Invalid), ("insert", c.Insert), ("insert_failed", c.InsertFailed), ("drop", c.Drop),
                ("early_drop", c.EarlyDrop), ("error", c.Error), ("search_restart", c.SearchRestart), ("clash_resolve", c.ClashResolve),
                ("chaintoolong", c.ChainTooLong),
            ];
            return string.Create(CultureInfo.InvariantCulture, $"cpu={c.Cpu} ")
                + string.Join(' ', counters.Where(p => p.Value is not null)
                .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value}")))
                + "\n";
        }));
    }
}
