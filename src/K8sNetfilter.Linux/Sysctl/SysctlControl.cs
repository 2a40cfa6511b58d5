using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Modules;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// Changes kernel parameters, now and at boot. A change is planned first, which finds every reason against it; then it is applied: the
/// running kernel, a look whether it took the value, and then the file, atomically. Where the file fails, the running kernel is put back.
/// </summary>
public sealed class SysctlControl
{
    /// <summary>The file that Kubernetes' documentation uses.</summary>
    public const string DefaultPath = "/etc/sysctl.d/k8s.conf";

    private const string DefaultDirectory = "/etc/sysctl.d/";

    private readonly KernelRoot _root;
    private readonly NetworkNamespace? _network;
    private readonly AtomicFile _files;
    private readonly LiveSysctls _live;

    /// <summary>Makes one for a node.</summary>
    /// <param name="root">Where the node's files are; only this machine's has a running kernel to change.</param>
    /// <param name="network">The network namespace whose keys are meant; null for that of the thread that asks.</param>
    public SysctlControl(KernelRoot root, NetworkNamespace? network = null)
        : this(root, network, new AtomicFile(root))
    {
    }

    internal SysctlControl(KernelRoot root, NetworkNamespace? network, AtomicFile files)
    {
        _root = root;
        _network = network;
        _files = files;
        _live = new LiveSysctls(root, network);
    }

    /// <summary>A test's running kernel: writes a value and gives 0 or the error number.</summary>
    internal Func<string, string, int>? Writer { get; init; }

    /// <summary>The file that a person means: a whole path, one below the root's, or a name in /etc/sysctl.d.</summary>
    /// <exception cref="NodeException"><c>SysctlPathNotRead</c>: neither tool reads a file there, so nothing would be
    /// persisted.</exception>
    public string FileFor(string? path)
    {
        string file = path is null ? DefaultPath : path.Contains('/') ? _root.ToNodePath(path) : DefaultDirectory + path;
        if (file.Split('/').Contains("..") || file.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0 || !LiveSysctls.IsRead(file))
        {
            throw SysctlFailures.Failure(nameof(Messages.SysctlPathNotRead), NodeErrorCategory.InvalidArgument, Printable.Text(file));
        }

        return file;
    }

    /// <summary>Plans to set a key.</summary>
    /// <param name="name">The key's name, dotted or with slashes.</param>
    /// <param name="value">Its value.</param>
    /// <param name="file">The file that is to set it at boot, as <see cref="FileFor"/> gives it; null for now only.</param>
    /// <param name="stop">Stops the reading.</param>
    /// <exception cref="NodeException">Why it can't be.</exception>
    public SysctlChange PlanSet(string name, string value, string? file, CancellationToken stop = default)
    {
        string path = SysctlKey.Parse(name);
        value = SysctlFile.CheckValue(path, value);
        var plan = new SysctlChange(path);
        bool isWritable = true;
        if (_root.IsLive)
        {
            isWritable = RequireKey(path);
            plan.OldValue = _live.ReadValue(path);
            if (plan.OldValue is null || !KernelValue.Same(plan.OldValue, SysctlValue.Taken(path, value, plan.OldValue, out bool refused))
                || refused)
            {
                // What has the value already is as it should be: Get-NodeSysctl's output goes back in whole.
                plan.LiveValue = isWritable ? value : throw SysctlFailures.ReadOnly(plan.Name);
                plan.Step(SysctlFailures.Say(plan.OldValue is null ? Messages.SysctlStep_WriteBlind : Messages.SysctlStep_Write, value,
                    plan.OldValue));
            }
        }
        else if (file is null)
        {
            throw SysctlFailures.Failure(nameof(Messages.SysctlPersistNeeded), NodeErrorCategory.InvalidArgument, plan.Name, _root.Path);
        }

        if (file is not null)
        {
            // A line for it would fail at every boot.
            if (!isWritable)
            {
                throw SysctlFailures.ReadOnly(plan.Name);
            }

            PlanLine(plan, value, file, stop);
        }

        return plan;
    }

    /// <summary>
    /// The names, dotted, that lines of the files set which <see cref="PlanRemove"/> would take out; a line with a pattern is none.
    /// </summary>
    /// <param name="file">One file; null for all below /etc that a tool reads.</param>
    public IReadOnlyList<string> PersistedNames(string? file) =>
    [
        .. EditableFiles(file).SelectMany(f => SysctlGrammar.ReadAsSystemd(f).Assignments).Where(a => !a.IsExclusion && !a.IsPattern)
            .Select(a => SysctlKey.ToName(a.Path)).Where(n => SysctlKey.TryParse(n, out _)).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Plans to take every line out that sets a key by its name.</summary>
    /// <param name="name">The key's name, dotted or with slashes.</param>
    /// <param name="file">The file to look in, as <see cref="FileFor"/> gives it; null for all below /etc that a tool reads.</param>
    /// <param name="stop">Stops the reading.</param>
    public SysctlChange PlanRemove(string name, string? file, CancellationToken stop = default)
    {
        string path = SysctlKey.Parse(name);
        var plan = new SysctlChange(path);
        var instead = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var candidate in EditableFiles(file))
        {
            if (instead.ContainsKey(candidate.RealPath))
            {
                continue;
            }

            (byte[] content, int[] lines) = SysctlFile.Remove(candidate.Content.ToArray(), path);
            if (lines.Length > 0)
            {
                instead[candidate.RealPath] = content;
                plan.Edits.Add((candidate.Path, old => old is null ? null : SysctlFile.Remove(old, path).Content));
                Array.ForEach(lines, line =>
                    plan.Step(SysctlFailures.Say(Messages.SysctlStep_Remove, new SourceLine(candidate.Path, line))));
            }
        }

        var after = Forecast(instead, path, stop).Explain(path, null);
        if (after.Source is not null)
        {
            plan.Warn(SysctlFailures.Say(Messages.SysctlStillSet, plan.Name, after.BootValue, after.Source));
        }

        return plan;
    }

    /// <summary>Does what was planned.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="stop">Ends the waiting for another writer.</param>
    /// <exception cref="NodeException">A step failed, and those before it were undone as far as the message says.</exception>
    public void Apply(SysctlChange plan, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        stop.ThrowIfCancellationRequested();
        using var turn = plan.Edits.Count == 0 ? null : NodeLock.Take(_root, stop);
        var undo = plan.LiveValue is null ? null : WriteLive(plan);
        if (FileEdits.Apply(_files, plan.Edits) is { } failure)
        {
            throw SysctlFailures.PersistFailed(plan, failure.Why, undo is not null, undo?.Invoke(), failure.IsUndone);
        }
    }

    /// <summary>Applies all files as a tool would, one answer an assignment.</summary>
    /// <param name="order">The tool.</param>
    /// <param name="confirm">Asked before each write that changes a value, with the key and what will be done; false passes over it,
    /// without an answer.</param>
    /// <param name="isDry">Nothing is written, not even what is there already: what <paramref name="confirm"/> declines is all that would
    /// change.</param>
    /// <param name="stop">Stops between two writes.</param>
    public IEnumerable<SyncedSysctl> Sync(SysctlOrder order, Func<string, string, bool> confirm, bool isDry, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(confirm);
        var keys = new SysctlTree(_live.ListKeys(stop)
            ?? throw SysctlFailures.Failure(nameof(Messages.SysctlNoKernel), NodeErrorCategory.NotSupported, _root.Path));
        var plan = SysctlPlan.Of(order, order == SysctlOrder.Systemd ? _live.SystemdFiles : _live.ProcpsFiles, order == SysctlOrder.Procps
            && _live.ProcpsExcludesByPattern);
        foreach (var (lost, to) in plan.Dropped)
        {
            if (!lost.IsExclusion)
            {
                yield return Answer(lost, lost.Path, SysctlSyncStatus.Ignored, null, null,
                    SysctlFailures.Say(Messages.SysctlSync_Later, to.Source));
            }
        }

        foreach (var write in plan.Writes(keys))
        {
            stop.ThrowIfCancellationRequested();
            if (write.LeftTo is { } other)
            {
                yield return Answer(write.By, write.Path!, SysctlSyncStatus.Excluded, null, null,
                    SysctlFailures.Say(Messages.SysctlSync_Excluded, other.Source));
            }
            else if (write.Path is null || !(keys.Contains(write.Path) || _live.Look(write.Path, out _) == 0))
            {
                yield return Answer(write.By, write.Path ?? write.By.Path, SysctlSyncStatus.Ignored, null, null, Messages.SysctlSync_NoKey);
            }
            else if (SyncOne(order, write.By, write.Path, confirm, isDry) is { } answer)
            {
                yield return answer;
            }
        }
    }

    private SyncedSysctl? SyncOne(SysctlOrder order, SysctlAssignment line, string path, Func<string, string, bool> confirm, bool isDry)
    {
        string value = line.Value!;
        string? before = _live.ReadValue(path);
        if (before == value && order == SysctlOrder.Systemd)
        {
            return Answer(line, path, SysctlSyncStatus.Unchanged, before, before, null);
        }

        // procps writes what is there already too, which makes an interface keep it; where that changes nothing nobody is asked.
        bool same = before is not null && KernelValue.Same(before, SysctlValue.Taken(path, value, before, out bool refused)) && !refused;
        if (!same && (!confirm(SysctlKey.ToName(path), SysctlFailures.Say(Messages.SysctlStep_Sync, value, before, line.Source)) || isDry))
        {
            return null;
        }

        if (isDry)
        {
            return Answer(line, path, SysctlSyncStatus.Unchanged, before, before, null);
        }

        int errno = WriteValue(path, value);
        string? after = _live.ReadValue(path);
        if (errno == 0)
        {
            return Answer(line, path, before is not null && before == after ? SysctlSyncStatus.Unchanged : SysctlSyncStatus.Applied, before,
                after, null);
        }

        // A refused value is the line's fault; a right or a mount that is missing is not.
        var failure = SysctlFailures.WriteFailure(path, value, errno);
        return Answer(
            line, path, line.IgnoresFailure ? SysctlSyncStatus.Ignored : SysctlSyncStatus.Failed, before, after, failure.Message,
            failure.Category == NodeErrorCategory.InvalidArgument ? null : failure.RecommendedAction);
    }

    private static SyncedSysctl Answer(SysctlAssignment line, string path, SysctlSyncStatus status, string? before, string? after,
        string? reason, string? remedy = null) => new()
    {
        Name = SysctlKey.ToName(path), Status = status, Value = line.Value!, OldValue = before, NewValue = after, Source = line.Source,
            Reason = reason, Remedy = remedy,
    };

    /// <summary>
    /// Writes the value, looks whether the kernel took it, and gives what takes it back: that says what could not be put back, or null.
    /// </summary>
    private Func<string?> WriteLive(SysctlChange plan)
    {
        // Some keys change others; those come back too.
        var others = SysctlSideEffects.Of(plan.Path,
            new SysctlTree(plan.Path.StartsWith("net/", StringComparison.Ordinal) ? _live.ListKeys(CancellationToken.None) ?? [] : []));
        var before = _live.ReadValues(others, CancellationToken.None);
        int errno = WriteValue(plan.Path, plan.LiveValue!);
        string? now = _live.ReadValue(plan.Path);
        if (errno != 0)
        {
            var refused = SysctlFailures.WriteFailure(plan.Path, plan.LiveValue!, errno);
            if (plan.OldValue is not null && now != plan.OldValue)
            {
                Undo();
            }

            throw refused;
        }

        string? expected = SysctlValue.Taken(plan.Path, plan.LiveValue!, plan.OldValue, out _);
        if (plan.OldValue is not null && KernelValue.IsNumeric(expected) && !KernelValue.Same(expected, now))
        {
            string? left = Undo();
            throw SysctlFailures.Failure(nameof(Messages.SysctlNotKept), NodeErrorCategory.InvalidResult, plan.Name, plan.LiveValue,
                SysctlFailures.Shown(now), left ?? SysctlFailures.Say(Messages.SysctlUndone, SysctlFailures.Shown(plan.OldValue)));
        }

        return Undo;

        string? Undo()
        {
            if (plan.OldValue is null)
            {
                return SysctlFailures.Say(Messages.SysctlNotUndone, SysctlFailures.Shown(_live.ReadValue(plan.Path)));
            }

            WriteValue(plan.Path, plan.OldValue);
            var after = _live.ReadValues(others, CancellationToken.None);
            for (int i = 0; i < others.Count; i++)
            {
                if (before[i] is { } old && after[i] != old)
                {
                    WriteValue(others[i], old);
                }
            }

            string? end = _live.ReadValue(plan.Path);
            return end == plan.OldValue ? null : SysctlFailures.Say(Messages.SysctlNotUndone, SysctlFailures.Shown(end));
        }
    }

    private void PlanLine(SysctlChange plan, string value, string file, CancellationToken stop)
    {
        byte[]? content = _files.Read(file);
        (byte[] changed, int line) = SysctlFile.Set(content, plan.Path, value);
        using (var real = RootedPath.Follow(_root, file, out _))
        {
            var source = new SourceLine(file, line);
            string realPath = real?.NodePath ?? file;
            if (content is null || !changed.AsSpan().SequenceEqual(content))
            {
                plan.Edits.Add((file, old => SysctlFile.Set(old, plan.Path, value).Content));
                plan.Step(SysctlFailures.Say(Messages.SysctlStep_Line, value, source));
            }

            var forecast = Forecast(new Dictionary<string, byte[]>(StringComparer.Ordinal) { [realPath] = changed }, plan.Path, stop);
            var after = forecast.Explain(plan.Path, null);
            string wanted = SysctlValue.Taken(plan.Path, value, plan.OldValue, out _) ?? value;
            if (after.Source is null)
            {
                plan.Warn(forecast.MissingModule(plan.Path) is { } module
                    ? SysctlFailures.Say(Messages.SysctlModuleMissingAtBoot, source, plan.Name, module)
                    : SysctlFailures.Say(Messages.SysctlLineUnread, source,
                    after.Overridden.FirstOrDefault(o => o.Source.File == file)?.Reason ?? after.Reason.TrimEnd('.')));
            }
            else if (after.BootValue is not null && !KernelValue.Same(after.BootValue, wanted))
            {
                plan.Warn(source.Equals(after.Source)
                    ? SysctlFailures.Say(Messages.SysctlLineReadOtherwise, source, plan.Name, after.BootValue, SysctlFailures.Shown(wanted))
                    : SysctlFailures.Say(Messages.SysctlLineLoses, source, plan.Name, after.BootValue, after.Source));
            }

            if (after.SystemValue is not null && !KernelValue.Same(after.SystemValue, wanted))
            {
                plan.Warn(SysctlFailures.Say(Messages.SysctlLineLosesToSystem, source, plan.Name, after.SystemValue, after.SystemSource));
            }
        }
    }

    private SysctlForecast Forecast(IReadOnlyDictionary<string, byte[]> instead, string path, CancellationToken stop)
    {
        var sysctls = new LiveSysctls(_root, _network) { Instead = instead };
        return SysctlForecast.Of(sysctls, new LiveModuleSource(_root), [path], stop);
    }

    private IEnumerable<ConfigFile> EditableFiles(string? file) =>
        file is null ? AllFiles().Where(f => f.RealPath.StartsWith("/etc/", StringComparison.Ordinal))
            : [ConfigFolder.ReadFile(_root, file)];

    private List<ConfigFile> AllFiles()
    {
        _live.Forget();
        return _live.SystemdFiles.Concat(_live.ReplacedFiles.Select(r => r.File)).Concat(_live.ProcpsFiles).Where(f => f.Problem is null)
            .DistinctBy(f => f.Path).ToList();
    }

    // True where somebody may write it.
    private bool RequireKey(string path)
    {
        int errno = _live.Look(path, out var status);
        string name = SysctlKey.ToName(path);
        switch (errno)
        {
            case 0 when status.IsDirectory:
                throw SysctlFailures.Failure(nameof(Messages.SysctlIsGroup), NodeErrorCategory.InvalidArgument, name);
            case 0:
                return (status.Permissions & 0x92) != 0; // -w--w--w-
            case Errno.ENOENT or Errno.ENOTDIR when SysctlModule.For(path) is { } module:
                throw SysctlFailures.Failure(nameof(Messages.SysctlNeedsModule), NodeErrorCategory.NotFound, name, module);
            case Errno.ENOENT or Errno.ENOTDIR:
                throw SysctlFailures.Failure(nameof(Messages.SysctlNotFound), NodeErrorCategory.NotFound, name);
            default:
                throw KernelFailure.From(errno, Messages.Operation_WriteSysctl, name);
        }
    }

    private int WriteValue(string path, string value) => Writer?.Invoke(path, value) ?? _live.Write(path, value);
}
