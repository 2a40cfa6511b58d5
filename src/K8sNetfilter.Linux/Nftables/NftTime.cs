namespace K8sNetfilter.Nftables;

/// <summary>The kernel's times in nf_tables: milliseconds.</summary>
internal static class NftTime
{
    private static readonly ulong Most = (ulong)TimeSpan.MaxValue.TotalMilliseconds - 1;

    /// <summary>A time; the longest that there is for one that is longer.</summary>
    public static TimeSpan FromMilliseconds(ulong milliseconds) =>
        new((long)(Math.Min(milliseconds, Most) * TimeSpan.TicksPerMillisecond));
}
