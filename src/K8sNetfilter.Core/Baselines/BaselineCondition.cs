namespace K8sNetfilter.Baselines;

/// <summary>When a requirement applies: all that is named must hold.</summary>
public sealed record BaselineCondition
{
    /// <summary>A condition that always holds.</summary>
    public static BaselineCondition Always { get; } = new();

    /// <summary>IPv6 must, or must not, be in use; null for either.</summary>
    public bool? IPv6 { get; init; }

    /// <summary>kube-proxy's mode is one of these; empty for any.</summary>
    public IReadOnlyList<string> ProxyMode { get; init; } = [];

    /// <summary>The CNI plugin is one of these; empty for any.</summary>
    public IReadOnlyList<string> Cni { get; init; } = [];

    /// <summary>The container runtime is one of these; empty for any.</summary>
    public IReadOnlyList<string> ContainerRuntime { get; init; } = [];

    /// <summary>Node ports are, or are not, answered at 127.0.0.1; null for either.</summary>
    public bool? LocalNodePorts { get; init; }

    /// <summary>The kernel is at least this version; null for any.</summary>
    public string? KernelAtLeast => From?.ToString();

    /// <summary>The kernel is below this version; null for any.</summary>
    public string? KernelBelow => Below?.ToString();

    /// <summary><see cref="KernelAtLeast"/> as a version.</summary>
    internal Version? From { get; init; }

    /// <summary><see cref="KernelBelow"/> as a version.</summary>
    internal Version? Below { get; init; }

    /// <summary>
    /// Tells whether the condition holds. Null where a fact that it needs is unknown: such a requirement is checked all the same, since
    /// leaving a check out by mistake hides a fault.
    /// </summary>
    public bool? Holds(BaselineFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        bool? all = true;
        all = And(all, IPv6 is null ? true : facts.IPv6 is null ? null : facts.IPv6 == IPv6);
        all = And(all, In(ProxyMode, facts.ProxyMode));
        all = And(all, In(Cni, facts.Cni));
        all = And(all, In(ContainerRuntime, facts.ContainerRuntime));
        all = And(all, LocalNodePorts is null ? true : facts.LocalNodePorts is null ? null : facts.LocalNodePorts == LocalNodePorts);
        all = And(all, From is null ? true : facts.Kernel is null ? null : facts.Kernel >= From);
        return And(all, Below is null ? true : facts.Kernel is null ? null : facts.Kernel < Below);
    }

    /// <summary>As help and plans print it: <c>ipv6, proxyMode iptables</c>; empty when it always holds.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        if (IPv6 is { } ipv6)
        {
            parts.Add(ipv6 ? "ipv6" : "no ipv6");
        }

        Add(parts, "proxyMode", ProxyMode);
        Add(parts, "cni", Cni);
        Add(parts, "containerRuntime", ContainerRuntime);
        if (LocalNodePorts is { } ports)
        {
            parts.Add(ports ? "localNodePorts" : "no localNodePorts");
        }

        if (KernelAtLeast is not null)
        {
            parts.Add($"kernel >= {KernelAtLeast}");
        }

        if (KernelBelow is not null)
        {
            parts.Add($"kernel < {KernelBelow}");
        }

        return string.Join(", ", parts);
    }

    private static void Add(List<string> parts, string name, IReadOnlyList<string> values)
    {
        if (values.Count != 0)
        {
            parts.Add($"{name} {string.Join(" or ", values)}");
        }
    }

    private static bool? In(IReadOnlyList<string> wanted, string? fact) =>
        wanted.Count == 0 ? true : fact is null ? null : wanted.Contains(fact, StringComparer.OrdinalIgnoreCase);

    // A false anywhere decides; an unknown is only kept where nothing is false.
    private static bool? And(bool? left, bool? right) => left == false || right == false ? false : left is null || right is null ? null : true;
}
