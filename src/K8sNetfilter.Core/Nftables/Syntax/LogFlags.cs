namespace K8sNetfilter.Nftables.Syntax;

/// <summary>The flags of log, in the order of their bits: NF_LOG_* of linux/netfilter/nf_log.h.</summary>
internal static class LogFlags
{
    public static readonly IReadOnlyList<string> All = ["tcp sequence", "tcp options", "ip options", "skuid", "ether"];

    /// <summary>Each flag once, in order; "all" alone if all are there.</summary>
    public static IReadOnlyList<string> InOrder(IReadOnlyList<string> flags) =>
        flags.Contains("all") || All.All(flags.Contains) ? ["all"] : [.. All.Where(flags.Contains)];
}
