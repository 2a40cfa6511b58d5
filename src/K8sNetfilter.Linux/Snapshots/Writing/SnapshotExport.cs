using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Links.Iproute2;
using K8sNetfilter.Modules;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Processes;
using K8sNetfilter.Snapshots.Reading;
using K8sNetfilter.Snapshots.Redaction;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Writing;

/// <summary>
/// Takes a snapshot of a node: all that the reading cmdlets read, in the formats of the standard tools (about_NodeSnapshot). Reading
/// changes nothing on the node. A part that can't be read is told and left out; the snapshot has its name only once it is whole.
/// </summary>
public sealed partial class SnapshotExport
{
    // Keys that are secrets and decide nothing here.
    private static readonly string[] Secrets = ["/stable_secret", "net/ipv4/tcp_fastopen_key"];

    private readonly LiveNode _node;
    private readonly SnapshotExportOptions _options;
    private readonly CancellationToken _stop;
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private readonly List<string> _left = [];
    private readonly SnapshotRedaction? _redaction;
    private ISnapshotWriter _writer = null!;
    private IReadOnlyList<(string Name, long Size)> _listed = [];

    private SnapshotExport(LiveNode node, SnapshotExportOptions options, CancellationToken stop)
    {
        _node = node;
        _options = options;
        _stop = stop;
        _redaction = options.Redact
            ? new SnapshotRedaction(node.Sysctls.ReadValue("kernel/hostname"), node.Sysctls.ReadValue("kernel/domainname")) : null;
    }

    /// <summary>Fails where a snapshot may not be written to a path.</summary>
    public static void Check(string target, bool force) => SnapshotTarget.Check(target, force);

    /// <summary>Takes a snapshot.</summary>
    /// <param name="node">The node.</param>
    /// <param name="target">The folder to make, or the .tar.gz; absolute.</param>
    /// <param name="options">How.</param>
    /// <param name="stop">Stops it: nothing is left then.</param>
    /// <exception cref="NodeException"><c>SnapshotExists</c>, <c>SnapshotNotOurs</c>, <c>SnapshotNoFolder</c>,
    /// <c>SnapshotNoSuchArchive</c>, <c>SnapshotNotWritten</c>.</exception>
    public static void Run(LiveNode node, string target, SnapshotExportOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentException.ThrowIfNullOrEmpty(target);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var export = new SnapshotExport(node, options, stop);
            using var writer = new ListedWriter(SnapshotTarget.Open(target, options.Force));
            (export._writer, export._listed) = (writer, writer.Files);
            export.Capture();
            stop.ThrowIfCancellationRequested();
            writer.Complete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var failure = NodeException.Create(
                Messages.ResourceManager, nameof(Messages.SnapshotNotWritten), NodeErrorCategory.ResourceUnavailable,
                Printable.Text(target), e.Message);
            failure.Subject = target;
            throw failure;
        }
    }

    private void Capture()
    {
        (string Name, Action Work)[] parts =
        [
            (SnapshotMessages.PartSysctls, CaptureSysctls),
            (SnapshotMessages.PartLinks, () => CaptureLinks(_node.Links, "")),
            (SnapshotMessages.PartSockets, () => CaptureListeners(_node, "")),
            (SnapshotMessages.PartRules, CaptureRules),
            (SnapshotMessages.PartSets, CaptureIpsets),
            (SnapshotMessages.PartConntrack, CaptureConntrack),
            (SnapshotMessages.PartModules, CaptureModules),
            (SnapshotMessages.PartFiles, CaptureFiles),
            (SnapshotMessages.PartPods, CapturePods),
        ];
        for (int i = 0; i < parts.Length; i++)
        {
            _stop.ThrowIfCancellationRequested();
            _options.Progress(parts[i].Name, i * 100 / parts.Length);
            Try(parts[i].Name, parts[i].Work);
        }

        string version = typeof(SnapshotExport).Assembly.GetName().Version?.ToString() ?? "";
        string made = string.Create(CultureInfo.InvariantCulture,
            $"taken {DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC by Export-NodeSnapshot {version}");
        // The list has the names that the files have, so that it is not redacted a second time.
        using var output = _writer.Create(SnapshotTarget.Mark);
        output.Write(Encoding.UTF8.GetBytes($"Snapshot of {(_redaction is null ? Environment.MachineName : "a node, redacted")}, {made}.\n"
            + "What the files are, and the commands that print the same: Get-Help about_NodeSnapshot\n"
            + string.Concat(_counted.Select(l => l + "\n"))
            + SnapshotList.Write(_listed, _left.Select(l => _redaction?.Line(l, _redaction.ForFile(SnapshotTarget.Mark)) ?? l))));
    }

    private void CaptureSysctls()
    {
        var sysctls = _node.Sysctls;
        if (sysctls.ListKeys(_stop) is { } keys)
        {
            var values = sysctls.ReadValues(keys, _stop);
            using (var output = Writer(SnapshotNames.Sysctl[0]))
            {
                SysctlListing.Write(output, keys,
                    [.. values.Select((v, i) => Secrets.Any(s => keys[i].EndsWith(s, StringComparison.Ordinal)) ? null : v)]);
            }

            string Value(string key) => sysctls.ReadValue(key) ?? "(none)";
            string machine = RuntimeInformation.OSArchitecture switch
            {
                Architecture.X64 => "x86_64",
                Architecture.Arm64 => "aarch64",
                var other => other.ToString().ToLowerInvariant(),
            };
            Text(SnapshotNames.Uname[0],
                $"{Value("kernel/ostype")} {_redaction?.Host(Value("kernel/hostname")) ?? Value("kernel/hostname")} {Value("kernel/osrelease")} {Value("kernel/version")} {machine} GNU/Linux\n");
            if (ToolProcess.Find("sysctl") is { } tool)
            {
                using var process = ToolProcess.Start(tool, ["--version"], _stop);
                byte[] said = new byte[256];
                int count = process.Read(said);
                process.WaitForExit();
                Text(SnapshotNames.SysctlVersion[0], Encoding.UTF8.GetString(said, 0, count));
            }
        }
    }

    private void CaptureLinks(ILinkSource source, string folder)
    {
        if (source.ReadLinks(_options.Warn, _stop) is not { } links)
        {
            return;
        }

        var text = new IpJsonWriter(links);
        Json(folder + SnapshotNames.Links[0], o => text.WriteLinks(o, links));
        Json(folder + SnapshotNames.Addresses[0], o => text.WriteAddresses(o, source.ReadAddresses(_options.Warn, _stop) ?? []));
        var routes = source.ReadRoutes(_options.Warn, _stop) ?? [];
        var rules = source.ReadRules(_options.Warn, _stop) ?? [];
        foreach (var (family, of) in new[] { (IPFamily.IPv4, AddressFamily.InterNetwork), (IPFamily.IPv6, AddressFamily.InterNetworkV6) })
        {
            Json(folder + SnapshotNames.Routes(family)[0], o => text.WriteRoutes(o, routes.Where(r => r.Family == of)));
            Json(folder + SnapshotNames.Rules(family)[0], o => IpJsonWriter.WriteRules(o, rules.Where(r => r.Family == of)));
        }

        Json(folder + SnapshotNames.Neighbors[0], o => text.WriteNeighbors(o, source.ReadNeighbors(_options.Warn, _stop) ?? []));
        Json(folder + SnapshotNames.Forwarding[0], o =>
            text.WriteForwardingEntries(o, source.ReadForwardingEntries(_options.Warn, _stop) ?? []));
    }

    private void CaptureConntrack()
    {
        if (_node.Conntrack.Read(ConntrackFilter.All, _options.Warn, _stop) is not { } entries)
        {
            return;
        }

        using (var output = Writer(SnapshotNames.Conntrack[0]))
        {
            foreach (var entry in entries)
            {
                output.Write(ConntrackText.Format(entry,
                    ConntrackTextParts.Extended | ConntrackTextParts.Id | ConntrackTextParts.Labels | ConntrackTextParts.Timestamp));
                output.Write('\n');
            }
        }

        Try(SnapshotMessages.PartCounters, () =>
            Text(SnapshotNames.ConntrackStatistic[0], ConntrackStatisticText.Format(_node.Conntrack.ReadStatistic(_stop)?.Cpus ?? [])));
    }

    private void CaptureModules()
    {
        if (_node.IsLive)
        {
            foreach (string path in (string[])["/proc/modules", "/proc/cmdline", "/proc/filesystems", "/proc/net/ip_tables_names",
                "/proc/net/ip6_tables_names",
                "/proc/net/ip_tables_matches", "/proc/net/ip_tables_targets"])
            {
                Copy(path);
            }

            Exists("/sys/class/misc/tun");

            if (ConfigFolder.List(_node.Root, "/sys/module", out _) is { } modules)
            {
                // As KernelFeature has it: a folder with an initstate is a loaded module's.
                Text(SnapshotNames.SysModule[0], string.Concat(modules.Where(m => m is not ("." or "..")
                    && !ConfigFolder.Exists(_node.Root, $"/sys/module/{m}/initstate")).Order(StringComparer.Ordinal).Select(m =>
                    m + "\n")));
            }
        }

        if (_node.Modules.Catalog is { } catalog)
        {
            foreach (string name in (string[])["modules.dep", "modules.builtin", "modules.alias", "modules.symbols",
                "modules.builtin.alias", "modules.softdep"])
            {
                CopyBytes($"{catalog.Folder}/{name}");
            }
        }
        else if (_node.IsLive)
        {
            CopyBytes(KernelConfig.Path);
        }
    }

    private void CopyBytes(string path)
    {
        if (ConfigFolder.TryReadAll(_node.Root, path, 128 << 20) is { } content && _written.Add(path))
        {
            using var output = _writer.Create(path.TrimStart('/'));
            output.Write(content);
        }
    }

    private void CapturePods()
    {
        if (!_options.IncludePods || _node.Links.ReadPeerNamespaces(_stop) is not { } namespaces)
        {
            return;
        }

        Json(SnapshotNames.Namespaces[0], o =>
            IpJsonWriter.WriteNamespaces(o, namespaces.Select(n => KeyValuePair.Create(n.Key, _redaction?.Name(n.Value) ?? n.Value))));
        // One that neither a name nor a process leads to (a descriptor keeps it) still tells its addresses by the id that this one has for
        // it.
        var links = _node.Links.ReadLinks(_options.Warn, _stop) ?? [];
        var addresses = _node.Links.ReadPeerAddresses(links, _options.Warn, _stop) ?? new Dictionary<int, IReadOnlyList<Address>>();
        foreach (var other in links.Where(l => l.PeerNamespaceId is { } id && !namespaces.ContainsKey(id) && addresses.ContainsKey(l.Index))
            .GroupBy(l => l.PeerNamespaceId!.Value))
        {
            Json($"{SnapshotNames.NamespaceFolder}/{SnapshotNames.NamespaceById(other.Key)}/{SnapshotNames.Addresses[0]}",
                o => new IpJsonWriter([]).WriteAddresses(o, other.SelectMany(l => addresses[l.Index])));
        }

        foreach (var (_, info) in namespaces)
        {
            _stop.ThrowIfCancellationRequested();
            Try(SnapshotMessages.NetworkNamespace(info), () =>
            {
                using var space = NetworkNamespace.Open(_node.Root, info);
                var pod = new LiveNode(_node.Root, space);
                string folder = $"{SnapshotNames.NamespaceFolder}/{SnapshotLinks.FolderOf(_redaction?.Name(info) ?? info)}/";
                CaptureLinks(pod.Links, folder);
                CaptureListeners(pod, folder);
                CaptureFirewall(pod, folder);
            });
        }
    }

    // Copies a file with the links that lead to it, each as it is: a snapshot resolves them by itself.
    private void Copy(string nodePath, int depth = 0)
    {
        string[] parts = nodePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string path = "";
        for (int i = 0; i < parts.Length && depth < SnapshotLimits.Links; i++)
        {
            string parent = path;
            path += "/" + parts[i];
            // /proc/net is a link to the process's own, which is not the thread's.
            string? target = path is "/proc/net" ? null : new FileInfo(_node.Root.Resolve(path)).LinkTarget;
            if (target is not null)
            {
                if (_written.Add(path))
                {
                    _writer.Link(path.TrimStart('/'), target);
                }

                string whole = target.StartsWith('/') ? target : parent + "/" + target;
                Copy(Normalize(whole + string.Concat(parts.Skip(i + 1).Select(p => "/" + p))), depth + 1);
                return;
            }
        }

        string source = path.StartsWith("/proc/net/", StringComparison.Ordinal) ? "/proc/thread-self" + path["/proc".Length..] : path;
        var file = _node.Network is { } network && source != path
            ? network.Run(() => ConfigFolder.ReadFile(_node.Root, source)) : ConfigFolder.ReadFile(_node.Root, source);
        if (file.Problem is null && _written.Add(path))
        {
            using var output = Create(path.TrimStart('/'), isConfiguration: path.StartsWith("/etc/", StringComparison.Ordinal));
            output.Write(file.Content.Span);
        }
    }

    private static string Normalize(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("." or ".."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    // An empty file says that the node had something there.
    private void Exists(string path)
    {
        if (ConfigFolder.Exists(_node.Root, path) && _written.Add(path))
        {
            _writer.Create(path.TrimStart('/')).Dispose();
        }
    }

    private void Json(string name, Action<Stream> write)
    {
        _stop.ThrowIfCancellationRequested();
        using var output = Create(name);
        write(output);
    }

    private void Text(string name, string text)
    {
        using var output = Writer(name);
        output.Write(text);
    }

    private StreamWriter Writer(string name) => new(Create(name), new UTF8Encoding(false), 1 << 16);

    private Stream Create(string name, bool isConfiguration = false)
    {
        var file = _writer.Create(name);
        return _redaction is null ? file : new RedactingStream(file, _redaction, _redaction.ForFile(name, isConfiguration));
    }

    private void Try(string name, Action work)
    {
        try
        {
            work();
        }
        catch (NodeException failure)
        {
            Leave(name, failure);
        }
    }

    private void Leave(string name, NodeException failure)
    {
        _left.Add($"{name}: {failure.Message}");
        _options.Warn(SnapshotMessages.NotCaptured(name, failure.Message));
    }
}
