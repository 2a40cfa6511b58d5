using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Packets;

/// <summary>One function that stands on a netfilter hook.</summary>
internal sealed class WalkHook
{
    public required WalkHookKind Kind { get; init; }

    public required int Priority { get; init; }

    public WalkChain? Chain { get; init; }

    public string? Policy { get; init; }

    public string Table { get; init; } = "";

    public NetfilterBackend? Backend { get; init; }
}
