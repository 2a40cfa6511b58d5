using K8sNetfilter.Configuration;
using K8sNetfilter.Text;

namespace K8sNetfilter.Namespaces;

/// <summary>
/// The names of a node's pods by their uids: kubelet keeps a pod's logs in <c>/var/log/pods/&lt;namespace&gt;_&lt;name&gt;_&lt;uid&gt;</c>
/// (pkg/kubelet/kuberuntime/helpers.go, BuildPodLogsDirectory), and its hosts file in <c>/var/lib/kubelet/pods/&lt;uid&gt;/etc-hosts</c>, whose last line
/// has its name alone.
/// </summary>
public sealed class PodNames
{
    private const string Logs = "/var/log/pods";
    private const string Kubelet = "/var/lib/kubelet/pods";

    private readonly INodeFiles _files;
    private Dictionary<string, string>? _byUid;

    /// <summary>Nothing is read yet.</summary>
    public PodNames(INodeFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        _files = files;
    }

    /// <summary>A namespace with its pod's name, where it is a pod's and the name is known.</summary>
    public NetworkNamespaceInfo Name(NetworkNamespaceInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return info is { PodUid: { } uid, PodName: null } ? info with { PodName = Find(uid) } : info;
    }

    /// <summary>The name of a pod: <c>namespace/name</c>, or the name alone; null where no folder tells it.</summary>
    public string? Find(string uid)
    {
        ArgumentNullException.ThrowIfNull(uid);
        _byUid ??= ReadLogs();
        if (!_byUid.TryGetValue(uid, out string? name))
        {
            // A uid is hexadecimal digits and dashes: no path leads out of the folder.
            name = uid.Length <= 64 && uid.All(c => char.IsAsciiHexDigit(c) || c == '-') ? OfHosts(_files.Read($"{Kubelet}/{uid}/etc-hosts")) : null;
        }

        return name;
    }

    private Dictionary<string, string> ReadLogs()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string folder in _files.List(Logs))
        {
            if (folder.Split('_') is [{ Length: > 0 } space, { Length: > 0 } name, { Length: > 0 } uid] && IsLabel(space) && IsLabel(name))
            {
                found[uid] = $"{space}/{name}";
            }
        }

        return found;
    }

    // "# Kubernetes-managed hosts file.", then the machine's own names, then the pod's address and name (pkg/kubelet/kubelet_pods.go, managedHostsFileContent).
    private static string? OfHosts(ConfigFile file)
    {
        string[] lines = ByteText.Decode(file.Content.Span).Split('\n');
        if (!lines[0].StartsWith("# Kubernetes-managed hosts file.", StringComparison.Ordinal))
        {
            return null;
        }

        string? name = null;
        foreach (string line in lines.Skip(1).TakeWhile(l => !l.StartsWith("# Entries added by", StringComparison.Ordinal)))
        {
            if (line.Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries) is [var address, .., var last] && address[0] != '#'
                && !address.StartsWith("fe00::", StringComparison.Ordinal) && address is not ("127.0.0.1" or "::1"))
            {
                name = last.Split('.')[0];
            }
        }

        return name is not null && IsLabel(name) ? name : null;
    }

    private static bool IsLabel(string text) => text.Length is > 0 and <= 253 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
}
