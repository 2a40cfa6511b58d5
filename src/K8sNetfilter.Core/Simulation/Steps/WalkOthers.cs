using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>
/// Where a packet meets the base chains that are not among the rules that are walked: on the hooks of IP, of bridges, of devices and of
/// ARP. One that drops every packet ends its way; of any other it is kept that it was met, and the end is open.
/// </summary>
internal sealed class WalkOthers(PacketSimulation run, OtherChains chains)
{
    private const string Device = "DEVICE";
    private const string Arp = "ARP";

    /// <summary>A chain on a hook of IP.</summary>
    public void Meet(BranchState state, WalkHook entry)
    {
        if ((chains.Chains[entry.Other].Type == "nat" && !WalkNat.MeetsChain(state))
            || Meets(state, entry.Other, isCertain: true, state.HookName))
        {
            run.Pass(state);
        }
    }

    /// <summary>The hooks of a device. False where the packet ends there.</summary>
    /// <param name="state">The packet.</param>
    /// <param name="point">Ingress or egress.</param>
    /// <param name="device">The device; null where it is not known, "" for none.</param>
    public bool AtDevice(BranchState state, HookPoint point, string? device)
    {
        for (int i = 0; chains.HasDevices && device is not "" && i < chains.Chains.Count; i++)
        {
            var chain = chains.Chains[i];
            if (chain.Layer != HookLayer.Netdev || chain.Point != point)
            {
                continue;
            }

            bool? isOn = chain.IsOn(device);
            if (isOn == false && !MayBeBelow(chain, device))
            {
                continue;
            }

            if (!Meets(state, i, isOn == true, Device))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The hooks of a bridge's port. False where the packet ends there.</summary>
    /// <param name="state">The packet.</param>
    /// <param name="point">Ingress or egress.</param>
    /// <param name="port">The port; null where it is not known which of the bridge's it is.</param>
    /// <param name="bridge">The bridge.</param>
    public bool AtPort(BranchState state, HookPoint point, string? port, string bridge)
    {
        if (port is not null || !chains.HasDevices)
        {
            return AtDevice(state, point, port ?? "");
        }

        foreach (var item in run.Network.Interfaces)
        {
            for (int i = 0; item.Bridge == bridge && i < chains.Chains.Count; i++)
            {
                var chain = chains.Chains[i];
                if (chain.Layer == HookLayer.Netdev && chain.Point == point && chain.IsOn(item.Name) != false
                    && (state.Others & OtherChains.BitOf(i)) == 0)
                {
                    Meets(state, i, isCertain: false, Device);
                }
            }
        }

        return true;
    }

    /// <summary>A packet of this node to itself goes out through lo and comes in again.</summary>
    public bool Loops(BranchState state) => AtDevice(state, HookPoint.Egress, "lo") && AtDevice(state, HookPoint.Ingress, "lo");

    /// <summary>A hook of the bridge family. False where the packet ends there.</summary>
    public bool AtBridge(BranchState state, HookPoint point)
    {
        for (int i = 0; chains.HasBridge && i < chains.Chains.Count; i++)
        {
            if (chains.Chains[i] is { Layer: HookLayer.Bridge } chain && chain.Point == point
                && !Meets(state, i, isCertain: true, WalkBridging.Bridge))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What a bridge forwards from one port to another, below what br_netfilter adds.</summary>
    public bool Bridged(BranchState state)
    {
        if (chains.HasArp && !run.IsIPv6 && run.Network.Switches.Arp is not false && run.Network.Switches.IsPresent is not false)
        {
            Note(state, HookLayer.Arp, HookPoint.Forward);
        }

        return AtBridge(state, HookPoint.Forward) && AtBridge(state, HookPoint.Postrouting);
    }

    /// <summary>
    /// A packet that the node hands to a bridge of its own: br_dev_xmit and br_forward (net/bridge/br_device.c, br_forward.c).
    /// </summary>
    public bool IntoBridge(BranchState state) => AtBridge(state, HookPoint.Output) && AtBridge(state, HookPoint.Postrouting);

    /// <summary>
    /// This node and a neighbour find each other by ARP (IPv6: by packets, which a bridge's hooks see too), unless the node has the
    /// neighbour's address for good; what the neighbour has is taken for as good.
    /// </summary>
    public void Resolves(BranchState state, string? device, Bits128 neighbor)
    {
        bool onBridge = chains.HasBridge && run.Network.Find(device)?.IsBridge == true;
        if ((!onBridge && (!chains.HasArp || run.IsIPv6)) || !UsesArp(device))
        {
            return;
        }

        if (device is not null && run.Network.IsPermanentNeighbor(device, neighbor))
        {
            string address = AddressBits.ToAddress(neighbor, run.Family).ToString();
            PacketSimulation.Grant(state, "arp " + address,
                StepMessages.KnowsThisNode(address));
            return;
        }

        Note(state, HookLayer.Arp, HookPoint.Input);
        Note(state, HookLayer.Arp, HookPoint.Output);
        if (onBridge)
        {
            // Its questions and answers are frames on the bridge too.
            Note(state, HookLayer.Bridge, HookPoint.Input);
            Note(state, HookLayer.Bridge, HookPoint.Output);
        }
    }

    /// <summary>Whom a packet that came in was sent by, seen from this node.</summary>
    public void ResolvesSender(BranchState state, string? device)
    {
        if ((!chains.HasArp && !chains.HasBridge) || !state.Packet.SourceKnown)
        {
            return;
        }

        var back = run.Network.Route(FibQuery.To(run.Family, state.Packet.Source));
        Resolves(state, device, back.Gateway ?? state.Packet.Source);
    }

    private bool Meets(BranchState state, int index, bool isCertain, string where)
    {
        var chain = chains.Chains[index];
        if (isCertain && chain.IsDormant == false && chain.Effect is ChainEffect.Drops or ChainEffect.Rejects)
        {
            bool drops = chain.Effect == ChainEffect.Drops;
            string reason = StepMessages.EndedByChain(drops ? "dropped" : "rejected", chain.Text, OtherChains.Why(chain));
            run.Log.Between(state, where, reason, drops ? "DROP" : "REJECT");
            state.EndOther = chain;
            run.End(state, drops ? PacketFate.Dropped : PacketFate.Rejected, reason, EndCause.OtherChain);
            return false;
        }

        if (run.Log.Keeps(state))
        {
            run.Log.Between(state, where, StepMessages.ChainIsNotWalked(chain.Text),
                null, MatchOutcome.Unknown);
        }

        state.Others |= OtherChains.BitOf(index);
        return true;
    }

    private void Note(BranchState state, HookLayer layer, HookPoint point)
    {
        for (int i = 0; i < chains.Chains.Count; i++)
        {
            if (chains.Chains[i] is { } chain && chain.Layer == layer && (layer != HookLayer.Arp || !run.IsIPv6) && chain.Point == point
                && (state.Others & OtherChains.BitOf(i)) == 0)
            {
                // An entry that is there is used for a while: not even one that drops all is seen at once.
                Meets(state, i, isCertain: false, layer == HookLayer.Arp ? Arp : WalkBridging.Bridge);
            }
        }
    }

    // What goes through a tunnel, a VLAN or a bond goes through a device below it too.
    private bool MayBeBelow(NftBaseChain chain, string? device) =>
        run.Network.Find(device)?.Kind is not (null or "veth" or "bridge" or "dummy" or "tun" or "ifb")
        && chain.Devices!.Any(d => run.Network.Find(d) is not ({ Kind: "veth" or "bridge" or "dummy" } or { IsLoopback: true }));

    private bool UsesArp(string? device) =>
        run.Network.Find(device) is not (
        { IsLoopback: true } or { Kind: "ipip" or "gre" or "sit" or "wireguard" or "vti" or "xfrm" or "ip6tnl" });
}
