using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>What stands on each hook, in the order in which packets meet it, and where a hook lets them go on.</summary>
internal sealed class HookTraversal(PacketSimulation run)
{
    private readonly WalkConntrack _conntrack = new(run);
    private readonly WalkNatOrder _natOrder = new(run);

    /// <summary>What stands on each hook of the packet's family.</summary>
    public WalkHook[][] Hooks { get; set; } = [];

    /// <summary>Lets a packet meet the next function of its hook, or goes on behind the hook.</summary>
    public void Meet(BranchState state)
    {
        var entries = Hooks[state.Hook];
        if (state.HookPosition >= entries.Length)
        {
            Leave(state);
            return;
        }

        var entry = entries[state.HookPosition];
        switch (entry.Kind)
        {
            case WalkHookKind.Conntrack:
                _conntrack.Track(state, entry);
                break;
            case WalkHookKind.NatApply:
                run.Nat.Translate(state, entry);
                break;
            case WalkHookKind.NatChain or WalkHookKind.NativeNatChain when entry.Rival < 0:
                _natOrder.Second(state, entries[state.HookPosition - 1], entry);
                break;
            case WalkHookKind.Other:
                run.Others.Meet(state, entry);
                break;
            case WalkHookKind.NatChain or WalkHookKind.NativeNatChain when !WalkNat.MeetsChain(state):
                run.Pass(state);
                break;
            case WalkHookKind.NatChain or WalkHookKind.NativeNatChain when entry.Rival > 0:
                _natOrder.First(state, entry);
                break;
            case WalkHookKind.NativeChain or WalkHookKind.NativeNatChain:
                run.Native.Run(state, entry);
                break;
            default:
                run.Rules.Run(state, entry);
                break;
        }
    }

    private void Leave(BranchState state)
    {
        switch (state.Stage)
        {
            case WalkStage.Output:
                state.Packet.Out = state.Packet.RouteDevice;
                run.GoTo(state, WalkStage.LocalPostrouting);
                break;
            case WalkStage.LocalPostrouting when state.Packet.Out == "lo":
                if (!run.Others.Loops(state))
                {
                    break;
                }

                // It comes back in at once, with its connection, its mark and its route (drivers/net/loopback.c), but without its socket.
                // One that fitted no connection has none, and is asked again.
                (state.Packet.In, state.Packet.Out, state.Packet.Local, state.Packet.Looped, state.Packet.RouteKept) = (
                    "lo", "", false, true, true);
                state.Connection.State = state.Connection.State == ConnectionState.Invalid ? ConnectionState.None : state.Connection.State;
                run.GoTo(state, WalkStage.Prerouting);
                break;
            case WalkStage.Prerouting:
                run.GoTo(state, WalkStage.Decide);
                break;
            case WalkStage.Input:
                run.End(state, PacketFate.Delivered, StepMessages.ItReachesProcessOnThis);
                break;
            case WalkStage.Forward:
                if (state.Layer2 == WalkLayer2.Port)
                {
                    // br_nf_post_routing names no input interface.
                    state.Packet.In = "";
                }

                run.GoTo(state, WalkStage.Postrouting);
                break;
            default:
                run.GoTo(state, WalkStage.Egress);
                break;
        }
    }
}
