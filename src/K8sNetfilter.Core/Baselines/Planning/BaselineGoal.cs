using K8sNetfilter.Links;

namespace K8sNetfilter.Baselines.Planning;

/// <summary>One thing that is to become so, whoever wants it.</summary>
internal sealed class BaselineGoal(BaselineRequirementKind kind, string key)
{
    public BaselineRequirementKind Kind { get; } = kind;

    public string Key { get; } = key;

    public Baseline? Baseline { get; set; }

    public List<BaselineFinding> Findings { get; } = [];

    public List<BaselineExpectation> Expected { get; } = [];

    public List<BaselineGoal> NeededBy { get; } = [];

    public bool IsLive { get; set; }

    public bool IsBoot { get; set; }

    public string? Value { get; set; }

    public BaselineGoal? Maker { get; set; }

    public Bridge? Bridge { get; set; }

    /// <summary>True where the namespace's own switch does what a bridge's flag would, by then.</summary>
    public bool IsSwitchedOn { get; set; }

    public string? Refused { get; private set; }

    public bool WantsModule => Findings.Count == 0 || Findings[0].Expected == "present";

    /// <summary>True where nothing is done for it: it is refused, or all are that need it.</summary>
    public bool IsOut => Refused is not null || (Findings.Count == 0 && NeededBy.TrueForAll(g => g.IsOut));

    public void Refuse(string why) => Refused ??= why;

    public string[] Texts() => [.. Findings.Select(f => f.Requirement!.ToString())
        .Concat(NeededBy.SelectMany(g => g.Findings.Select(f => f.Requirement!.ToString()))).Distinct()];
}
