using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>Which branches become one: those that do the same from here on, and ends that say the same.</summary>
internal sealed class BranchJoins(PacketSimulation run)
{
    /// <summary>Joins what has become equal.</summary>
    public void JoinAll(List<BranchState> states)
    {
        for (bool joined = states.Count > 1; joined;)
        {
            joined = false;
            for (int i = 0; i < states.Count; i++)
            {
                for (int j = states.Count - 1; j > i; j--)
                {
                    if (TryJoin(states[i], states[j]))
                    {
                        states.RemoveAt(j);
                        joined = true;
                    }
                }
            }
        }
    }

    /// <summary>Lets <paramref name="other"/> go on as <paramref name="state"/> where both do the same from here on.</summary>
    public bool TryJoin(BranchState state, BranchState other)
    {
        if (!run.Options.JoinBranches || !state.SameAs(other)
            || !Assumption.TryJoin(state.Assumptions, other.Assumptions, out var joined, out bool sameCase))
        {
            return false;
        }

        // Two outcomes of chance add up; two answers to a question are different cases, each with a probability of its own.
        double probability = sameCase ? state.Probability + other.Probability
            : state.Probability == other.Probability ? state.Probability : double.NaN;
        if (other.Branch < state.Branch)
        {
            (state.Branch, other.Branch) = (other.Branch, state.Branch);
            (state.Parent, other.Parent) = (other.Parent, state.Parent);
        }

        state.Probability = Math.Min(probability, 1);
        state.Assumptions = joined;
        if (run.Log.Keeps(other) && !state.End.Ended)
        {
            run.Log.Between(other, state.HookName, StepMessages.JoinsBranch(state.Branch));
        }

        return true;
    }

    /// <summary>The ends as a user sees them: those that say the same are one, and what is decided comes first.</summary>
    public List<BranchState> Arrange(List<BranchState> done)
    {
        if (done.Count < 2)
        {
            return done;
        }

        for (int i = 0; i < done.Count && run.Options.JoinEnds; i++)
        {
            for (int j = done.Count - 1; j > i; j--)
            {
                if (EndsAs(done[i], done[j]) || EndsAs(done[j], done[i]))
                {
                    done[i] = Join(done[i], done[j]);
                    done.RemoveAt(j);
                }
            }
        }

        return [.. done.OrderBy(Openness).ThenByDescending(s => double.IsNaN(s.Probability) ? 0 : Math.Round(s.Probability, 3))];
    }

    // One rule, of which a condition is open, can drop the first packet, its answer or a later one: the call fails alike.
    private static bool EndsAs(BranchState longer, BranchState shorter)
    {
        var asked = Assumption.NewestQuestion(shorter.Assumptions);
        return shorter.End.Rule is not null && ReferenceEquals(shorter.End.Rule, longer.End.Rule)
            && Assumption.NewestQuestion(longer.Assumptions)?.Text == asked?.Text
            && Assumption.Includes(longer.Assumptions, shorter.Assumptions, asked)
            && ReplyCheck.Outcome(shorter).Works == MatchOutcome.No && ReplyCheck.Outcome(longer).Works == MatchOutcome.No;
    }

    // The one that takes less for granted stands for both.
    private BranchState Join(BranchState one, BranchState other)
    {
        var (stays, goes) = (one.Assumptions?.Count ?? 0) <= (other.Assumptions?.Count ?? 0) ? (one, other) : (other, one);
        run.Log.Between(goes, "RESULT", StepMessages.FailsAsBranch(stays.Branch));
        bool isSameCase = Assumption.Includes(one.Assumptions, other.Assumptions)
            && Assumption.Includes(other.Assumptions, one.Assumptions);
        stays.Probability = isSameCase ? Math.Min(one.Probability + other.Probability, 1)
            : one.Probability == other.Probability ? one.Probability : double.NaN;
        return stays;
    }

    private static int Openness(BranchState state) =>
        ReplyCheck.Outcome(state).Works != MatchOutcome.Unknown ? 0 : state.End.Fate != PacketFate.Unknown ? 1 : 2;
}
