using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Snapshots.Reading;

namespace K8sNetfilter.Commands;

/// <summary>
/// What every cmdlet of this module has in common: which node it is about, a token that Ctrl-C cancels, and one way to report a failure.
/// A cmdlet overrides <see cref="ProcessNode"/> and leaves what is worth a unit test to the floors below.
/// </summary>
public abstract class NodeCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private INode? _node;

    /// <summary>The folder of -Root; null for a cmdlet that has no such parameter, and where it is left out.</summary>
    private protected virtual string? RootFolder => null;

    /// <summary>The token that Ctrl-C cancels. All I/O takes it.</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <summary>The folder that stands for the node's root.</summary>
    protected KernelRoot NodeRoot => _root ??= OpenRoot();

    private KernelRoot? _root;

    private KernelRoot OpenRoot()
    {
        if (RootFolder is not { } root)
        {
            return KernelRoot.Live;
        }

        string path = GetUnresolvedProviderPathFromPSPath(root);
        return this is IHostReader { Live.IsPresent: true } ? KernelRoot.OfHost(path) : new KernelRoot(path);
    }

    /// <summary>The node that is asked.</summary>
    protected INode Node => _node ??= _snapshot is not null ? OpenSnapshot(_snapshot) : OpenNode();

    /// <summary>True where -WhatIf or $WhatIfPreference asks for a description in place of the work.</summary>
    protected bool IsWhatIf =>
        LanguagePrimitives.IsTrue(MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? said) ? said : GetVariableValue("WhatIfPreference"));

    /// <summary>True for a parameter that stands on the command line, and false for one that comes through the pipeline.</summary>
    private protected bool IsTyped(string parameter) => _typed.Contains(parameter);

    /// <summary>True where the snapshot came through the pipeline: what else was bound then, is the file's.</summary>
    private protected bool IsPipedSnapshot => _snapshot is not null && !_isSnapshotTyped;

    private SnapshotNode OpenSnapshot(string path)
    {
        foreach (string other in (string[])["Root", "Live", "NetNamespace"])
        {
            if (MyInvocation.BoundParameters.ContainsKey(other))
            {
                throw NodeException.Create(Messages.ResourceManager, nameof(Messages.SnapshotAlone), NodeErrorCategory.InvalidArgument, "-" + other);
            }
        }

        return new SnapshotNode(GetUnresolvedProviderPathFromPSPath(path), StopToken);
    }

    /// <summary>The failure to give where the node does not say what the cmdlet must know: of a snapshot the files that it lacks, else that no kernel is asked.</summary>
    protected NodeException NoAnswer()
    {
        string name = MyInvocation.MyCommand.Name;
        return Node is SnapshotNode { MissingFiles: { Count: > 0 } missing }
            ? NodeException.Create(
                Messages.ResourceManager, nameof(Messages.SnapshotFileMissing), NodeErrorCategory.NotFound, name, Node.Description, string.Join(", ", missing))
            : NodeException.Create(Messages.ResourceManager, nameof(Messages.NoRunningKernel), NodeErrorCategory.NotSupported, name, Node.Description);
    }

    /// <summary>Opens the node that the parameters name.</summary>
    protected virtual INode OpenNode() => new LiveNode(NodeRoot);

    /// <summary>Does the work for one pipeline object. A <see cref="NodeException"/> thrown here is written as a non-terminating error.</summary>
    protected abstract void ProcessNode();

    /// <inheritdoc/>
    protected sealed override void BeginProcessing()
    {
        _typed.UnionWith(MyInvocation.BoundParameters.Keys);
        _isSnapshotTyped = IsTyped(nameof(ISnapshotReader.Snapshot));
    }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        TakeSnapshot();
        int failures = _failures;
        Guard(ProcessNode);
        if (failures == _failures)
        {
            TellMissing();
        }
    }

    /// <summary>Warns of the files that the snapshot lacks and that were asked for, each once.</summary>
    private protected void TellMissing()
    {
        if (_node is SnapshotNode snapshot && !StopToken.IsCancellationRequested)
        {
            foreach (string file in snapshot.MissingFiles)
            {
                if (_told.Add(file))
                {
                    WriteWarning(string.Format(CultureInfo.InvariantCulture, Messages.SnapshotIncomplete, snapshot.Description, file));
                }
            }
        }
    }

    // A file of the pipeline has a path and a name; PowerShell binds both.
    private void TakeSnapshot()
    {
        if (this is not ISnapshotReader reader)
        {
            return;
        }

        if (!_isSnapshotTyped)
        {
            string? path = PipedPath is { } piped ? GetUnresolvedProviderPathFromPSPath(piped) : null;
            reader.Snapshot = path is null || IsKernels(path) || IsNoSnapshot(path) ? null : path;
        }

        if (_snapshot != reader.Snapshot)
        {
            if (_snapshot is not null)
            {
                Guard(LeaveNode);
            }

            (_node, _snapshot) = (null, reader.Snapshot);
            _told.Clear();
        }
    }

    /// <summary>The path of what comes through the pipeline; null where it has none.</summary>
    private protected virtual string? PipedPath => (this as ISnapshotReader)?.Snapshot;

    // Get-ChildItem /sys/module names modules, and /sys/class/net links: nobody captures a node into there.
    private static bool IsKernels(string path) => path.StartsWith("/sys/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal);

    /// <summary>
    /// Whether the cmdlet takes an object of the pipeline that has a path for something other than a snapshot. Where it takes it for
    /// a snapshot, it clears the file's name, which PowerShell has bound too.
    /// </summary>
    private protected virtual bool IsNoSnapshot(string path) => false;

    /// <summary>
    /// What -Name is where an object of the pipeline has a path: null for a file, whose own name is not meant; else the line that Get-Content
    /// read, which carries its file's path.
    /// </summary>
    private protected string[]? NameBeside(string[]? name, string path)
    {
        if (name is not [var one] || IsTyped("Name"))
        {
            return name;
        }

        one = Path.TrimEndingDirectorySeparator(one);
        path = Path.TrimEndingDirectorySeparator(path);
        return one == path || one == Path.GetFileName(path) ? null : name;
    }

    /// <summary>Called before the next snapshot of the pipeline is opened: what is known of this one ends here.</summary>
    private protected virtual void LeaveNode()
    {
    }

    private readonly HashSet<string> _typed = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private bool _isSnapshotTyped;
    private string? _snapshot;
    private int _failures;

    /// <summary>Runs <paramref name="work"/>; a failure becomes an error record about <paramref name="target"/>, and the rest goes on.</summary>
    protected void Guard(Action work, object? target = null)
    {
        try
        {
            work();
        }
        catch (NodeException failure)
        {
            WriteNodeError(failure, target);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Ctrl-C: PowerShell stops the pipeline itself once this returns.
        }
    }

    /// <summary>Writes a failure as a non-terminating error.</summary>
    protected void WriteNodeError(NodeException failure, object? target = null)
    {
        _failures++;
        OnFailure(failure);
        WriteError(ErrorRecords.From(failure, target));
    }

    /// <summary>
    /// Writes what a part of a reading met. What one missing right keeps from being read part by part is one error: the first; the others are verbose.
    /// </summary>
    protected void WriteProblem(NodeException problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.Category != NodeErrorCategory.PermissionDenied || !LacksRight)
        {
            LacksRight |= problem.Category == NodeErrorCategory.PermissionDenied;
            WriteNodeError(problem);
            return;
        }

        OnFailure(problem);
        WriteVerbose(problem.Message);
    }

    /// <summary>True after something could not be read for lack of a right: what was not found may be there.</summary>
    protected bool LacksRight { get; private set; }

    /// <summary>Told of each failure before it is written.</summary>
    protected virtual void OnFailure(NodeException failure)
    {
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cmdlet holds. PowerShell calls it when the pipeline ends, also after Ctrl-C.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Dispose();
        }
    }
}
