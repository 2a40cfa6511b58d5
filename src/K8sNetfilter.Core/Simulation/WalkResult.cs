using K8sNetfilter.Logic;

namespace K8sNetfilter.Simulation;

/// <summary>What a walk found.</summary>
public sealed class WalkResult
{
    internal WalkResult(IReadOnlyList<WalkBranch> branches, IReadOnlyList<TraceStep> steps)
    {
        Branches = branches;
        Steps = steps;
    }

    /// <summary>The ways that the packet can take, each with its end.</summary>
    public IReadOnlyList<WalkBranch> Branches { get; }

    /// <summary>The steps in the order of the walk; empty where none were asked for.</summary>
    public IReadOnlyList<TraceStep> Steps { get; }

    /// <summary>Whether the connection comes about: Yes or No where all branches agree, else Unknown.</summary>
    public MatchOutcome Works
    {
        get
        {
            MatchOutcome? all = null;
            foreach (var branch in Branches)
            {
                if (all is { } one && one != branch.Works)
                {
                    return MatchOutcome.Unknown;
                }

                all = branch.Works;
            }

            return all ?? MatchOutcome.Unknown;
        }
    }
}
