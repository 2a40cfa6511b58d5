using System.Globalization;
using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Text;

namespace K8sNetfilter.Namespaces;

/// <summary>All network namespaces of a machine.</summary>
public static class NetworkNamespaces
{
    /// <summary>Where namespaces are kept by name: ip-netns(8) and the CNI runtimes, and Docker.</summary>
    internal static readonly string[] NamedFolders = ["/run/netns", "/run/docker/netns"];

    /// <summary>
    /// Finds each namespace once, through /run/netns and the processes that live in it. One that neither has (a socket or a descriptor
    /// keeps it) is not found.
    /// </summary>
    /// <param name="root">Where /run and /proc are.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <returns>The namespaces: those with names first, then by process id.</returns>
    public static IReadOnlyList<NetworkNamespaceInfo> Find(KernelRoot root, CancellationToken cancellation = default) =>
        Find(root, null, cancellation);

    /// <summary>
    /// Finds each namespace once; those with names are opened for it, and shown to <paramref name="opened"/> while they are.
    /// </summary>
    internal static IReadOnlyList<NetworkNamespaceInfo> Find(KernelRoot root, Action<NetworkNamespace>? opened,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(root);
        var found = new Dictionary<ulong, NetworkNamespaceInfo>();
        var order = new List<ulong>();
        foreach (string folder in NamedFolders)
        {
            foreach (string path in Entries(root.Resolve(folder)).Order(StringComparer.Ordinal))
            {
                cancellation.ThrowIfCancellationRequested();
                string name = Path.GetFileName(path);
                if (InodeOf(path, opened) is { } inode && !found.ContainsKey(inode))
                {
                    found.Add(inode, new NetworkNamespaceInfo { Inode = inode, Name = Printable.Text(name), Path = root.ToNodePath(path) });
                    order.Add(inode);
                }
            }
        }

        // Pods on the host's network share the node's own namespace, which is nobody's.
        ulong? node = NetworkNamespace.InodeAt(root.Resolve("/proc/1/ns/net"));
        foreach (int pid in Processes(root))
        {
            cancellation.ThrowIfCancellationRequested();
            string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
            if (NetworkNamespace.InodeAt(root.Resolve(process + "/ns/net")) is not { } inode)
            {
                continue;
            }

            bool known = found.TryGetValue(inode, out var info);
            if (known && (info!.PodUid is not null || (inode == node && info.Pid is not null)))
            {
                continue;
            }

            // A pod's namespace may also hold a tool that somebody started inside it: a process of a pod is the better witness.
            var (pod, container) = inode == node ? default : ContainerCgroup.Parse(ReadCgroup(root.Resolve(process + "/cgroup")));
            if (!known)
            {
                order.Add(inode);
                found[inode] = new NetworkNamespaceInfo { Inode = inode, Path = process + "/ns/net", Pid = pid, PodUid = pod,
                    ContainerId = container };
            }
            else if (info!.Pid is null || pod is not null || (container is not null && info.ContainerId is null))
            {
                found[inode] = info with
                {
                    Pid = pid, PodUid = pod, ContainerId = container, Path = info.Name is null ? process + "/ns/net" : info.Path,
                };
            }
        }

        var names = new PodNames(new RootFiles(root));
        return [.. order.Select(i => names.Name(found[i]))];
    }

    private static ulong? InodeOf(string path, Action<NetworkNamespace>? opened)
    {
        try
        {
            using var space = NetworkNamespace.OpenPath(path, path);
            opened?.Invoke(space);
            return space.Inode;
        }
        catch (NodeException)
        {
            // A leftover of a namespace that is gone, or not ours to open: it is not in the list.
            return null;
        }
    }

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFiles(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static List<int> Processes(KernelRoot root)
    {
        var pids = new List<int>();
        try
        {
            foreach (string path in Directory.EnumerateDirectories(root.Resolve("/proc")))
            {
                if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
                {
                    pids.Add(pid);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No /proc here, so no process is known.
        }

        pids.Sort();
        return pids;
    }

    // A line for each hierarchy; the kernel bounds a path at 4096 bytes, and what is longer than this names nobody's pod.
    private static string ReadCgroup(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> text = stackalloc byte[8192];
            int length = 0, read;
            while (length < text.Length && (read = RandomAccess.Read(file, text[length..], length)) > 0)
            {
                length += read;
            }

            return Encoding.UTF8.GetString(text[..length]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended meanwhile.
            return "";
        }
    }
}
