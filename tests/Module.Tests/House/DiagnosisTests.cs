using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Tests.House;

/// <summary>The diagnosis gets the ends of a walk, and nothing of the walk in progress.</summary>
public sealed class DiagnosisTests
{
    private const string Room = "K8sNetfilter.Diagnosis", Steps = "K8sNetfilter.Simulation.Steps", Branches = "K8sNetfilter.Simulation.Branches.";

    private static readonly HashSet<string> InProgress =
        [Branches + "BranchState", Branches + "WalkPacket", Branches + "WalkConnection", Branches + "BranchEnd", Branches + "WalkAside", Branches + "Assumption"];

    [Fact]
    public void The_diagnosis_knows_only_the_end_of_a_walk()
    {
        var found = Arrows.Of(typeof(Ruleset).Assembly.Location);
        Assert.Empty(InProgress.Except(found.Namespaces.Keys));
        Assert.Contains(found.Namespaces.Values, n => n == Steps);

        Assert.Empty(found.All.Where(a => found.Namespaces[a.From] is var room && (room == Room || room.StartsWith(Room + '.', StringComparison.Ordinal))
            && (InProgress.Contains(a.To) || found.Namespaces[a.To] == Steps)).Select(a => $"{a.From} uses {a.To}"));
    }
}
