namespace K8sNetfilter.Namespaces;

/// <summary>One network namespace of a machine, network_namespaces(7), and whose it is as far as the machine says.</summary>
public sealed record NetworkNamespaceInfo
{
    /// <summary>The number that tells it from all others on the machine (nsfs has one device, so the inode is enough).</summary>
    public required ulong Inode { get; init; }

    /// <summary>Its name in /run/netns, ip-netns(8); null where it has none.</summary>
    public string? Name { get; init; }

    /// <summary>A path that opens it, such as <c>/proc/1234/ns/net</c>.</summary>
    public required string Path { get; init; }

    /// <summary>A process that lives in it: one of a pod's container where there is one. Null where no process is in it.</summary>
    public int? Pid { get; init; }

    /// <summary>The container of <see cref="Pid"/>, from its control group; null where that does not tell.</summary>
    public string? ContainerId { get; init; }

    /// <summary>The pod of <see cref="Pid"/>, from its control group; null where that does not tell.</summary>
    public string? PodUid { get; init; }

    /// <summary>That pod's name, <c>namespace/name</c>; null where no folder of kubelet's tells it.</summary>
    public string? PodName { get; init; }

    /// <summary>The shortest that names it: its name, else the process, else the path. What <c>-NetNamespace</c> takes.</summary>
    public override string ToString() =>
        Name ?? (Pid is { } pid ? pid.ToString(System.Globalization.CultureInfo.InvariantCulture) : Path);
}
