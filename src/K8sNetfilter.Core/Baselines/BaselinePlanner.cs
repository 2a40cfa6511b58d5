using K8sNetfilter.Configuration;
using K8sNetfilter.Links;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

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
public sealed partial class BaselinePlanner
{
    private const string SysctlFolder = "/etc/sysctl.d/";
    private const string LoadFolder = "/etc/modules-load.d/";
    private const string ModprobeFolder = "/etc/modprobe.d/";
    private const int MostRounds = 64;

    // The name of Kubernetes' documentation, and one that sorts behind what others use.
    private static readonly string[] s_names = ["k8s.conf", "zz-k8s.conf"];

    private readonly Func<IReadOnlyDictionary<string, byte[]>, INode> _view;
    private readonly Func<string, string?> _readOnly;
    private readonly Action<string> _warn;
    private readonly CancellationToken _stop;
    private readonly List<BaselineGoal> _goals = [];
    private readonly List<BaselineFileChange> _changes = [];
    private int _round;

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
        _goals.Clear();
        _changes.Clear();
        var node = _view(Contents());
        var evaluator = new BaselineEvaluator(node, _warn, _stop);
        var findings = new List<BaselineFinding>();
        var refusals = new List<BaselineRefusal>();
        foreach (var baseline in baselines)
        {
            foreach (var finding in evaluator.Evaluate(baseline, facts))
            {
                findings.Add(finding);
                if ((finding.IsInDesiredState == false || finding.NeedsLine) && only?.Invoke(finding) != false)
                {
                    Want(finding, baseline);
                }
            }
        }

        foreach (var finding in findings)
        {
            var key = KeyOf(finding.Requirement!);
            foreach (var goal in _goals.Where(g => g.Kind == finding.Kind && g.Key == key))
            {
                goal.Expected.Add(finding.Requirement!.Expected);
            }
        }

        Start(node);
        Files();
        var now = new ModuleReport(node.Modules);
        Live(node, now);
        foreach (var goal in _goals.Where(g => g.Maker?.Refused is not null))
        {
            goal.Refuse(BaselineMessages.Needs(goal.Maker!.Key, goal.Maker.Refused));
        }

        refusals.AddRange(_goals.Where(g => g.Refused is not null).SelectMany(g => g.Findings.Select(f => new BaselineRefusal(f, g.Refused!))));
        return Build(node, findings, refusals);
    }

    private static string KeyOf(BaselineRequirement requirement) => requirement.Kind switch
    {
        BaselineRequirementKind.Sysctl => SysctlKey.Parse(requirement.Name),
        BaselineRequirementKind.Module => ModuleName.Normalize(requirement.Name),
        _ => requirement.Name,
    };

    private void Want(BaselineFinding finding, Baseline baseline)
    {
        string key = finding.Kind == BaselineRequirementKind.Bridge ? $"{finding.Name} {finding.Property}" : KeyOf(finding.Requirement!);
        if (finding.Kind == BaselineRequirementKind.Chain)
        {
            key = $"{finding.Family} {finding.Property} {finding.Name}";
        }

        var goal = GoalOf(finding.Kind, key);
        goal.Baseline ??= baseline;
        goal.Findings.Add(finding);
        goal.IsLive |= finding.IsLiveInDesiredState == false;
        goal.IsBoot |= finding.IsBootInDesiredState == false || finding.NeedsLine;
    }

    private BaselineGoal GoalOf(BaselineRequirementKind kind, string key)
    {
        var goal = _goals.Find(g => g.Kind == kind && g.Key == key);
        if (goal is null)
        {
            _goals.Add(goal = new BaselineGoal(kind, key));
        }

        return goal;
    }

    /// <summary>What can be refused, and what else is needed, before any file is looked at.</summary>
    private void Start(INode node)
    {
        foreach (var goal in _goals.ToList())
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
                    goal.Maker = Need("br_netfilter", goal, isLive: true, isBoot: false);
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

            goal.Maker = Need(module, goal, isLive: true, goal.IsBoot);
        }
    }

    /// <summary>The module that another goal cannot do without.</summary>
    private BaselineGoal Need(string module, BaselineGoal by, bool isLive, bool isBoot)
    {
        var maker = GoalOf(BaselineRequirementKind.Module, module);
        maker.Baseline ??= by.Baseline;
        maker.IsLive |= isLive;
        maker.IsBoot |= isBoot;
        if (!maker.NeededBy.Contains(by))
        {
            maker.NeededBy.Add(by);
        }

        if (maker.Findings.Count != 0 && maker.Findings[0].Expected == "absent")
        {
            by.Refuse(BaselineMessages.NeedsUnwantedModule(module));
        }

        return maker;
    }

    /// <summary>What is to be done in the running kernel.</summary>
    private void Live(INode node, ModuleReport now)
    {
        if (!node.IsLive)
        {
            return;
        }

        IReadOnlyList<Bridge>? bridges = null;
        foreach (var goal in _goals.Where(g => g is { IsOut: false, IsLive: true }).ToList())
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
            string? planned = _goals.Find(g => g.Kind == BaselineRequirementKind.Sysctl && g.Key == key && !g.IsOut && g.IsLive)?.Value;
            bool isSwitched = (planned ?? node.Sysctls.ReadValue(key)?.Trim()) is { } value && value != "0";
            goal.IsSwitchedOn = isSwitched;
            if (!on && isSwitched)
            {
                goal.Refuse(BaselineMessages.BridgeCannotOptOut(SysctlKey.ToName(key)));
            }
        }
    }

    private BaselinePlan Build(INode node, List<BaselineFinding> findings, List<BaselineRefusal> refusals)
    {
        var edits = new Dictionary<int, BaselineFileEdit>();
        var expected = new Dictionary<int, IReadOnlyList<BaselineExpectation>>();
        var steps = new List<BaselineStep>();
        var good = _goals.Where(g => !g.IsOut).ToList();
        var contents = Contents();
        AddFiles(path => path.StartsWith(ModprobeFolder, StringComparison.Ordinal) || IsOf(node.Modules.ModprobeFiles, path));
        if (node.IsLive)
        {
            var loaded = (node.Modules.Loaded ?? []).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var goal in good.Where(g => g is { Kind: BaselineRequirementKind.Module, IsLive: true } && !g.WantsModule))
            {
                Add(goal, BaselineStepKind.UnloadModule, goal.Key, BaselineMessages.UnloadModule, cut: true);
            }

            foreach (var goal in good.Where(g => g is { Kind: BaselineRequirementKind.Module, IsLive: true, WantsModule: true } && !loaded.Contains(g.Key)))
            {
                // From then on bridged frames meet the rules of the node, and a FORWARD policy of DROP drops them.
                Add(goal, BaselineStepKind.LoadModule, goal.Key, BaselineMessages.LoadModule, cut: goal.Key == "br_netfilter");
            }

            // A key that sets others (ip_forward, conf/all) goes before them.
            foreach (var goal in good.Where(g => g is { Kind: BaselineRequirementKind.Sysctl, IsLive: true }).OrderBy(g => Reach(g.Key)))
            {
                string? old = node.Sysctls.ReadValue(goal.Key)?.Trim();
                string value = BaselineExpectation.ValueToSet(goal.Expected, old) ?? goal.Value!;
                expected[steps.Count + 1] = goal.Expected;
                Add(
                    goal, BaselineStepKind.Sysctl, SysctlKey.ToName(goal.Key),
                    old is null ? BaselineMessages.SetSysctlOnceThere(Printable.Text(value), goal.Maker?.Key) : BaselineMessages.SetSysctl(Printable.Text(value), Printable.Text(old, 100)),
                    old, value, cut: Cuts(goal.Key, value), needs: goal.Maker?.IsLive == true ? goal.Maker.Key : null);
            }

            foreach (var goal in good.Where(g => g is { Kind: BaselineRequirementKind.Bridge, IsLive: true }))
            {
                AddBridge(goal);
            }
        }

        AddFiles(path => !edits.Values.Any(e => e.Path == path));
        return new BaselinePlan(findings, steps, refusals, edits, expected);

        void Add(BaselineGoal goal, BaselineStepKind kind, string target, string action, string? old = null, string? value = null, bool cut = false, string? needs = null, string? property = null) =>
            steps.Add(new BaselineStep
            {
                Number = steps.Count + 1, Kind = kind, Target = target, Property = property, Action = action, OldValue = old, NewValue = value,
                Requirement = goal.Texts(), CanCutTraffic = cut, NeedsModule = needs,
            });

        void AddFiles(Func<string, bool> isMeant)
        {
            foreach (string path in _changes.Where(c => !c.For.IsOut).Select(c => c.Path).Distinct().Where(isMeant).ToList())
            {
                var changes = _changes.Where(c => !c.For.IsOut && c.Path == path).ToList();
                if (changes[0].Original is { } same && same.AsSpan().SequenceEqual(contents[path]))
                {
                    continue;
                }

                string what = string.Join("; ", changes.Select(c => c.What).Distinct());
                edits[steps.Count + 1] = new BaselineFileEdit(path, changes[0].Original, contents[path]);
                steps.Add(new BaselineStep
                {
                    Number = steps.Count + 1, Kind = BaselineStepKind.File, Target = path,
                    Action = changes[0].Original is null ? BaselineMessages.MakeFile(what) : what,
                    Requirement = [.. changes.SelectMany(c => c.For.Texts()).Distinct()],
                });
            }
        }

        void AddBridge(BaselineGoal goal)
        {
            var finding = goal.Findings[0];
            bool on = finding.Requirement!.Expected.IsSatisfiedBy("on");
            string word = on ? "on" : "off", other = on ? "off" : "on";
            if (finding.Property == "hairpin")
            {
                foreach (var port in goal.Bridge!.Ports.Where(p => p.Hairpin == !on))
                {
                    Add(goal, BaselineStepKind.BridgePort, port.Name, BaselineMessages.TurnHairpin(word, goal.Bridge.Name), other, word, cut: !on, property: "hairpin");
                }

                return;
            }

            bool? own = finding.Property switch { "callIptables" => goal.Bridge!.NfCallIptables, "callIp6tables" => goal.Bridge!.NfCallIp6tables, _ => goal.Bridge!.NfCallArptables };
            if (own != on && !(on && goal.IsSwitchedOn))
            {
                Add(
                    goal, BaselineStepKind.Bridge, goal.Bridge!.Name, BaselineMessages.TurnProperty(finding.Property, word), other, word, cut: true,
                    needs: goal.Maker?.Key, property: finding.Property);
            }
        }
    }

    private static bool IsOf(IReadOnlyList<ConfigFile> files, string path) => files.Any(f => f.RealPath == path);

    private static int Reach(string key) =>
        key == "net/ipv4/ip_forward" ? 0 : key.Contains("/all/", StringComparison.Ordinal) ? 1 : key.Contains("/default/", StringComparison.Ordinal) ? 2 : 3;

    private static bool Cuts(string key, string value) =>
        key.StartsWith("net/bridge/bridge-nf-", StringComparison.Ordinal)
        || (value == "0" && (key == "net/ipv4/ip_forward" || key.EndsWith("/forwarding", StringComparison.Ordinal)))
        || (value != "0" && (key.EndsWith("/disable_ipv6", StringComparison.Ordinal) || key.EndsWith("/rp_filter", StringComparison.Ordinal)));
}
