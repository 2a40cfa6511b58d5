using System.Globalization;
using System.Security.Cryptography;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Links;
using K8sNetfilter.Modules;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>
/// Brings a node to its baselines and back. A change is planned first; each step is written into the journal, done, and read back; a step
/// that fails undoes all before it. The last change can be undone later, by another process, also where its own was killed in the middle of
/// it.
/// </summary>
public sealed partial class BaselineControl
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
    public BaselinePlan Plan(IReadOnlyList<Baseline> baselines, Func<BaselineFinding, bool>? only, Action<string> warn,
        CancellationToken stop)
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
                : live.MayWrite(path) == Errno.EROFS ? Messages.BaselineSysctlReadOnlyMount : null;
        }
    }

    /// <summary>
    /// Does what was planned, under the node's lock. The plan is made again once the lock is held, since another writer may have been at
    /// work: what that did is not done again, and where more is to be done than <paramref name="plan"/> has, nothing is.
    /// </summary>
    /// <param name="plan">The plan as it was shown.</param>
    /// <param name="again">Makes the plan again.</param>
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
                throw NotUndone(left, []);
            }

            throw;
        }
    }

    private void RestoreJournal(byte[]? before, List<NotUndoneStep> left)
    {
        try
        {
            Journal.Restore(_journalFiles, before);
        }
        catch (NodeException failure)
        {
            left.Add(new NotUndoneStep(Journal.Path, failure));
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
                var coming = resolver.Lookup(step.Target).Targets.SelectMany(resolver.Steps).Select(s => s.Target.Name).Append(step.Target)
                    .Where(ModuleName.IsValid);
                return loaded.Contains(step.Target) ? null
                    : new JournalEntry { Kind = step.Kind, Target = step.Target,
                    Modules = [.. coming.Where(m => !loaded.Contains(m)).Distinct()] };
            case BaselineStepKind.UnloadModule:
                return new JournalEntry { Kind = step.Kind, Target = step.Target };
            case BaselineStepKind.Sysctl:
                return PrepareSysctl(plan, step);
            default:
                string? now = Flag(step.Kind, step.Target, step.Property);
                return now == step.NewValue ? null
                    : new JournalEntry { Kind = step.Kind, Target = step.Target, Property = step.Property, Old = now ?? step.OldValue,
                    New = step.NewValue };
        }
    }

    private JournalEntry? PrepareFile(BaselineFileEdit edit)
    {
        var status = _files.Describe(edit.Path, out string realPath);
        byte[]? now = status is null ? null : _files.Read(edit.Path);
        if (realPath != edit.Path || (now is null) != (edit.Before is null)
            || (now is not null && !now.AsSpan().SequenceEqual(edit.Before)))
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
                _files.Edit(edit.Path, old => (old is null) == (edit.Before is null)
                    && (old is null || old.AsSpan().SequenceEqual(edit.Before))
                    ? edit.After : throw Failure(nameof(Messages.BaselineFileChanged), NodeErrorCategory.ResourceBusy,
                    Printable.Text(edit.Path)));
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
            throw Failure(nameof(Messages.BaselineNotTaken), NodeErrorCategory.InvalidResult, step.Target,
                Printable.Text(now?.Trim() ?? "?", 100));
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
            throw Failure(nameof(Messages.BaselineNotTaken), NodeErrorCategory.InvalidResult, BaselineMessages.PropertyOf(property, name),
                now ?? "?");
        }
    }

    private RouteNetlink Open() =>
        _network is null ? new RouteNetlink(NetlinkConnection.OpenHere(NetlinkProtocol.Route), Messages.ThisNetNamespace)
            : RouteNetlink.Open(_network);

    private static string Hash(byte[] content) => Convert.ToHexString(SHA256.HashData(content));

    private static NodeException NotApplied(BaselineStep step, NodeException why, List<NotUndoneStep> left)
    {
        string undone = left.Count == 0 ? Messages.BaselineNotApplied_Undone
            : string.Format(CultureInfo.InvariantCulture, Messages.BaselineNotApplied_Left, string.Join("; ", left));
        string message = string.Format(CultureInfo.InvariantCulture, Messages.BaselineNotApplied, step.Number, step, why.Message, undone);
        return new NodeException(nameof(Messages.BaselineNotApplied), why.Category, message, why.RecommendedAction
            ?? Messages.BaselineNotApplied_Action, why)
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
