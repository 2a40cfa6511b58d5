namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>
/// What must follow from a scenario's settings, by the rules of the kernel's bridge and netfilter code (net/bridge/br_netfilter_hooks.c,
/// net/bridge/br_forward.c). The lab holds it against what this kernel does.
/// </summary>
/// <param name="Verdict">Works or Broken.</param>
/// <param name="Cause">Why it is broken.</param>
/// <param name="ReplyPath">The way that the reply takes, for the table.</param>
/// <param name="Why">The reason in a sentence.</param>
public sealed record LabPrediction(ServiceVerdict Verdict, ServiceHairpinCause Cause, string ReplyPath, string Why)
{
    /// <summary>Predicts a scenario's outcome.</summary>
    /// <param name="scenario">The settings.</param>
    /// <param name="addresses">The lab's addresses, for the sentence.</param>
    public static LabPrediction For(LabScenario scenario, LabAddresses addresses)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(addresses);
        // br_nf_pre_routing_finish_ipv6 (net/bridge/br_netfilter_ipv6.c) hands a frame whose translated destination is on the same bridge
        // back to the bridge without asking whether the node routes; its IPv4 counterpart asks.
        bool isBridgedAfterAll = scenario is { Effective: true, Family: System.Net.Sockets.AddressFamily.InterNetworkV6 }
            && (scenario.Target is LabTarget.SameBridge or LabTarget.OwnService);
        if (!scenario.Forwarding && !isBridgedAfterAll)
        {
            return Broken(ServiceHairpinCause.ForwardingOff, "none",
                LabMessages.NodeDoesNotRouteCall);
        }

        if (scenario.ForwardDrop)
        {
            return Broken(ServiceHairpinCause.DroppedByRule, "none",
                scenario.Effective && (scenario.Target is LabTarget.SameBridge or LabTarget.OwnService)
                ? LabMessages.FORWARDPolicyDropsCallBridged
                : LabMessages.FORWARDPolicyDropsCall);
        }

        return scenario.Target switch
        {
            LabTarget.SameBridge => SameBridge(scenario, addresses),
            LabTarget.OwnService => OwnService(scenario),
            LabTarget.Routed => Works("routed", LabMessages.PodsShareNoLayer2),
            _ => Works("routed", LabMessages.ReplyComesFromAnotherNode),
        };
    }

    private static LabPrediction SameBridge(LabScenario scenario, LabAddresses addresses)
    {
        if (scenario.Masquerade == LabMasquerade.All)
        {
            return Works("node", LabMessages.CallCameFromNodesAddress);
        }

        return scenario.Effective
            ? Works("bridge > conntrack", scenario.Call ? LabMessages.ReplysDNATWasReversed
                : LabMessages.BridgesOwnFlagIsOn)
            : Broken(ServiceHairpinCause.BridgeNetfilterOff, "bridge only",
                LabMessages.AnsweredDirectly(addresses.Endpoint, addresses.Client, addresses.Service));
    }

    private static LabPrediction OwnService(LabScenario scenario)
    {
        if (scenario.Masquerade == LabMasquerade.None)
        {
            return Broken(ServiceHairpinCause.MasqueradeMissing, "none",
                LabMessages.PodGetsCallFromIts);
        }

        if (!scenario.Effective)
        {
            // Without bridge netfilter the call is routed: it leaves by the bridge device, not by the port that it came in by.
            return Works("node", LabMessages.CallIsRoutedAndMasqueraded);
        }

        return scenario.Hairpin
            ? Works("bridge > conntrack", LabMessages.HairpinModeLetsFrameBack)
            : Broken(ServiceHairpinCause.HairpinOff, "none", LabMessages.BridgeDoesNotSendFrame);
    }

    private static LabPrediction Works(string path, string why) => new(ServiceVerdict.Works, ServiceHairpinCause.None, path, why);

    private static LabPrediction Broken(ServiceHairpinCause cause, string path, string why) => new(ServiceVerdict.Broken, cause, path, why);
}
