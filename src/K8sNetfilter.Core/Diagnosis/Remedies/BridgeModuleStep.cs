using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Links;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>Loads br_netfilter: its switches are on then (net/bridge/br_netfilter_hooks.c, br_netfilter_sysctl_default).</summary>
internal sealed record BridgeModuleStep : RemedyStep
{
    /// <inheritdoc/>
    public override string Command(CommandPlace place) => place.MachineCmdlet("Enable-KernelModule -Name br_netfilter -Persist");

    /// <inheritdoc/>
    public override HairpinFacts Apply(HairpinFacts node) => node with
    {
        Network = node.Network.With(new BridgeNetfilterSwitches(true, true, true, true)),
        HasBridgeNetfilter = true,
    };
}
