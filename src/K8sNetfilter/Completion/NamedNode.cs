using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Snapshots.Reading;

namespace K8sNetfilter.Completion;

/// <summary>
/// The node that a command line names so far, as <see cref="Commands.NodeCommand"/> would open it: a snapshot, a root, a network namespace or
/// this machine; or the dumps of its -Path. Paths are relative to PowerShell's location, not to the process's.
/// </summary>
internal sealed class NamedNode : IDisposable
{
    private readonly string? _snapshot;
    private readonly string? _root;
    private readonly bool _isLive;
    private readonly string? _space;
    private NetworkNamespace? _opened;

    private NamedNode(IDictionary? bound)
    {
        _snapshot = Text(bound, "Snapshot");
        _root = Text(bound, "Root");
        _isLive = bound?["Live"] is true or SwitchParameter { IsPresent: true };
        _space = Text(bound, "NetNamespace");
        IsContradiction = (_snapshot is not null && (_root is not null || _isLive || _space is not null)) || (_root is not null && !_isLive && _space is not null);
        var session = Session();
        _snapshot = Local(session, _snapshot);
        _root = Local(session, _root);
        Dumps = bound?.Contains("Path") == true ? [.. Texts(bound["Path"]).SelectMany(p => Resolve(session, p))] : null;
    }

    /// <summary>The files of -Path that are there and hold something; null where the command line has none. A FIFO or a device holds nothing.</summary>
    public IReadOnlyList<string>? Dumps { get; }

    /// <summary>True where the command line names two nodes at once: the cmdlet will refuse, and there is nothing to offer.</summary>
    public bool IsContradiction { get; }

    /// <summary>True where the node is named otherwise than as this machine.</summary>
    public bool IsElsewhere => _snapshot is not null || (_root is not null && !_isLive);

    /// <summary>Reads the parameters. Nothing is opened yet.</summary>
    public static NamedNode Of(IDictionary? bound) => new(bound);

    /// <summary>Opens the node.</summary>
    /// <exception cref="Errors.NodeException">It is not there, or not one.</exception>
    public INode Open(CancellationToken stop)
    {
        if (_snapshot is not null)
        {
            return new SnapshotNode(_snapshot, stop);
        }

        var root = _root is null ? KernelRoot.Live : _isLive ? KernelRoot.OfHost(_root) : new KernelRoot(_root);
        _opened ??= _space is null ? null : NetworkNamespace.Open(KernelRoot.Live, _space);
        return new LiveNode(root, _opened);
    }

    /// <inheritdoc/>
    public void Dispose() => _opened?.Dispose();

    private static IEnumerable<string> Resolve(PathIntrinsics? session, string path)
    {
        IEnumerable<string> files;
        try
        {
            files = session is null ? [Path.GetFullPath(path)] : session.GetResolvedProviderPathFromPSPath(path, out _);
        }
        catch (Exception e) when (e is RuntimeException or ArgumentException or NotSupportedException or IOException)
        {
            return [];
        }

        return files.Where(f => new FileInfo(f) is { Exists: true, Length: > 0 });
    }

    private static string? Local(PathIntrinsics? session, string? path)
    {
        try
        {
            return path is null || session is null ? path : session.GetUnresolvedProviderPathFromPSPath(path);
        }
        catch (Exception e) when (e is RuntimeException or ArgumentException or NotSupportedException)
        {
            return path;
        }
    }

    // Asked of the engine itself, which is busy completing: a script of its own is let in, and so is none of the session's commands.
    private static PathIntrinsics? Session()
    {
        if (Runspace.DefaultRunspace is null)
        {
            return null;
        }

        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        return (shell.AddScript("$ExecutionContext").Invoke().FirstOrDefault()?.BaseObject as EngineIntrinsics)?.SessionState.Path;
    }

    private static string? Text(IDictionary? bound, string name) => bound?[name] is { } value && value.ToString() is { Length: > 0 } text ? text : null;

    private static IEnumerable<string> Texts(object? value) =>
        value is string or not IEnumerable ? [value?.ToString() ?? ""] : ((IEnumerable)value).Cast<object?>().Select(v => v?.ToString() ?? "");
}
