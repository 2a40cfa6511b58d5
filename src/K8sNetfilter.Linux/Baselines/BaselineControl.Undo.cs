using System.Globalization;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Modules;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <content>The way back: what the journal has, taken back in the reverse order.</content>
public sealed partial class BaselineControl
{
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
    /// <exception cref="NodeException"><c>JournalChangedSince</c>: nothing was done. <c>JournalNotUndone</c>: the message names what is
    /// left.</exception>
    public void Undo(bool force, IReadOnlySet<int> skip, Action<BaselineStep> done, Action<string> warn, Action? waiting,
        CancellationToken stop)
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
        var undone = new List<BaselineStep>();
        var left = Undo(undo.Steps, undo.Entries, skip, step => { undone.Add(step); done(step); }, warn, stop);
        if (left.Count != 0)
        {
            throw NotUndone(left, undone);
        }

        CleanUp(entries);
        At?.Invoke(BaselineMoment.Undone, 0);
        if (skip.Count == 0)
        {
            RemoveJournal();
        }
    }

    private static NodeException NotUndone(List<NotUndoneStep> left, List<BaselineStep> undone)
    {
        const int MostNames = 10;
        var first = left[0].Why;
        bool isOneCause = left.TrueForAll(l => (l.Why.ErrorId, l.Why.Errno) == (first.ErrorId, first.Errno));
        string names = string.Join(", ", undone.Select(s => s.Target).Distinct().Take(MostNames))
            + (undone.Count > MostNames ? ", ..." : "");
        string message = string.Format(CultureInfo.InvariantCulture, Messages.JournalNotUndone, string.Join("; ", left))
            + (undone.Count == 0 ? "" : " " + string.Format(CultureInfo.InvariantCulture, Messages.JournalNotUndone_Rest, names));
        string action = !isOneCause ? Messages.JournalNotUndone_Action
            : first.ErrorId == nameof(Messages.DeviceFull) ? Messages.JournalNotUndone_Full
            : first.RecommendedAction is { } advice ? $"{advice} {Messages.JournalNotUndone_Again}" : Messages.JournalNotUndone_Action;
        return new NodeException(nameof(Messages.JournalNotUndone), isOneCause ? first.Category : NodeErrorCategory.InvalidResult, message,
            action, first)
        {
            Subject = left[0].Target, Errno = isOneCause ? first.Errno : 0,
        };
    }

    // By now nothing is left to be undone, whatever becomes of the journal.
    private void RemoveJournal()
    {
        try
        {
            Journal.Restore(_journalFiles, null);
        }
        catch (NodeException failure)
        {
            throw new NodeException(
                nameof(Messages.JournalNotRemoved), failure.Category,
                string.Format(CultureInfo.InvariantCulture, Messages.JournalNotRemoved, Journal.Path, failure.Message),
                failure.RecommendedAction is { } advice ? $"{advice} {Messages.JournalNotRemoved_Again}"
                : Messages.JournalNotRemoved_Action, failure) { Errno = failure.Errno, Subject = Journal.Path };
        }
    }

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

            string?[] known = entry.Kind == BaselineStepKind.File
                ? [entry.OldFile is { } old ? Hash(old.Content) : "", entry.NewHash] : [entry.Old, entry.New];
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
                        Add(entry, entry.Target, BaselineMessages.UnloadIfUnused(string.Join(", ", Enumerable.Reverse(there))), null, null);
                    }

                    break;
                case BaselineStepKind.UnloadModule:
                    if (!(new LiveModuleSource(_root).Loaded ?? []).Any(m => m.Name == entry.Target))
                    {
                        Add(entry, entry.Target, BaselineMessages.LoadAgain, null, null);
                    }

                    break;
                case BaselineStepKind.Sysctl:
                    // A key that is gone, with its module, has nothing to be put back.
                    string name = SysctlKey.ToName(entry.Target);
                    string? now = new LiveSysctls(_root, _network).ReadValue(entry.Target);
                    if (now is not null && entry.Old is not null)
                    {
                        PlanUndoValue(entry, known.Any(k => KernelValue.Same(k, now)), KernelValue.Same(entry.Old, now), name, now.Trim());
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
                Number = steps.Count + 1, Kind = entry.Kind, Target = target, Property = entry.Property, Action = action, OldValue = now,
                    NewValue = old,
                CanCutTraffic = entry.Kind != BaselineStepKind.File,
            });
        }

        void PlanUndoValue(JournalEntry entry, bool isKnown, bool isOld, string target, string now)
        {
            string old = entry.Old!.Trim();
            if (!isOld)
            {
                Add(entry, target, entry.Property is { } property
                    ? BaselineMessages.SetPropertyBack(property, Printable.Text(old, 100), Printable.Text(now, 100))
                    : BaselineMessages.SetBack(Printable.Text(old, 100), Printable.Text(now, 100)), now, old);
                if (!isKnown)
                {
                    differences.Add(BaselineMessages.ValueDiffers(target, Printable.Text(now, 100), Printable.Text(entry.New ?? "", 100)));
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
                    && (entry.OldFile is not { } o || status is not { } s
                    || (s.Permissions & 0x1ff, s.Uid, s.Gid) == (o.Mode, o.Uid, o.Gid));
            }
            catch (NodeException failure)
            {
                differences.Add(failure.Message.TrimEnd('.'));
                Add(entry, shown, BaselineMessages.Restore, null, null);
                return;
            }

            bool isOld = state == (entry.OldFile is { } old ? Hash(old.Content) : "") && isSameLabel;
            if (!isOld)
            {
                Add(entry, shown, entry.OldFile is null ? BaselineMessages.RemoveFile : BaselineMessages.RestoreAsItWas, null, null);
                if (!known.Contains(state) || !isSameLabel)
                {
                    differences.Add(state.Length == 0 ? BaselineMessages.FileIsGone(shown) : !known.Contains(state)
                        ? BaselineMessages.FileDiffers(shown) : BaselineMessages.FileHasOtherOwner(shown));
                }
            }
        }
    }

    /// <summary>Undoes steps, and returns those that could not be undone.</summary>
    private List<NotUndoneStep> Undo(
        IReadOnlyList<BaselineStep> steps, IReadOnlyList<JournalEntry> entries, IReadOnlySet<int> skip, Action<BaselineStep> done,
        Action<string> warn, CancellationToken stop)
    {
        var left = new List<NotUndoneStep>();
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
                left.Add(new NotUndoneStep(steps[i].Target, failure));
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
                if (_files.Describe(entry.Target, out _) is { } status
                    && (status.Permissions & 0x1ff, status.Uid, status.Gid) != (old.Mode, old.Uid, old.Gid))
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
                    if (live.ReadValue(key) is { } now && now != value
                        && (KernelValue.Same(now, entry.New) || KernelValue.Same(now, entry.Old)))
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
}
