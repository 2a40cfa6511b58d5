using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Hooks;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Delivery;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>What a bridge makes of a frame: up to the IP hooks, past them, or back where it came from.</summary>
internal sealed class WalkBridging(PacketSimulation run)
{
    public const string Bridge = "BRIDGE";

    private readonly WalkArp _arp = new(run);

    /// <summary>A packet comes in by a device, or a frame by a bridge.</summary>
    public void Enter(BranchState state)
    {
        var device = run.Network.Find(state.Packet.In);
        string? bridge = device?.Bridge ?? (device?.IsBridge == true ? device.Name : null);
        (state.Packet.Out, state.Packet.PhysicalIn, state.Packet.PhysicalOut, state.Packet.HasBridgeInfo) = ("", "", "", false);
        state.IngressDestination = state.Packet.Destination;
        if (bridge is null)
        {
            EnterDevice(state, device);
            return;
        }

        string? input = device!.Bridge is not null ? device.Name
            : state.Packet.SourceKnown ? run.Network.PortOf(bridge, state.Packet.Source) : null;
        if (!run.Reach.Enters(state, input))
        {
            return;
        }

        AddressFrame(state, bridge, input);
        if (!run.Others.AtPort(state, HookPoint.Ingress, input, bridge) || !run.Others.AtBridge(state, HookPoint.Prerouting)
            || (state.Layer2 == WalkLayer2.Bridge && !_arp.Answers(state, run.Network.Find(bridge), input)))
        {
            return;
        }

        if (state.Layer2 != WalkLayer2.Port)
        {
            run.Others.ResolvesSender(state, bridge);
        }

        EnterBridge(state, bridge, input);
    }

    private void EnterDevice(BranchState state, NetworkInterface? device)
    {
        if (!run.Others.AtDevice(state, HookPoint.Ingress, state.Packet.In) || !_arp.Answers(state, device))
        {
            return;
        }

        run.Others.ResolvesSender(state, state.Packet.In);
        if (run.Packet.PhysicalIn is { Length: > 0 } port && state.Direction == PacketDirection.Original)
        {
            (state.Packet.PhysicalIn, state.Packet.HasBridgeInfo) = (port, true);
            if (run.Packet.PhysicalOut is { Length: > 0 } other)
            {
                (state.Layer2, state.Port) = (WalkLayer2.Port, other);
            }
        }

        run.GoTo(state, WalkStage.Prerouting);
    }

    private void EnterBridge(BranchState state, string bridge, string? input)
    {
        switch (run.Network.CallsIpHooks(bridge, run.Family))
        {
            case true:
                EnterHooks(state, bridge, input);
                break;
            case false:
                PassHooks(state, bridge, input);
                break;
            default:
                var (yes, no) = run.Ask(
                    state, "bridge netfilter " + bridge, $"bridge netfilter is on for {bridge}", $"bridge netfilter is off for {bridge}");
                if (yes is not null)
                {
                    EnterHooks(yes, bridge, input);
                }

                if (no is not null)
                {
                    PassHooks(no, bridge, input);
                }

                break;
        }
    }

    private void EnterHooks(BranchState state, string bridge, string? input)
    {
        (state.Packet.In, state.Packet.PhysicalIn, state.Packet.HasBridgeInfo) = (bridge, input, true);
        if (run.Log.Keeps(state))
        {
            run.Log.Between(state, Bridge, StepMessages.HandsFrameToHooks(bridge, input ?? StepMessages.OneOfItsPorts));
        }

        run.GoTo(state, WalkStage.Prerouting);
    }

    private void PassHooks(BranchState state, string bridge, string? input)
    {
        (state.Packet.In, state.Packet.PhysicalIn) = (bridge, input);
        if (state.Layer2 != WalkLayer2.Port)
        {
            state.Packet.PhysicalIn = "";
            if (Up(state, bridge))
            {
                run.GoTo(state, WalkStage.Prerouting);
            }

            return;
        }

        if (run.Log.Keeps(state))
        {
            run.Log.Between(state, Bridge, StepMessages.ForwardsFrameAtLayer2(bridge));
        }

        state.End.PassedBridge = bridge;
        Send(state, bridge, withHooks: false);
    }

    /// <summary>A frame goes up to the node: br_pass_frame_up (net/bridge/br_input.c). False where it ends there.</summary>
    public bool Up(BranchState state, string bridge) =>
        run.Others.AtBridge(state, HookPoint.Input) && run.Others.AtDevice(state, HookPoint.Ingress, bridge);

    /// <summary>
    /// Whom the sender addresses its frame to. It reaches what is in its own subnet directly and the rest through its gateway, which is the
    /// bridge where the bridge has an address.
    /// </summary>
    private void AddressFrame(BranchState state, string bridge, string? input)
    {
        (state.Layer2, state.Port) = (WalkLayer2.Bridge, null);
        if (run.Routing.OutOf(state) is { } wanted && run.Network.Find(wanted)?.Bridge == bridge)
        {
            (state.Layer2, state.Port) = (WalkLayer2.Port, wanted);
            return;
        }

        if (run.Network.IsLocal(run.Family, state.Packet.Destination) == true)
        {
            return;
        }

        bool routes = false;
        foreach (var address in run.Network.Find(bridge)?.Addresses ?? [])
        {
            if (address.Family != run.Family || address.Scope != 0)
            {
                continue;
            }

            routes = true;
            if (address.Covers(state.Packet.Destination))
            {
                routes = false;
                break;
            }
        }

        if (!routes)
        {
            (state.Layer2, state.Port) = (WalkLayer2.Port, PortTo(state, bridge, state.Packet.Destination, input));
        }
    }

    public string? PortTo(BranchState state, string bridge, Bits128 address, string? input) =>
        run.Network.PortOf(bridge, address) ?? (state.Packet.SourceKnown && address == state.Packet.Source ? input : null);

    /// <summary>
    /// Forwards a frame at layer 2: br_forward (net/bridge/br_forward.c), with the FORWARD and POSTROUTING hooks where it met PREROUTING.
    /// </summary>
    public void Send(BranchState state, string bridge, bool withHooks, Bits128? station = null)
    {
        (state.Layer2, state.Packet.In, state.Packet.Out, state.Packet.PhysicalOut, state.Packet.NextHop) = (
            WalkLayer2.Port, bridge, bridge, state.Port, station ?? state.Packet.Destination);
        bool back = (state.Packet.SourceKnown && state.Packet.Destination == state.Packet.Source)
            || (state.Port is not null && state.Port == state.Packet.PhysicalIn);
        if (!back)
        {
            if (run.Network.Find(state.Port)?.Isolated == true && run.Network.Find(state.Packet.PhysicalIn)?.Isolated == true)
            {
                run.Log.Between(state, Bridge, StepMessages.IsolatedPorts(state.Packet.PhysicalIn, state.Port), "DROP");
                run.End(state, PacketFate.Dropped, StepMessages.BothBridgePortsAreIsolated, EndCause.Isolated);
                return;
            }

            Out(state, withHooks);
            return;
        }

        SendBack(state, withHooks);
    }

    // Out of the port that it came in through.
    private void SendBack(BranchState state, bool withHooks)
    {
        string port = state.Port ?? state.Packet.PhysicalIn ?? StepMessages.PortThatItCameIn;
        switch (run.Network.Find(state.Port ?? state.Packet.PhysicalIn)?.Hairpin)
        {
            case true:
                if (run.Log.Keeps(state))
                {
                    run.Log.Between(state, Bridge, StepMessages.FrameGoesBackOutOf(port));
                }

                Out(state, withHooks);
                break;
            case false:
                DropBack(state, port);
                break;
            default:
                var (yes, no) = run.Ask(state, "hairpin " + port, StepMessages.HairpinModeIsOnFor(port),
                StepMessages.HairpinModeIsOffFor(port));
                if (yes is not null)
                {
                    Out(yes, withHooks);
                }

                if (no is not null)
                {
                    DropBack(no, port);
                }

                break;
        }
    }

    private void Out(BranchState state, bool withHooks)
    {
        if (run.Others.Bridged(state))
        {
            run.GoTo(state, withHooks ? WalkStage.Forward : WalkStage.Egress);
        }
    }

    private void DropBack(BranchState state, string port)
    {
        if (run.Log.Keeps(state))
        {
            run.Log.Between(
                state, Bridge, StepMessages.BridgeDoesNotSendFrame(port), "DROP");
        }

        run.End(
            state, PacketFate.Dropped, StepMessages.FrameWouldHaveToGo(port),
            EndCause.HairpinOff);
    }
}
