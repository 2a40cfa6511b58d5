using K8sNetfilter.Modules;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Baselines.Planning;

/// <summary>What is to become so: each thing once, whichever baselines want it.</summary>
internal sealed class BaselineGoals
{
    private readonly List<BaselineGoal> _goals = [];

    /// <summary>All of them, in the order in which they came.</summary>
    public IReadOnlyList<BaselineGoal> All => _goals;

    /// <summary>Takes what a finding wants changed.</summary>
    public void Want(BaselineFinding finding, Baseline baseline)
    {
        string key = finding.Kind == BaselineRequirementKind.Bridge ? $"{finding.Name} {finding.Property}" : KeyOf(finding.Requirement!);
        if (finding.Kind == BaselineRequirementKind.Chain)
        {
            key = $"{finding.Family} {finding.Property} {finding.Name}";
        }

        var goal = Of(finding.Kind, key);
        goal.Baseline ??= baseline;
        goal.Findings.Add(finding);
        goal.IsLive |= finding.IsLiveInDesiredState == false;
        goal.IsBoot |= finding.IsBootInDesiredState == false || finding.NeedsLine;
    }

    /// <summary>Gives each goal what all baselines expect of its thing, also where it is so already.</summary>
    public void Expect(IEnumerable<BaselineFinding> findings)
    {
        foreach (var finding in findings)
        {
            string key = KeyOf(finding.Requirement!);
            foreach (var goal in _goals.Where(g => g.Kind == finding.Kind && g.Key == key))
            {
                goal.Expected.Add(finding.Requirement!.Expected);
            }
        }
    }

    /// <summary>The module that another goal cannot do without.</summary>
    public BaselineGoal Need(string module, BaselineGoal by, bool isLive, bool isBoot)
    {
        var maker = Of(BaselineRequirementKind.Module, module);
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

    /// <summary>Refuses what needs a module that is refused.</summary>
    public void RefuseWithMakers()
    {
        foreach (var goal in _goals.Where(g => g.Maker?.Refused is not null))
        {
            goal.Refuse(BaselineMessages.Needs(goal.Maker!.Key, goal.Maker.Refused));
        }
    }

    private BaselineGoal Of(BaselineRequirementKind kind, string key)
    {
        var goal = _goals.Find(g => g.Kind == kind && g.Key == key);
        if (goal is null)
        {
            _goals.Add(goal = new BaselineGoal(kind, key));
        }

        return goal;
    }

    private static string KeyOf(BaselineRequirement requirement) => requirement.Kind switch
    {
        BaselineRequirementKind.Sysctl => SysctlKey.Parse(requirement.Name),
        BaselineRequirementKind.Module => ModuleName.Normalize(requirement.Name),
        _ => requirement.Name,
    };
}
