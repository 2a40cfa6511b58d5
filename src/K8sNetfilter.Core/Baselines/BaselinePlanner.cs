using K8sNetfilter.Baselines.Planning;
using K8sNetfilter.Links;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Baselines;

/// <summary>
/// Finds the steps that bring a node to its baselines. Pure: what a change of files would come to is asked of the same forecasts that
/// explain the node, with the changed files in place of those that are there, until all requirements are satisfied or named as impossible.
/// </summary>
/// <remarks>
/// What contradicts in an administrator's file (below /etc) is commented out, so that one line decides and everybody reads the same:
/// a line in a file that sorts behind it would leave two that disagree, and <c>sysctl --system</c> always reads /etc/sysctl.conf last. What a
/// package or a program wrote (/usr/lib, /run) is left as it is: a sysctl gets a line in a file that sorts behind it, a modprobe.d or
/// modules-load.d file gets one of the same name below /etc, which is what replaces it (modprobe.d(5)).
/// </remarks>
public sealed class BaselinePlanner
{
    private readonly Func<IReadOnlyDictionary<string, byte[]>, INode> _view;
    private readonly Func<string, string?> _readOnly;
    private readonly Action<string> _warn;
    private readonly CancellationToken _stop;
    private BaselineGoals _goals = new();

    /// <summary>Prepares a plan. Nothing is read yet.</summary>
    /// <param name="view">Gives the node as it is with these contents in place of those of its files, by their real paths.</param>
    /// <param name="readOnly">Why a kernel parameter (its path below /proc/sys) can never be written, as the end of a sentence; null where it can.</param>
    /// <param name="warn">Told of what makes answers less than complete.</param>
    /// <param name="stop">Ends the reading.</param>
    public BaselinePlanner(Func<IReadOnlyDictionary<string, byte[]>, INode> view, Func<string, string?> readOnly, Action<string> warn, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(readOnly);
        _view = view;
        _readOnly = readOnly;
        _warn = warn;
        _stop = stop;
    }

    /// <summary>Makes the plan.</summary>
    /// <param name="baselines">Resolved baselines.</param>
    /// <param name="facts">What is known of the node; a requirement whose condition is known to fail is left out.</param>
    /// <param name="only">The findings that are to be mended; null for all.</param>
    public BaselinePlan Plan(IReadOnlyList<Baseline> baselines, BaselineFacts facts, Func<BaselineFinding, bool>? only = null)
    {
        ArgumentNullException.ThrowIfNull(baselines);
        _goals = new BaselineGoals();
        var node = _view(new Dictionary<string, byte[]>());
        var evaluator = new BaselineEvaluator(node, _warn, _stop);
        var findings = new List<BaselineFinding>();
        foreach (var baseline in baselines)
        {
            foreach (var finding in evaluator.Evaluate(baseline, facts))
            {
                findings.Add(finding);
                if ((finding.IsInDesiredState == false || finding.NeedsLine) && only?.Invoke(finding) != false)
                {
                    _goals.Want(finding, baseline);
                }
            }
        }

        _goals.Expect(findings);
        Start(node);
        var files = new BaselineFilePlan(_goals, _view, _stop);
        files.Make();
        Live(node, new ModuleReport(node.Modules));
        _goals.RefuseWithMakers();
        var refused = _goals.All.Where(g => g.Refused is not null).SelectMany(g => g.Findings.Select(f => new BaselineRefusal(f, g.Refused!))).ToList();
        return new BaselineSteps(node, _goals, files).Build(findings, refused);
    }

    /// <summary>What can be refused, and what else is needed, before any file is looked at.</summary>
    private void Start(INode node)
    {
        foreach (var goal in _goals.All.ToList())
        {
            switch (goal.Kind)
            {
                case BaselineRequirementKind.Chain:
                    goal.Refuse(BaselineMessages.ChainIsNotOurs);
                    break;
                case BaselineRequirementKind.Sysctl:
                    StartSysctl(node, goal);
                    break;
                case BaselineRequirementKind.Bridge when node.IsLive && goal.Findings[0] is { Property: not "hairpin", Expected: "on" }
                    && new ModuleReport(node.Modules).Describe("br_netfilter").State is not (ModuleState.Loaded or ModuleState.BuiltIn):
                    goal.Maker = _goals.Need("br_netfilter", goal, isLive: true, isBoot: false);
                    break;
                case BaselineRequirementKind.Module when goal.Expected.Exists(e => e.IsSatisfiedBy("present")) && goal.Expected.Exists(e => e.IsSatisfiedBy("absent")):
                    goal.Refuse(BaselineMessages.ModuleContradiction);
                    break;
            }
        }
    }

    private void StartSysctl(INode node, BaselineGoal goal)
    {
        string? now = goal.Findings[0].LiveValue ?? goal.Findings[0].BootValue;
        goal.Value = BaselineExpectation.ValueToSet(goal.Expected, now);
        if (goal.Value is null)
        {
            goal.Refuse(BaselineMessages.Contradiction(string.Join(", ", goal.Expected.Select(e => e.ToString()).Distinct())));
            return;
        }

        bool isMissing = node.IsLive && node.Sysctls.ReadValue(goal.Key) is null;
        if (goal.IsLive && !isMissing && _readOnly(goal.Key) is { } why)
        {
            goal.Refuse(why);
            return;
        }

        // The key comes with its module; without one that it could come with, it can't be made to come at all.
        if (goal.IsLive && isMissing)
        {
            string? module = SysctlModule.For(goal.Key);
            if (module is null || new ModuleReport(node.Modules).Describe(module).State is ModuleState.Loaded or ModuleState.BuiltIn)
            {
                goal.Refuse(BaselineMessages.NoSuchSysctl(SysctlKey.ToName(goal.Key)));
                return;
            }

            goal.Maker = _goals.Need(module, goal, isLive: true, goal.IsBoot);
        }
    }

    /// <summary>What is to be done in the running kernel.</summary>
    private void Live(INode node, ModuleReport now)
    {
        if (!node.IsLive)
        {
            return;
        }

        IReadOnlyList<Bridge>? bridges = null;
        foreach (var goal in _goals.All.Where(g => g is { IsOut: false, IsLive: true }).ToList())
        {
            switch (goal.Kind)
            {
                case BaselineRequirementKind.Module when !goal.WantsModule:
                    var module = now.Describe(goal.Key);
                    var loaded = node.Modules.Loaded?.FirstOrDefault(m => m.Name == goal.Key);
                    if (module.State == ModuleState.BuiltIn || loaded is null || loaded.IsPermanent)
                    {
                        goal.Refuse(module.State == ModuleState.BuiltIn ? BaselineMessages.ModuleIsBuiltIn : BaselineMessages.ModuleIsPermanent);
                    }
                    else if (module.UsedBy.Length != 0 || module.RefCount > 0)
                    {
                        goal.Refuse(module.UsedBy.Length != 0 ? BaselineMessages.ModuleIsUsedBy(string.Join(", ", module.UsedBy)) : BaselineMessages.ModuleIsUsed);
                    }

                    break;
                case BaselineRequirementKind.Bridge:
                    bridges ??= BridgeView.Read(node.Links, BridgeNetfilterSwitches.Read(node.Sysctls), _warn, _stop) ?? [];
                    BridgeLive(node, goal, bridges);
                    break;
            }
        }
    }

    private void BridgeLive(INode node, BaselineGoal goal, IReadOnlyList<Bridge> bridges)
    {
        var finding = goal.Findings[0];
        goal.Bridge = bridges.FirstOrDefault(b => b.Name == finding.Name);
        bool on = finding.Requirement!.Expected.IsSatisfiedBy("on");
        if (goal.Bridge is null)
        {
            goal.Refuse(BaselineMessages.NoBridgeYet);
        }
        else if (finding.Property != "hairpin")
        {
            string key = $"net/bridge/bridge-nf-{(finding.Property == "callIptables" ? "call-iptables" : finding.Property == "callIp6tables" ? "call-ip6tables" : "call-arptables")}";
            string? planned = _goals.All.FirstOrDefault(g => g.Kind == BaselineRequirementKind.Sysctl && g.Key == key && !g.IsOut && g.IsLive)?.Value;
            bool isSwitched = (planned ?? node.Sysctls.ReadValue(key)?.Trim()) is { } value && value != "0";
            goal.IsSwitchedOn = isSwitched;
            if (!on && isSwitched)
            {
                goal.Refuse(BaselineMessages.BridgeCannotOptOut(SysctlKey.ToName(key)));
            }
        }
    }

    /// <summary>True for a configuration file that is the administrator's to change, and so ours on their behalf.</summary>
    /// <param name="path">The file with links followed, as the node names it.</param>
    public static bool IsAdministrators(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.StartsWith("/etc/", StringComparison.Ordinal) && path.Length < 4096 && !path.Any(char.IsControl)
            && (path.EndsWith(".conf", StringComparison.Ordinal) || path.EndsWith(".alias", StringComparison.Ordinal))
            && !path.Split('/')[1..].Any(part => part is "" or "." or "..");
    }
}
