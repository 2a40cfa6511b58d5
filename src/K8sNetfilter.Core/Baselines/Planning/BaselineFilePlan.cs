using System.Globalization;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines.Planning;

/// <summary>The files: what is written, commented out or replaced, so that the next boot gives what is wanted.</summary>
internal sealed class BaselineFilePlan(BaselineGoals goals, Func<IReadOnlyDictionary<string, byte[]>, INode> view, CancellationToken stop)
{
    private const string SysctlFolder = "/etc/sysctl.d/";
    private const string LoadFolder = "/etc/modules-load.d/";
    private const string ModprobeFolder = "/etc/modprobe.d/";
    private const int MostRounds = 64;

    // The name of Kubernetes' documentation, and one that sorts after what others use.
    private static readonly string[] Names = ["k8s.conf", "zz-k8s.conf"];

    private readonly List<BaselineFileChange> _changes = [];
    private int _round;

    /// <summary>The files that are changed, in the order of their first change.</summary>
    public IEnumerable<string> Paths => _changes.Where(c => !c.For.IsOut).Select(c => c.Path).Distinct();

    /// <summary>The changes of one file.</summary>
    public List<BaselineFileChange> ChangesOf(string path) => [.. _changes.Where(c => !c.For.IsOut && c.Path == path)];

    /// <summary>True for a file that modprobe reads, by its folder.</summary>
    public static bool IsModprobes(string path) => path.StartsWith(ModprobeFolder, StringComparison.Ordinal);

    /// <summary>Changes files, one change a goal and round, until the forecasts say what is wanted.</summary>
    public void Make()
    {
        for (_round = 0; _round < MostRounds; _round++)
        {
            stop.ThrowIfCancellationRequested();
            var before = Progress();
            var node = view(Contents());
            var modules = new ModuleReport(node.Modules);
            var keys = goals.All.Where(g => g.Kind == BaselineRequirementKind.Sysctl).Select(g => g.Key)
                .Concat(goals.All.Where(g => g.Kind == BaselineRequirementKind.File).SelectMany(g => SysctlsOf(g.Baseline!))).Distinct()
                .ToList();
            var forecast = keys.Count == 0 ? null : SysctlForecast.Of(node.Sysctls, node.Modules, node.IsLive ? [] : keys, stop);
            foreach (var goal in goals.All.Where(g => !g.IsOut).ToList())
            {
                switch (goal.Kind)
                {
                    case BaselineRequirementKind.Module:
                        ModuleFiles(node, modules.Describe(goal.Key), goal);
                        break;
                    case BaselineRequirementKind.Sysctl when goal.IsBoot:
                        SysctlFiles(node, forecast!, goal);
                        break;
                    case BaselineRequirementKind.File:
                        NamedFile(node, forecast!, goal);
                        break;
                }

                if (goal.Maker?.Refused is { } why)
                {
                    goal.Refuse(BaselineMessages.Needs(goal.Maker.Key, why));
                }
            }

            if (before == Progress())
            {
                return;
            }
        }

        foreach (var goal in goals.All.Where(g => !g.IsOut && _changes.Exists(c => c.For == g)))
        {
            goal.Refuse(BaselineMessages.TooManyFiles);
        }
    }

    private (int Changes, int Refused, int Goals) Progress() => (_changes.Count, goals.All.Count(g => g.Refused is not null),
        goals.All.Count);

    private static IEnumerable<string> SysctlsOf(Baseline baseline) =>
        baseline.Requirements.Where(r => r.Kind == BaselineRequirementKind.Sysctl).Select(r => SysctlKey.Parse(r.Name));

    private void ModuleFiles(INode node, KernelModule module, BaselineGoal goal)
    {
        bool wanted = goal.WantsModule;
        bool? atBoot = module.State == ModuleState.BuiltIn ? true : module.LoadsAtBoot;
        if (wanted && goal.IsLive && module.State == ModuleState.Missing && node.IsLive)
        {
            goal.Refuse(BaselineMessages.NoSuchModuleNow(goal.Key, Why(module)));
        }
        else if (wanted && goal.IsLive && module.State == ModuleState.Blocked)
        {
            Unblock(node, module, goal);
        }
        else if (wanted && goal.IsBoot && atBoot != true)
        {
            bool isUnknown = module is { State: ModuleState.Missing,
                BootSource: not null } && node.Modules.Catalog is null && node.Modules.SupportsModules is null;
            if (isUnknown)
            {
                // A file system without a kernel yet: that the module is named is all that can be done.
                return;
            }

            if (module.BootSource is null && module.BlockedBy is null && module.State == ModuleState.Missing && node.Modules.Catalog is not null)
            {
                goal.Refuse(BaselineMessages.NoSuchModule(goal.Key, Why(module)));
            }
            else if (module.BootSource is null)
            {
                Add(node, goal, LoadFolder, node.Modules.ModulesLoadFiles, old => ModulesLoadEdit.Add(old, goal.Key) ?? old ?? [],
                BaselineMessages.AddLine(goal.Key), Why(module));
            }
            else
            {
                Unblock(node, module, goal);
            }
        }
        else if (!wanted && goal.IsBoot && (atBoot ?? false))
        {
            if (module.State == ModuleState.BuiltIn)
            {
                goal.Refuse(BaselineMessages.ModuleIsBuiltIn);
            }
            else if (module.BootSource is not { Line: > 0 } line || !Silence(node, goal, line, LoadFolder))
            {
                goal.Refuse(BaselineMessages.ReasonIsNotOurs(Why(module)));
            }
        }
    }

    private void Unblock(INode node, KernelModule module, BaselineGoal goal)
    {
        if (module.BlockedBy is not { Line: > 0 } line || !Silence(node, goal, line, ModprobeFolder))
        {
            goal.Refuse(Why(module));
        }
    }

    private void SysctlFiles(INode node, SysctlForecast forecast, BaselineGoal goal)
    {
        var sysctl = forecast.Explain(goal.Key, null);
        // What only the kernel's own default makes so gets a line: it is a goal since something else is not as it should be.
        bool boot = sysctl.Source is not null && Satisfies(goal, sysctl.BootValue),
            system = sysctl.SystemValue is null || Satisfies(goal, sysctl.SystemValue);
        bool hasLine = _changes.Exists(c => c.For == goal && c.IsSetting);
        if (boot && system)
        {
            return;
        }

        if (!boot && forecast.MissingModule(goal.Key) is { } module)
        {
            // The module's own line comes first; what is left of the obstacle shows then.
            goal.Maker = goals.Need(module, goal, isLive: false, isBoot: true);
            return;
        }

        if (!boot && !hasLine)
        {
            Add(node, goal, SysctlFolder, node.Sysctls.SystemdFiles, Setting(goal), $"set {SysctlKey.ToName(goal.Key)} = {goal.Value}",
                sysctl.Reason, isSetting: true);
            return;
        }

        // What still decides otherwise: put out of force where it is the administrator's, outranked where it is not.
        var line = boot ? sysctl.SystemSource : sysctl.Source;
        if (line is not { Line: > 0 })
        {
            goal.Refuse(BaselineMessages.AtBoot(sysctl.Reason.TrimEnd('.')));
        }
        else if (!Silence(node, goal, line, null)
            && !(hasLine && Add(node, goal, SysctlFolder, node.Sysctls.SystemdFiles, Setting(goal),
                BaselineMessages.SetLineAfter(SysctlKey.ToName(goal.Key), goal.Value, line), sysctl.Reason, isSetting: true, from: 1)))
        {
            goal.Refuse(BaselineMessages.LineIsNotOurs(line));
        }
    }

    private static Func<byte[]?, byte[]> Setting(BaselineGoal goal) => old => SysctlFile.Set(old, goal.Key, goal.Value!).Content;

    private static bool Satisfies(BaselineGoal goal,
        string? value) => value is not null && goal.Expected.TrueForAll(e => e.IsSatisfiedBy(value));

    private void NamedFile(INode node, SysctlForecast forecast, BaselineGoal goal)
    {
        var wrong = BaselineEvaluator.Contradictions(goal.Baseline!, goal.Findings[0].Requirement!,
            name => forecast.Explain(SysctlKey.Parse(name), null)).ToList();
        foreach (var (line, of, _) in wrong)
        {
            if (!Silence(node, goal, line, null))
            {
                goal.Refuse(BaselineMessages.FileIsNotAdministrators(line, of.Name));
                return;
            }
        }
    }

    /// <summary>Adds a line to the first of our files that can have it; false where none is left.</summary>
    private bool Add(
        INode node, BaselineGoal goal, string folder, IReadOnlyList<ConfigFile> files, Func<byte[]?, byte[]> edit, string what,
            string reason, bool isSetting = false, int from = 0)
    {
        foreach (string name in Names.Skip(from))
        {
            string path = folder + name;
            var file = files.FirstOrDefault(f => f.Path == path);
            if (file is { IsMask: true } or { Problem: not null } || (file is not null && !BaselinePlanner.IsAdministrators(file.RealPath)) || _changes.Exists(c => c.For == goal && c.Path == (file?.RealPath ?? path)))
            {
                continue;
            }

            byte[]? content = file?.Content.ToArray();
            try
            {
                edit(content);
            }
            catch (NodeException failure)
            {
                goal.Refuse(failure.Message.TrimEnd('.'));
                return true;
            }

            _changes.Add(new BaselineFileChange(goal, file?.RealPath ?? path, Original(file, path), edit, what, isSetting, _round));
            return true;
        }

        if (from == 0)
        {
            goal.Refuse(BaselineMessages.FilesCannotBeChanged(folder, Names[0], Names[1], reason.TrimEnd('.')));
        }

        return false;
    }

    /// <summary>Puts a line out of force: in its file, or, where that is a package's, in a file of its name below /etc. False where neither can be.</summary>
    private bool Silence(INode node, BaselineGoal goal, SourceLine line, string? over)
    {
        var file = node.Sysctls.SystemdFiles.Concat(node.Sysctls.ProcpsFiles).Concat(node.Sysctls.ReplacedFiles.Select(r => r.File))
            .Concat(node.Modules.ModulesLoadFiles).Concat(node.Modules.ModprobeFiles)
                .FirstOrDefault(f => f.Path == line.File && f.Problem is null);
        if (file is null || ConfigLines.At(file.Content.Span, line.Line) is not { Length: > 0 } text)
        {
            return false;
        }

        // A pattern is about other keys too.
        if (over is null && ByteText.Decode(text) is var whole && Glob.IsPattern(whole.Split('=')[0]))
        {
            return false;
        }

        string note = $"K8sNetfilter (baseline {Printable.Text(goal.Baseline!.Name, 100)})";
        string what = BaselineMessages.CommentOut(line.Line.ToString(CultureInfo.InvariantCulture),
            Printable.Text(ByteText.Decode(text).Trim(), 100));
        if (BaselinePlanner.IsAdministrators(file.RealPath))
        {
            return Put(new BaselineFileChange(goal, file.RealPath, Original(file, file.RealPath),
                old => ConfigLines.CommentOut(old ?? [], text, note), what, IsSetting: false, _round));
        }

        if (over is null)
        {
            return false;
        }

        byte[] packaged = file.Content.ToArray();
        return Put(new BaselineFileChange(
            goal, over + file.Name, null, old => ConfigLines.CommentOut(old ?? packaged, text, note),
                BaselineMessages.ReplaceFile(Printable.Text(file.Path), what), IsSetting: false, _round));

        // What another goal wants in the same round is one change; the same once more would never come to an end.
        bool Put(BaselineFileChange change)
        {
            if (_changes.Find(c => !c.For.IsOut && c.Path == change.Path && c.What == change.What) is { } same && same.Round != _round)
            {
                return false;
            }

            _changes.Add(change);
            return true;
        }
    }

    private static string Why(KernelModule module) => module.Reason?.TrimEnd('.') ?? BaselineMessages.ModuleCannotLoad(module.Name);

    /// <summary>The content on the disk, before any change of this plan.</summary>
    private byte[]? Original(ConfigFile? file, string path) =>
        _changes.Find(c => c.Path == (file?.RealPath ?? path)) is { } first ? first.Original : file?.Content.ToArray();

    /// <summary>The files as the changes leave them.</summary>
    public Dictionary<string, byte[]> Contents()
    {
        var contents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var change in _changes.Where(c => !c.For.IsOut))
        {
            contents[change.Path] = change.Edit(contents.GetValueOrDefault(change.Path) ?? change.Original);
        }

        return contents;
    }
}
