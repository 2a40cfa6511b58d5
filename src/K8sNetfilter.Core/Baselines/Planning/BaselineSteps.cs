using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines.Planning;

/// <summary>Puts what is to be done into order: modprobe's files, modules, parameters, bridges, then the other files.</summary>
internal sealed class BaselineSteps(INode node, BaselineGoals goals, BaselineFilePlan files)
{
    private readonly Dictionary<int, BaselineFileEdit> _edits = [];
    private readonly Dictionary<int, IReadOnlyList<BaselineExpectation>> _expected = [];
    private readonly List<BaselineStep> _steps = [];
    private readonly List<BaselineGoal> _good = [.. goals.All.Where(g => !g.IsOut)];

    /// <summary>The plan, of what was found and what is refused.</summary>
    public BaselinePlan Build(List<BaselineFinding> findings, List<BaselineRefusal> refusals)
    {
        AddFiles(path => BaselineFilePlan.IsModprobes(path) || node.Modules.ModprobeFiles.Any(f => f.RealPath == path));
        if (node.IsLive)
        {
            AddModules();
            AddParameters();
            foreach (var goal in Live(BaselineRequirementKind.Bridge))
            {
                AddBridge(goal);
            }
        }

        AddFiles(path => !_edits.Values.Any(e => e.Path == path));
        return new BaselinePlan(findings, _steps, refusals, _edits, _expected);
    }

    private IEnumerable<BaselineGoal> Live(BaselineRequirementKind kind) => _good.Where(g => g.Kind == kind && g.IsLive);

    private void AddModules()
    {
        var loaded = (node.Modules.Loaded ?? []).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var goal in Live(BaselineRequirementKind.Module).Where(g => !g.WantsModule))
        {
            Add(goal, BaselineStepKind.UnloadModule, goal.Key, BaselineMessages.UnloadModule, cut: true);
        }

        foreach (var goal in Live(BaselineRequirementKind.Module).Where(g => g.WantsModule && !loaded.Contains(g.Key)))
        {
            // From then on bridged frames meet the rules of the node, and a FORWARD policy of DROP drops them.
            Add(goal, BaselineStepKind.LoadModule, goal.Key, BaselineMessages.LoadModule, cut: goal.Key == "br_netfilter");
        }
    }

    private void AddParameters()
    {
        // A key that sets others (ip_forward, conf/all) goes before them.
        foreach (var goal in Live(BaselineRequirementKind.Sysctl).OrderBy(g => Reach(g.Key)))
        {
            string? old = node.Sysctls.ReadValue(goal.Key)?.Trim();
            string value = BaselineExpectation.ValueToSet(goal.Expected, old) ?? goal.Value!;
            _expected[_steps.Count + 1] = goal.Expected;
            Add(
                goal, BaselineStepKind.Sysctl, SysctlKey.ToName(goal.Key),
                old is null ? BaselineMessages.SetSysctlOnceThere(Printable.Text(value), goal.Maker?.Key)
                    : BaselineMessages.SetSysctl(Printable.Text(value), Printable.Text(old, 100)),
                old, value, cut: Cuts(goal.Key, value), needs: goal.Maker?.IsLive == true ? goal.Maker.Key : null);
        }
    }

    private void AddFiles(Func<string, bool> isMeant)
    {
        var contents = files.Contents();
        foreach (string path in files.Paths.Where(isMeant).ToList())
        {
            var changes = files.ChangesOf(path);
            if (changes[0].Original is { } same && same.AsSpan().SequenceEqual(contents[path]))
            {
                continue;
            }

            string what = string.Join("; ", changes.Select(c => c.What).Distinct());
            _edits[_steps.Count + 1] = new BaselineFileEdit(path, changes[0].Original, contents[path]);
            _steps.Add(new BaselineStep
            {
                Number = _steps.Count + 1,
                Kind = BaselineStepKind.File,
                Target = path,
                Action = changes[0].Original is null ? BaselineMessages.MakeFile(what) : what,
                Requirement = [.. changes.SelectMany(c => c.For.Texts()).Distinct()],
            });
        }
    }

    private void AddBridge(BaselineGoal goal)
    {
        var finding = goal.Findings[0];
        bool on = finding.Requirement!.Expected.IsSatisfiedBy("on");
        string word = on ? "on" : "off", other = on ? "off" : "on";
        if (finding.Property == "hairpin")
        {
            foreach (var port in goal.Bridge!.Ports.Where(p => p.Hairpin == !on))
            {
                Add(
                    goal, BaselineStepKind.BridgePort, port.Name, BaselineMessages.TurnHairpin(word, goal.Bridge.Name), other, word,
                    cut: !on,
                    property: "hairpin");
            }

            return;
        }

        bool? own = finding.Property switch
        {
            "callIptables" => goal.Bridge!.NfCallIptables,
            "callIp6tables" => goal.Bridge!.NfCallIp6tables,
            _ => goal.Bridge!.NfCallArptables,
        };
        if (own != on && !(on && goal.IsSwitchedOn))
        {
            Add(
                goal, BaselineStepKind.Bridge, goal.Bridge!.Name, BaselineMessages.TurnProperty(finding.Property, word), other, word,
                cut: true,
                needs: goal.Maker?.Key, property: finding.Property);
        }
    }

    private void Add(
        BaselineGoal goal, BaselineStepKind kind, string target, string action, string? old = null, string? value = null,
            bool cut = false,
        string? needs = null, string? property = null) =>
        _steps.Add(new BaselineStep
        {
            Number = _steps.Count + 1,
            Kind = kind,
            Target = target,
            Property = property,
            Action = action,
            OldValue = old,
            NewValue = value,
            Requirement = goal.Texts(),
            CanCutTraffic = cut,
            NeedsModule = needs,
        });

    private static int Reach(string key) =>
        key == "net/ipv4/ip_forward" ? 0
        : key.Contains("/all/", StringComparison.Ordinal) ? 1
        : key.Contains("/default/", StringComparison.Ordinal) ? 2 : 3;

    private static bool Cuts(string key, string value) =>
        key.StartsWith("net/bridge/bridge-nf-", StringComparison.Ordinal)
        || (value == "0" && (key == "net/ipv4/ip_forward" || key.EndsWith("/forwarding", StringComparison.Ordinal)))
        || (value != "0" && (key.EndsWith("/disable_ipv6", StringComparison.Ordinal) || key.EndsWith("/rp_filter",
            StringComparison.Ordinal)));
}
