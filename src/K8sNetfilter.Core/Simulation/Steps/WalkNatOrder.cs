using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>
/// Two nat tables on one hook, of legacy and of nft. They have one priority, so that the one that was registered last runs first
/// (nf_hook_entries_grow in net/netfilter/core.c), and the first that translates decides. Nothing that a node says tells which it is: where
/// both would translate a packet, the walk follows both.
/// </summary>
internal sealed class WalkNatOrder(PacketSimulation run)
{
    private const string Question = "nat order";

    /// <summary>The packet meets the first of the two.</summary>
    public void First(BranchState state, WalkHook entry)
    {
        state.BeforeNat = state.Fork();
        Run(state, entry);
    }

    /// <summary>The packet meets the second of the two.</summary>
    public void Second(BranchState state, WalkHook first, WalkHook second)
    {
        if (state.SecondNatRan)
        {
            state.SecondNatRan = false;
            RunOrPass(state, first);
            return;
        }

        var before = state.BeforeNat;
        state.BeforeNat = null;
        if (WalkNat.MeetsChain(state) || before is null || !WalkNat.MeetsChain(before))
        {
            RunOrPass(state, second);
            return;
        }

        var (asListed, other) = run.Ask(
            state, Question, StepMessages.IsMetBefore(Name(first), Name(second, first)),
                StepMessages.IsMetBefore(Name(second), Name(first, second)));
        if (other is not null)
        {
            var again = before.Fork();
            (again.Branch, again.Parent, again.Probability, again.Assumptions) = (
                other.Branch, other.Parent, other.Probability, other.Assumptions);
            again.SecondNatRan = true;
            Run(again, second);
        }

        if (asListed is not null)
        {
            run.Pass(asListed);
        }
    }

    private static string Name(WalkHook hook, WalkHook? other = null) => hook.Native is { } native ? StepMessages.Chain(native.Label)
        : other is { Native: null } ? StepMessages.ThatOf(hook.Backend) : StepMessages.NatTableOf(hook.Backend);

    private void Run(BranchState state, WalkHook entry)
    {
        if (entry.Native is null)
        {
            run.Rules.Run(state, entry);
        }
        else
        {
            run.Native.Run(state, entry);
        }
    }

    private void RunOrPass(BranchState state, WalkHook entry)
    {
        if (WalkNat.MeetsChain(state))
        {
            Run(state, entry);
        }
        else
        {
            run.Pass(state);
        }
    }
}
