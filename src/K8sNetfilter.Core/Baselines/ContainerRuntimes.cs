namespace K8sNetfilter.Baselines;

/// <summary>The container runtimes that a condition can name, and where a node shows which it has.</summary>
public static class ContainerRuntimes
{
    /// <summary>
    /// Where their sockets are, in the order in which they count: Docker brings a containerd of its own, so that its bridge to Kubernetes
    /// decides before that, and Docker itself, which can stand beside any of them for building, comes last.
    /// </summary>
    public static IReadOnlyList<string> Sockets { get; } =
    [
        "/run/cri-dockerd.sock", "/run/k3s/containerd/containerd.sock", "/run/k0s/containerd.sock", "/run/containerd/containerd.sock",
        "/run/crio/crio.sock", "/run/docker.sock",
    ];

    /// <summary>The files in which kubelet is told which one it uses: its configuration, and the flags that kubeadm gives it.</summary>
    public static IReadOnlyList<string> KubeletFiles { get; } = ["/var/lib/kubelet/kubeadm-flags.env", "/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet-config.yaml"];

    /// <summary>The runtime behind a socket or an endpoint such as <c>unix:///run/crio/crio.sock</c>; null where it is none that is known.</summary>
    public static string? NameOf(string? endpoint) => endpoint switch
    {
        null => null,
        _ when endpoint.Contains("docker", StringComparison.Ordinal) => "docker",
        _ when endpoint.Contains("containerd", StringComparison.Ordinal) => "containerd",
        _ when endpoint.Contains("crio", StringComparison.Ordinal) => "cri-o",
        _ => null,
    };

    /// <summary>The endpoint that one of kubelet's files names (containerRuntimeEndpoint, --container-runtime-endpoint); null where it names none.</summary>
    public static string? EndpointIn(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            foreach (string key in (string[])["containerRuntimeEndpoint:", "--container-runtime-endpoint="])
            {
                int at = line.IndexOf(key);
                if (at >= 0 && !line.TrimStart().StartsWith("#"))
                {
                    var value = line[(at + key.Length)..].TrimStart(" \"'");
                    int end = value.IndexOfAny(" \"'#");
                    return (end < 0 ? value : value[..end]).ToString() is { Length: > 0 } endpoint ? endpoint : null;
                }
            }
        }

        return null;
    }
}
