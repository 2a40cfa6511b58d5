using System.Globalization;
using System.Security.Cryptography;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Modules;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Baselines;

/// <summary>
/// Brings a node to its baselines and back. A change is planned first; each step is written into the journal, done, and read back; a step that fails
/// undoes all before it. The last change can be undone later, by another process, also where its own was killed in the middle of it.
/// </summary>
public sealed class BaselineControl
{
    private readonly KernelRoot _root;
    private readonly NetworkNamespace? _network;
    private readonly AtomicFile _files;
    private readonly AtomicFile _journalFiles;

    /// <summary>Makes one for a node.</summary>
    /// <param name="root">Where the node's files are; only this machine's has a running kernel to change.</param>
    /// <param name="network">The network namespace whose parameters and bridges are meant; null for that of the thread that asks.</param>
    public BaselineControl(KernelRoot root, NetworkNamespace? network = null)
        : this(root, network, new AtomicFile(root))
    {
    }

    internal BaselineControl(KernelRoot root, NetworkNamespace? network, AtomicFile files)
    {
        ArgumentNullException.ThrowIfNull(root);
        _root = root;
        _network = network;
        _files = files;
        _journalFiles = Journal.FilesOf(root);
    }

    /// <summary>A test's hook: what it throws is the failure of that moment.</summary>
    internal Action<BaselineMoment, int>? At { get; init; }

    /// <summary>Plans what brings the node to baselines. Nothing is changed.</summary>
    /// <param name="baselines">Resolved baselines.</param>
    /// <param name="only">The findings that are to be mended; null for all.</param>
    /// <param name="warn">Told of what makes the plan less than complete.</param>
    /// <param name="stop">Ends the reading.</param>
    public BaselinePlan Plan(IReadOnlyList<Baseline> baselines, Func<BaselineFinding, bool>? only, Action<string> warn, CancellationToken stop)
    {
        var facts = BaselineFactsReader.ReadFor(baselines, new LiveNode(_root, _network), _root, stop);
        var live = new LiveSysctls(_root, _network);
        var planner = new BaselinePlanner(files => new LiveNode(_root, _network) { Instead = files }, ReadOnly, warn, stop);
        return planner.Plan(baselines, facts, only);

        string? ReadOnly(string path)
        {
            int errno = live.Look(path, out var status);
            return errno != 0 ? null
                : (status.Permissions & 0x92) == 0 ? Messages.BaselineSysctlReadOnly
                : live.TryOpenForWriting(path) == Errno.EROFS ? Messages.BaselineSysctlReadOnlyMount : null;
        }
    }

    /// <summary>
    /// Does what was planned, under the node's lock. The plan is made anew once the lock is held, since another writer may have been at work: what that
    /// did is not done again, and where more is to be done than <paramref name="plan"/> has, nothing is.
    /// </summary>
    /// <param name="plan">The plan as it was shown.</param>
    /// <param name="again">Makes the plan anew.</param>
    /// <param name="done">Told of each step that was done and read back.</param>
    /// <param name="waiting">Called once where another writer has the lock.</param>
    /// <param name="stop">Ends the waiting; in the middle of the steps, undoes those that were done.</param>
    /// <returns>True where it is done; false where the node now needs more than the plan has, which is to be shown first.</returns>
    /// <exception cref="NodeException">A step failed, and those before it were undone as far as the message says.</exception>
    public bool Apply(BaselinePlan plan, Func<BaselinePlan> again, Action<BaselineStep> done, Action? waiting, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(again);
        ArgumentNullException.ThrowIfNull(done);
        using var turn = NodeLock.Take(_root, stop, waiting);
        var fresh = again();
        if (fresh.Steps.Any(step => !plan.Steps.Any(shown => IsSame(plan, shown, fresh, step))))
        {
            return false;
        }

        if (fresh.Steps.Count != 0)
        {
            Apply(fresh, done, stop);
        }

        return true;
    }

    /// <summary>Plans what takes the last change back. Nothing is changed.</summary>
    /// <exception cref="NodeException"><c>JournalInvalid</c>, or it can't be read.</exception>
    public BaselineUndo PlanUndo()
    {
        var journal = Journal.Read(_journalFiles);
        return journal is null ? new BaselineUndo([], [], [], isThere: false) : PlanUndo(Merge(journal.Entries));
    }

    /// <summary>Refuses to take back what somebody else changed since.</summary>
    /// <exception cref="NodeException"><c>JournalChangedSince</c>, with what differs.</exception>
    public static void Check(BaselineUndo undo, bool force)
    {
        ArgumentNullException.ThrowIfNull(undo);
        if (undo.Differences.Count != 0 && !force)
        {
            throw Failure(nameof(Messages.JournalChangedSince), NodeErrorCategory.InvalidResult, string.Join("; ", undo.Differences));
        }
    }

    /// <summary>Takes the last change back, and removes its journal.</summary>
    /// <param name="force">True where what somebody else changed since is taken back, too.</param>
    /// <param name="skip">The numbers of steps that are not to be done.</param>
    /// <param name="done">Told of each step that was done.</param>
    /// <param name="warn">Told of what is left as it is although nothing failed: a module that is in use.</param>
    /// <param name="waiting">Called once where another writer has the lock.</param>
    /// <param name="stop">Ends the waiting, or stops between two steps.</param>
    /// <exception cref="NodeException"><c>JournalChangedSince</c>: nothing was done. <c>JournalNotUndone</c>: the message names what is left.</exception>
    public void Undo(bool force, IReadOnlySet<int> skip, Action<BaselineStep> done, Action<string> warn, Action? waiting, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(skip);
        ArgumentNullException.ThrowIfNull(done);
        ArgumentNullException.ThrowIfNull(warn);
        using var turn = NodeLock.Take(_root, stop, waiting);
        if (Journal.Read(_journalFiles) is not { } journal)
        {
            return;
        }

        var entries = Merge(journal.Entries);
        var undo = PlanUndo(entries);
        Check(undo, force);
        var left = Undo(undo.Steps, undo.Entries, skip, done, warn, stop);
        if (left.Count != 0)
        {
            throw Failure(nameof(Messages.JournalNotUndone), NodeErrorCategory.InvalidResult, string.Join("; ", left));
        }

        CleanUp(entries);
        At?.Invoke(BaselineMoment.Undone, 0);
        if (skip.Count == 0)
        {
            Journal.Restore(_journalFiles, null);
        }
    }

    private static bool IsSame(BaselinePlan one, BaselineStep a, BaselinePlan other, BaselineStep b) =>
        (a.Kind, a.Target, a.Property, a.NewValue) == (b.Kind, b.Target, b.Property, b.NewValue)
        && (a.Kind != BaselineStepKind.File || one.EditOf(a).After.AsSpan().SequenceEqual(other.EditOf(b).After));

    private void Apply(BaselinePlan plan, Action<BaselineStep> done, CancellationToken stop)
    {
        // A change whose process was killed is not finished, and is undone along with this one: what was before it is what counts.
        var last = Journal.Read(_journalFiles);
        byte[]? before = _journalFiles.Read(Journal.Path);
        var journal = Journal.Begin(_journalFiles, last is { State: JournalState.Applying } ? last.Entries : []);
        int first = journal.Entries.Count;
        BaselineStep? current = null;
        try
        {
            foreach (var step in plan.Steps)
            {
                current = step;
                stop.ThrowIfCancellationRequested();
                At?.Invoke(BaselineMoment.Start, step.Number);
                if (Prepare(plan, step) is not { } entry)
                {
                    continue;
                }

                journal.Entries.Add(entry);
                journal.Save();
                At?.Invoke(BaselineMoment.Journaled, step.Number);
                Do(plan, step, entry);
                At?.Invoke(BaselineMoment.Done, step.Number);
                done(step with { OldValue = entry.Old ?? step.OldValue, NewValue = entry.New ?? step.NewValue });
            }

            // A later step may have changed what an earlier one set.
            foreach (var step in plan.Steps.Where(s => s.Kind == BaselineStepKind.Sysctl))
            {
                current = step;
                ReadBack(plan, step);
            }

            At?.Invoke(BaselineMoment.Complete, 0);
            journal.State = JournalState.Applied;
            journal.Save();
        }
        catch (Exception why) when (why is NodeException or OperationCanceledException)
        {
            var mine = Merge(journal.Entries.Skip(first));
            var undo = PlanUndo(mine);
            var left = Undo(undo.Steps, undo.Entries, new HashSet<int>(), _ => { }, _ => { }, CancellationToken.None);
            CleanUp(mine);
            if (left.Count == 0)
            {
                RestoreJournal(before, left);
            }

            if (why is NodeException failure)
            {
                throw NotApplied(current!, failure, left);
            }

            if (left.Count != 0)
            {
                throw Failure(nameof(Messages.JournalNotUndone), NodeErrorCategory.InvalidResult, string.Join("; ", left));
            }

            throw;
        }
    }

    private void RestoreJournal(byte[]? before, List<string> left)
    {
        try
        {
            Journal.Restore(_journalFiles, before);
        }
        catch (NodeException failure)
        {
            left.Add(failure.Message);
        }
    }

    /// <summary>What a step is about to change, as it is now; null where nothing is to be changed any more.</summary>
    private JournalEntry? Prepare(BaselinePlan plan, BaselineStep step)
    {
        switch (step.Kind)
        {
            case BaselineStepKind.File:
                return PrepareFile(plan.EditOf(step));
            case BaselineStepKind.LoadModule:
                var source = new LiveModuleSource(_root);
                var loaded = (source.Loaded ?? []).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
                var resolver = BootPrediction.Of(source).Resolver;
                var coming = resolver.Lookup(step.Target).Targets.SelectMany(resolver.Steps).Select(s => s.Target.Name).Append(step.Target).Where(ModuleName.IsValid);
                return loaded.Contains(step.Target) ? null
                    : new JournalEntry { Kind = step.Kind, Target = step.Target, Modules = [.. coming.Where(m => !loaded.Contains(m)).Distinct()] };
            case BaselineStepKind.UnloadModule:
                return new JournalEntry { Kind = step.Kind, Target = step.Target };
            case BaselineStepKind.Sysctl:
                return PrepareSysctl(plan, step);
            default:
                string? now = Flag(step.Kind, step.Target, step.Property);
                return now == step.NewValue ? null
                    : new JournalEntry { Kind = step.Kind, Target = step.Target, Property = step.Property, Old = now ?? step.OldValue, New = step.NewValue };
        }
    }

    private JournalEntry? PrepareFile(BaselineFileEdit edit)
    {
        var status = _files.Describe(edit.Path, out string realPath);
        byte[]? now = status is null ? null : _files.Read(edit.Path);
        if (realPath != edit.Path || (now is null) != (edit.Before is null) || (now is not null && !now.AsSpan().SequenceEqual(edit.Before)))
        {
            throw Failure(nameof(Messages.BaselineFileChanged), NodeErrorCategory.ResourceBusy, Printable.Text(edit.Path));
        }

        return new JournalEntry
        {
            Kind = BaselineStepKind.File,
            Target = edit.Path,
            OldFile = status is { } s ? new JournalFile(now!, s.Permissions & 0x1ff, s.Uid, s.Gid) : null,
            NewHash = Hash(edit.After),
            Directories = status is null ? _files.MissingDirectories(edit.Path) : [],
        };
    }

    private JournalEntry? PrepareSysctl(BaselinePlan plan, BaselineStep step)
    {
        string path = SysctlKey.Parse(step.Target);
        var live = new LiveSysctls(_root, _network);
        string? now = live.ReadValue(path);
        if (plan.ValueFor(step, now) is not { } value)
        {
            return null;
        }

        // Some keys change others; those come back too.
        var tree = new SysctlTree(path.StartsWith("net/", StringComparison.Ordinal) ? live.ListKeys(CancellationToken.None) ?? [] : []);
        var others = SysctlSideEffects.Of(path, tree);
        var values = live.ReadValues(others, CancellationToken.None);
        return new JournalEntry
        {
            Kind = BaselineStepKind.Sysctl,
            Target = path,
            Old = now,
            New = value,
            Others = [.. others.Zip(values).Where(o => o.Second is not null).Select(o => KeyValuePair.Create(o.First, o.Second!))],
        };
    }

    private void Do(BaselinePlan plan, BaselineStep step, JournalEntry entry)
    {
        switch (step.Kind)
        {
            case BaselineStepKind.File:
                var edit = plan.EditOf(step);
                _files.Edit(edit.Path, old => (old is null) == (edit.Before is null) && (old is null || old.AsSpan().SequenceEqual(edit.Before))
                    ? edit.After : throw Failure(nameof(Messages.BaselineFileChanged), NodeErrorCategory.ResourceBusy, Printable.Text(edit.Path)));
                if (_files.Read(edit.Path) is not { } written || !written.AsSpan().SequenceEqual(edit.After))
                {
                    throw Failure(nameof(Messages.BaselineFileChanged), NodeErrorCategory.ResourceBusy, Printable.Text(edit.Path));
                }

                break;
            case BaselineStepKind.LoadModule:
                Load(step.Target);
                break;
            case BaselineStepKind.UnloadModule:
                Unload(step.Target);
                break;
            case BaselineStepKind.Sysctl:
                SetSysctl(step.Target, entry.New!);
                ReadBack(plan, step);
                break;
            default:
                SetFlag(step.Kind, step.Target, step.Property, step.NewValue == "on");
                break;
        }
    }

    private void ReadBack(BaselinePlan plan, BaselineStep step)
    {
        string? now = new LiveSysctls(_root, _network).ReadValue(SysctlKey.Parse(step.Target));
        if (now is null || plan.ValueFor(step, now) is not null)
        {
            throw Failure(nameof(Messages.BaselineNotTaken), NodeErrorCategory.InvalidResult, step.Target, Printable.Text(now?.Trim() ?? "?", 100));
        }
    }

    private void Load(string module)
    {
        var control = new ModuleControl(_root);
        var plan = control.PlanEnable(module, "", null);
        if (plan.Steps.Count != 0)
        {
            control.Enable(plan, CancellationToken.None);
        }
    }

    private void Unload(string module)
    {
        var control = new ModuleControl(_root);
        var plan = control.PlanDisable(module, persist: false);
        if (plan.Steps.Count != 0)
        {
            control.Disable(plan, CancellationToken.None);
        }
    }

    private void SetSysctl(string name, string value)
    {
        var control = new SysctlControl(_root, _network);
        var plan = control.PlanSet(name, value, null);
        if (plan.Steps.Count != 0)
        {
            control.Apply(plan, CancellationToken.None);
        }
    }

    /// <summary>A flag as it is now: on or off; null where there is no such bridge or port, or it does not tell.</summary>
    private string? Flag(BaselineStepKind kind, string name, string? property)
    {
        using var links = Open();
        var link = links.FindLink(name);
        bool? on = kind == BaselineStepKind.BridgePort ? link?.Port?.Hairpin : property switch
        {
            "callIptables" => link?.Bridge?.NfCallIptables,
            "callIp6tables" => link?.Bridge?.NfCallIp6tables,
            _ => link?.Bridge?.NfCallArptables,
        };
        return on is { } known ? known ? "on" : "off" : null;
    }

    private void SetFlag(BaselineStepKind kind, string name, string? property, bool on)
    {
        using (var links = Open())
        {
            if (kind == BaselineStepKind.BridgePort)
            {
                links.SetBridgePort(name, new BridgePortSettings { Hairpin = on });
            }
            else
            {
                links.SetBridge(name, property switch
                {
                    "callIptables" => new BridgeSettings { NfCallIptables = on },
                    "callIp6tables" => new BridgeSettings { NfCallIp6tables = on },
                    _ => new BridgeSettings { NfCallArptables = on },
                });
            }
        }

        string? now = Flag(kind, name, property);
        if (now != (on ? "on" : "off"))
        {
            throw Failure(nameof(Messages.BaselineNotTaken), NodeErrorCategory.InvalidResult, $"{property} of {name}", now ?? "?");
        }
    }

    private RouteNetlink Open() =>
        _network is null ? new RouteNetlink(NetlinkConnection.OpenHere(NetlinkProtocol.Route), Messages.ThisNetNamespace) : RouteNetlink.Open(_network);

    /// <summary>
    /// One entry a thing, in the order in which they were first changed, with what it was at first: a killed change and the one after it
    /// can both have changed it. What it may be now is any of the values in between.
    /// </summary>
    private static List<(JournalEntry Entry, HashSet<string> Known)> Merge(IEnumerable<JournalEntry> entries)
    {
        var merged = new List<(JournalEntry Entry, HashSet<string> Known)>();
        foreach (var entry in entries)
        {
            int at = merged.FindIndex(m => m.Entry.Key == entry.Key);
            if (at < 0)
            {
                merged.Add((entry, new HashSet<string>(StringComparer.Ordinal)));
                at = merged.Count - 1;
            }
            else if (entry.Modules.Count != 0)
            {
                var first = merged[at].Entry;
                merged[at] = (first with { Modules = [.. first.Modules.Union(entry.Modules)] }, merged[at].Known);
            }

            string?[] known = entry.Kind == BaselineStepKind.File ? [entry.OldFile is { } old ? Hash(old.Content) : "", entry.NewHash] : [entry.Old, entry.New];
            merged[at].Known.UnionWith(known.OfType<string>());
        }

        return merged;
    }

    private BaselineUndo PlanUndo(List<(JournalEntry Entry, HashSet<string> Known)> entries)
    {
        var steps = new List<BaselineStep>();
        var of = new List<JournalEntry>();
        var differences = new List<string>();
        foreach (var (entry, known) in Enumerable.Reverse(entries))
        {
            switch (entry.Kind)
            {
                case BaselineStepKind.File:
                    PlanUndoFile(entry, known);
                    break;
                case BaselineStepKind.LoadModule:
                    var loaded = (new LiveModuleSource(_root).Loaded ?? []).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
                    var there = entry.Modules.Where(loaded.Contains).ToList();
                    if (there.Count != 0)
                    {
                        Add(entry, entry.Target, $"unload {string.Join(", ", Enumerable.Reverse(there))}, if not in use", null, null);
                    }

                    break;
                case BaselineStepKind.UnloadModule:
                    if (!(new LiveModuleSource(_root).Loaded ?? []).Any(m => m.Name == entry.Target))
                    {
                        Add(entry, entry.Target, "load it again", null, null);
                    }

                    break;
                case BaselineStepKind.Sysctl:
                    // A key that is gone, with its module, has nothing to be put back.
                    string name = SysctlKey.ToName(entry.Target);
                    string? now = new LiveSysctls(_root, _network).ReadValue(entry.Target);
                    if (now is not null && entry.Old is not null)
                    {
                        PlanUndoValue(entry, known.Any(k => SysctlValue.Same(k, now)), SysctlValue.Same(entry.Old, now), name, now.Trim());
                    }

                    break;
                default:
                    string? flag = Flag(entry.Kind, entry.Target, entry.Property);
                    if (flag is not null)
                    {
                        PlanUndoValue(entry, known.Contains(flag), flag == entry.Old, entry.Target, flag);
                    }

                    break;
            }
        }

        return new BaselineUndo(steps, differences, of, isThere: true);

        void Add(JournalEntry entry, string target, string action, string? now, string? old)
        {
            of.Add(entry);
            steps.Add(new BaselineStep
            {
                Number = steps.Count + 1, Kind = entry.Kind, Target = target, Property = entry.Property, Action = action, OldValue = now, NewValue = old,
                CanCutTraffic = entry.Kind != BaselineStepKind.File,
            });
        }

        void PlanUndoValue(JournalEntry entry, bool isKnown, bool isOld, string target, string now)
        {
            string old = entry.Old!.Trim();
            if (!isOld)
            {
                Add(entry, target, $"set {entry.Property ?? "it"} back to {Printable.Text(old, 100)} (it is {Printable.Text(now, 100)})", now, old);
                if (!isKnown)
                {
                    differences.Add($"{target} is {Printable.Text(now, 100)}, and was set to {Printable.Text(entry.New ?? "", 100)}");
                }
            }
        }

        void PlanUndoFile(JournalEntry entry, HashSet<string> known)
        {
            string shown = Printable.Text(entry.Target);
            string state;
            bool isSameLabel;
            try
            {
                var status = _files.Describe(entry.Target, out string realPath);
                state = status is null ? "" : Hash(_files.Read(entry.Target) ?? []);
                isSameLabel = realPath == entry.Target
                    && (entry.OldFile is not { } o || status is not { } s || (s.Permissions & 0x1ff, s.Uid, s.Gid) == (o.Mode, o.Uid, o.Gid));
            }
            catch (NodeException failure)
            {
                differences.Add(failure.Message.TrimEnd('.'));
                Add(entry, shown, "restore it", null, null);
                return;
            }

            bool isOld = state == (entry.OldFile is { } old ? Hash(old.Content) : "") && isSameLabel;
            if (!isOld)
            {
                Add(entry, shown, entry.OldFile is null ? "remove it, as it was not there" : "restore it as it was", null, null);
                if (!known.Contains(state) || !isSameLabel)
                {
                    differences.Add(state.Length == 0 ? $"{shown} is gone" : !known.Contains(state) ? $"{shown} has other content" : $"{shown} has another owner or other permissions, or is a link now");
                }
            }
        }
    }

    /// <summary>Undoes steps; gives what could not be undone, each an end of a sentence.</summary>
    private List<string> Undo(
        IReadOnlyList<BaselineStep> steps, IReadOnlyList<JournalEntry> entries, IReadOnlySet<int> skip, Action<BaselineStep> done, Action<string> warn, CancellationToken stop)
    {
        var left = new List<string>();
        for (int i = 0; i < steps.Count; i++)
        {
            if (skip.Contains(steps[i].Number))
            {
                continue;
            }

            stop.ThrowIfCancellationRequested();
            try
            {
                At?.Invoke(BaselineMoment.Undo, steps[i].Number);
                Undo(entries[i], warn);
                done(steps[i]);
            }
            catch (NodeException failure)
            {
                left.Add($"{steps[i].Target} ({failure.Message.TrimEnd('.')})");
            }
        }

        return left;
    }

    private void Undo(JournalEntry entry, Action<string> warn)
    {
        switch (entry.Kind)
        {
            case BaselineStepKind.File when entry.OldFile is { } old:
                _files.Edit(entry.Target, _ => old.Content);
                if (_files.Describe(entry.Target, out _) is { } status && (status.Permissions & 0x1ff, status.Uid, status.Gid) != (old.Mode, old.Uid, old.Gid))
                {
                    _files.Relabel(entry.Target, old.Uid, old.Gid, old.Mode);
                }

                break;
            case BaselineStepKind.File:
                _files.Remove(entry.Target);
                break;
            case BaselineStepKind.LoadModule:
                foreach (string module in Enumerable.Reverse(entry.Modules.ToList()))
                {
                    UnloadUnused(module, warn);
                }

                break;
            case BaselineStepKind.UnloadModule:
                Load(entry.Target);
                break;
            case BaselineStepKind.Sysctl:
                SetSysctl("/" + entry.Target, entry.Old!);
                var live = new LiveSysctls(_root, _network);
                foreach (var (key, value) in entry.Others)
                {
                    // Only what the change itself made so: what somebody else has set since is theirs.
                    if (live.ReadValue(key) is { } now && now != value && (SysctlValue.Same(now, entry.New) || SysctlValue.Same(now, entry.Old)))
                    {
                        live.Write(key, value);
                    }
                }

                break;
            default:
                SetFlag(entry.Kind, entry.Target, entry.Property, entry.Old == "on");
                break;
        }
    }

    private void UnloadUnused(string module, Action<string> warn)
    {
        if (!(new LiveModuleSource(_root).Loaded ?? []).Any(m => m.Name == module))
        {
            return;
        }

        try
        {
            Unload(module);
        }
        catch (NodeException failure) when (failure.ErrorId is nameof(Messages.ModuleInUse) or nameof(Messages.ModuleInUseByOthers) or nameof(Messages.ModulePermanent))
        {
            warn(string.Format(CultureInfo.InvariantCulture, Messages.JournalModuleInUse, module, failure.Message));
        }
    }

    /// <summary>Removes what a killed process left beside the files, and the directories that the change made.</summary>
    private void CleanUp(List<(JournalEntry Entry, HashSet<string> Known)> entries)
    {
        foreach (var (entry, _) in entries.Where(e => e.Entry.Kind == BaselineStepKind.File))
        {
            _files.RemoveLeftovers(entry.Target);
            foreach (string directory in entry.Directories.Reverse())
            {
                _files.RemoveEmptyDirectory(directory);
            }
        }
    }

    private static string Hash(byte[] content) => Convert.ToHexString(SHA256.HashData(content));

    private static NodeException NotApplied(BaselineStep step, NodeException why, List<string> left)
    {
        string undone = left.Count == 0 ? Messages.BaselineNotApplied_Undone : string.Format(CultureInfo.InvariantCulture, Messages.BaselineNotApplied_Left, string.Join("; ", left));
        string message = string.Format(CultureInfo.InvariantCulture, Messages.BaselineNotApplied, step.Number, step, why.Message, undone);
        return new NodeException(nameof(Messages.BaselineNotApplied), why.Category, message, why.RecommendedAction ?? Messages.BaselineNotApplied_Action, why)
        {
            Subject = step.Target, Errno = why.Errno,
        };
    }

    private static NodeException Failure(string id, NodeErrorCategory category, params object?[] arguments)
    {
        var failure = NodeException.Create(Messages.ResourceManager, id, category, arguments);
        failure.Subject = arguments[0] as string;
        return failure;
    }
}
