using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>What a node says of its rules.</summary>
public interface IRulesetSource
{
    /// <summary>Reads the rules. A backend or family that the node cannot tell of is a problem of the answer; the rest still comes.</summary>
    /// <param name="query">Which rules.</param>
    /// <param name="cancellation">Ends the reading, and what was started for it.</param>
    /// <returns>The tables; null where the node does not say anything of its rules.</returns>
    Ruleset? Read(RulesetQuery query, CancellationToken cancellation);

    /// <summary>
    /// What the kernel says of its hooks. Null where no running kernel is asked; the hooks then follow from the rules.
    /// </summary>
    KernelHooks? ReadHooks(CancellationToken cancellation) => null;

    /// <summary>
    /// A table of nf_tables as <c>nft -j list table</c> prints it: UTF-8 JSON, libnftables-json(5). Null where the node has no such table
    /// or does not say.
    /// </summary>
    /// <param name="family">The family: <c>ip</c> or <c>ip6</c>.</param>
    /// <param name="name">The table's name.</param>
    /// <param name="cancellation">Ends the reading.</param>
    ReadOnlyMemory<byte>? ReadNftTable(IPFamily family, string name, CancellationToken cancellation) => null;

    /// <summary>The lines of /proc/net/ip_vs; null where the node has no IPVS or does not say.</summary>
    IReadOnlyList<string>? ReadVirtualServers(CancellationToken cancellation) => null;
}
