using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>
/// Address translation: each packet gets the mapping of its connection at the hooks that are for it. <see cref="NatTargets"/> make the
/// mapping.
/// </summary>
internal sealed class WalkNat(PacketSimulation run)
{
    /// <summary>Whether a hook changes destinations; the others change sources.</summary>
    public static bool IsDestinationHook(int hook) => hook is HookOrder.Prerouting or HookOrder.Output;

    // nf_nat_inet_fn (net/netfilter/nf_nat_core.c): rules are only consulted until the connection has its mapping.
    public static bool MeetsChain(BranchState state) =>
        state.Connection.State is ConnectionState.New or ConnectionState.Related
        && !(IsDestinationHook(state.Hook) ? state.Connection.DestinationNatDone : state.Connection.SourceNatDone);

    /// <summary>Does to a packet what its connection has for this hook.</summary>
    public void Translate(BranchState state, WalkHook entry)
    {
        if (!state.Connection.Exists)
        {
            run.Pass(state);
            return;
        }

        bool destination = IsDestinationHook(state.Hook);
        if (destination)
        {
            state.Connection.DestinationNatDone = true;
        }
        else
        {
            state.Connection.SourceNatDone = true;
        }

        var before = state.Packet.Tuple;
        if (state.Connection.OfReplyTuple)
        {
            TranslateBack(state, destination);
        }
        else
        {
            TranslateThere(state, destination);
        }

        bool changed = state.Packet.Tuple != before;
        if (changed && run.Log.Keeps(state))
        {
            var hook = new WalkHook { Kind = WalkHookKind.NatApply, Priority = entry.Priority, Table = "nat" };
            run.Log.Add(state, hook, MatchOutcome.Yes, Change(state, destination), "NAT");
        }

        // What is rewritten on its way in needs another route (nf_nat_ipv4_pre_routing, nf_nat_ipv6_in).
        state.Packet.RouteKept &= state.Stage != WalkStage.Prerouting || state.Packet.Destination == before.Destination;
        if (changed && state.Stage == WalkStage.Output && state.Packet.Destination != before.Destination)
        {
            run.OwnRouting.Again(state);
            return;
        }

        run.Pass(state);
    }

    // To the reply tuple, which has the mapping.
    private static void TranslateThere(BranchState state, bool destination)
    {
        if (destination && state.Connection.DestinationNat)
        {
            state.Packet.Destination = state.Connection.Reply.Source;
            state.Packet.DestinationPort = state.Connection.Reply.SourcePort;
        }
        else if (!destination && state.Connection.SourceNat)
        {
            (state.Packet.Source, state.Packet.SourceKnown) = (state.Connection.Reply.Destination,
                state.Connection.Reply.DestinationKnown);
            state.Packet.SourcePort = state.Connection.Reply.DestinationPort;
            state.Packet.DestinationPort = state.Packet.HasPorts ? state.Packet.DestinationPort : state.Packet.SourcePort;
        }
    }

    // Back to the original tuple.
    private static void TranslateBack(BranchState state, bool destination)
    {
        if (destination && state.Connection.SourceNat)
        {
            state.Packet.Destination = state.Connection.Original.Source;
            state.Packet.DestinationPort = state.Connection.Original.SourcePort;
            state.Packet.SourcePort = state.Packet.HasPorts ? state.Packet.SourcePort : state.Packet.DestinationPort;
        }
        else if (!destination && state.Connection.DestinationNat)
        {
            (state.Packet.Source, state.Packet.SourceKnown) = (state.Connection.Original.Destination, true);
            state.Packet.SourcePort = state.Connection.Original.DestinationPort;
        }
    }

    private static string Change(BranchState state, bool destination)
    {
        ref readonly var packet = ref state.Packet;
        return (destination, state.Connection.OfReplyTuple) switch
        {
            (true, false) => StepMessages.DestinationBecomes(packet.Endpoint(packet.Destination, packet.DestinationPort)),
            (false, false) => StepMessages.SourceBecomes(packet.SourceKnown ? packet.Endpoint(packet.Source,
                packet.SourcePort) : StepMessages.AddressThatIsNotKnown),
            (true, true) => StepMessages.DestinationGoesBack(packet.Endpoint(packet.Destination, packet.DestinationPort)),
            _ => StepMessages.SourceGoesBack(packet.Endpoint(packet.Source, packet.SourcePort)),
        };
    }
}
