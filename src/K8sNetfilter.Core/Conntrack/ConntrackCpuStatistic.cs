using System.Globalization;
using System.Text;

namespace K8sNetfilter.Conntrack;

/// <summary>
/// The tracker's counters on one processor since the network namespace was made (<c>conntrack -S</c>; struct ip_conntrack_stat). A counter
/// that this kernel does not have is null.
/// </summary>
public sealed class ConntrackCpuStatistic
{
    /// <summary>The processor's number; -1 for the sum of all, which is all that old versions of <c>conntrack -S</c> print.</summary>
    public int Cpu { get; init; }

    /// <summary>Look-ups that found an entry in a place where it is counted (kernels before 5.10 count every one).</summary>
    public ulong? Found { get; init; }

    /// <summary>Packets that could not be tracked: malformed, or out of a connection's window.</summary>
    public ulong? Invalid { get; init; }

    /// <summary>Entries put into the table (since 5.10 only those made by netlink).</summary>
    public ulong? Insert { get; init; }

    /// <summary>
    /// Entries that lost against another with the same tuple: the packet was dropped. DNS through a Service shows it first.
    /// </summary>
    public ulong? InsertFailed { get; init; }

    /// <summary>Packets dropped because no entry could be made: the table is full, or memory.</summary>
    public ulong? Drop { get; init; }

    /// <summary>Entries that were not assured and were removed to make room in a full table.</summary>
    public ulong? EarlyDrop { get; init; }

    /// <summary>Packets that were not tracked for an error in them, ICMP errors above all.</summary>
    public ulong? Error { get; init; }

    /// <summary>Look-ups that began again because the table was resized or an entry moved meanwhile.</summary>
    public ulong? SearchRestart { get; init; }

    /// <summary>Clashes of two packets with the same tuple that could be resolved (5.8 and later).</summary>
    public ulong? ClashResolve { get; init; }

    /// <summary>Entries not inserted because the chain of their bucket was too long (5.15 and later).</summary>
    public ulong? ChainTooLong { get; init; }

    /// <summary>The counters in the words of <c>conntrack -S</c>; one that this kernel does not have is left out.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"cpu={Cpu}");
        foreach (var (name, value) in new[]
        {
            ("found", Found), ("invalid", Invalid), ("insert", Insert), ("insert_failed", InsertFailed), ("drop", Drop),
                ("early_drop", EarlyDrop),
            ("error", Error), ("search_restart", SearchRestart), ("clash_resolve", ClashResolve), ("chaintoolong", ChainTooLong),
        })
        {
            text.Append(value is null ? "" : string.Create(CultureInfo.InvariantCulture, $" {name}={value}"));
        }

        return text.ToString();
    }
}
