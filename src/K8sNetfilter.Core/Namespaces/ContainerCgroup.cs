namespace K8sNetfilter.Namespaces;

/// <summary>
/// Finds the pod and the container in a control group's path as kubelet and the container runtimes name it: with the cgroupfs driver
/// <c>/kubepods/burstable/pod&lt;uid&gt;/&lt;id&gt;</c>, with systemd's
/// <c>/kubepods.slice/…/kubepods-burstable-pod&lt;uid with _&gt;.slice/cri-containerd-&lt;id&gt;.scope</c>.
/// </summary>
public static class ContainerCgroup
{
    private const int LongestPath = 4096;

    /// <summary>Reads the text of /proc/PID/cgroup, cgroups(7): one line a hierarchy, <c>number:controllers:path</c>.</summary>
    /// <returns>The pod's uid with dashes and the container's id; each null where no line tells it.</returns>
    public static (string? PodUid, string? ContainerId) Parse(ReadOnlySpan<char> text)
    {
        string? pod = null, container = null;
        foreach (var line in text.EnumerateLines())
        {
            int first = line.IndexOf(':');
            int second = first < 0 ? -1 : line[(first + 1)..].IndexOf(':');
            if (second < 0 || line.Length > LongestPath)
            {
                continue;
            }

            foreach (var range in new PathParts(line[(first + second + 2)..]))
            {
                pod ??= PodUid(range);
                container = ContainerId(range) ?? container;
            }

            if (pod is not null && container is not null)
            {
                break;
            }
        }

        return (pod, container);
    }

    // "pod<uid>", "kubepods-burstable-pod<uid>.slice", and with an old containerd "kubepods-burstable-pod<uid>.slice:cri-containerd:<id>".
    private static string? PodUid(ReadOnlySpan<char> part)
    {
        int slice = part.IndexOf(".slice", StringComparison.Ordinal);
        if (slice >= 0)
        {
            part = part[..slice];
        }

        int at = part.LastIndexOf("pod", StringComparison.Ordinal);
        if (at < 0 || (at > 0 && part[at - 1] != '-'))
        {
            return null;
        }

        var uid = part[(at + 3)..];
        // A uid is a UUID; a static pod's is a hash of 32 digits. systemd's names have _ for -.
        int digits = 0;
        foreach (char c in uid)
        {
            if (char.IsAsciiHexDigit(c))
            {
                digits++;
            }
            else if (c is not ('-' or '_'))
            {
                return null;
            }
        }

        return digits == 32 ? uid.ToString().Replace('_', '-') : null;
    }

    // "<id>", "cri-containerd-<id>.scope", "docker-<id>.scope", "crio-<id>.scope", "libpod-<id>.scope", "…:cri-containerd:<id>".
    private static string? ContainerId(ReadOnlySpan<char> part)
    {
        if (part.EndsWith(".scope", StringComparison.Ordinal))
        {
            part = part[..^6];
        }

        int start = part.LastIndexOfAny('-', ':') + 1;
        var id = part[start..];
        if (id.Length != 64)
        {
            return null;
        }

        foreach (char c in id)
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return null;
            }
        }

        return id.ToString();
    }

    /// <summary>The parts of a path between slashes.</summary>
    private ref struct PathParts(ReadOnlySpan<char> path)
    {
        private ReadOnlySpan<char> _rest = path;
        private bool _ended;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly PathParts GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_ended)
            {
                return false;
            }

            int slash = _rest.IndexOf('/');
            Current = slash < 0 ? _rest : _rest[..slash];
            _ended = slash < 0;
            _rest = slash < 0 ? default : _rest[(slash + 1)..];
            return true;
        }
    }
}
