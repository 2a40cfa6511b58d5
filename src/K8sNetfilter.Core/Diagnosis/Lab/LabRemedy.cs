using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>What has a scenario of the lab work that does not, as far as the settings tell. The lab does it and calls again.</summary>
/// <param name="Mended">The scenario with the settings that it takes.</param>
/// <param name="Text">What to do on a node that is as the scenario is.</param>
public sealed record LabRemedy(LabScenario Mended, string Text)
{
    private const int MostTogether = 4;

    /// <summary>Finds it, with one step for each cause that hides another.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="addresses">The lab's addresses.</param>
    /// <param name="hasModule">Whether br_netfilter is there.</param>
    /// <returns>Null where nothing is wrong or nothing helps.</returns>
    public static LabRemedy? For(LabScenario scenario, LabAddresses addresses, bool hasModule)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(addresses);
        var steps = new List<string>();
        for (var mended = scenario; steps.Count <= MostTogether;)
        {
            var predicted = LabPrediction.For(mended, addresses);
            if (predicted.Verdict == ServiceVerdict.Works)
            {
                return steps.Count == 0 ? null : new LabRemedy(mended, string.Join("; ", steps));
            }

            if (Step(mended, predicted.Cause, hasModule) is not { } step)
            {
                return null;
            }

            (mended, string text) = step;
            steps.Add(text);
        }

        return null;
    }

    private static (LabScenario Mended, string Text)? Step(LabScenario scenario, ServiceHairpinCause cause, bool hasModule)
    {
        var family = IPFamilies.Of(scenario.Family);
        return cause switch
        {
            ServiceHairpinCause.BridgeNetfilterOff =>
                (scenario with { Call = true }, CallRemedies.BridgeNetfilter(family, hasModule).Text(CommandPlace.Here)),
            ServiceHairpinCause.ForwardingOff =>
                (scenario with { Forwarding = true }, Remedy.Of(SysctlStep.Forwarding(family)).Text(CommandPlace.Here)),
            ServiceHairpinCause.HairpinOff =>
                (scenario with { Hairpin = true }, LabMessages.SetHairpinModeInCNIPlugins),
            ServiceHairpinCause.DroppedByRule =>
                (scenario with { ForwardDrop = false }, $"{(family == IPFamily.IPv6 ? "ip6tables" : "iptables")} -P FORWARD ACCEPT"),
            ServiceHairpinCause.MasqueradeMissing =>
                (scenario with { Masquerade = LabMasquerade.Own }, "kubectl -n kube-system rollout restart daemonset kube-proxy"),
            _ => null,
        };
    }
}
