using K8sNetfilter.Diagnosis.Chains.KubeProxy;

namespace K8sNetfilter.Diagnosis.Chains.Owners;

/// <summary>kubelet (kubernetes/pkg/kubelet/kubelet_network_linux.go). KUBE-MARK-DROP and the mark's rule went with 1.28.</summary>
internal static class KubeletChains
{
    public static OwnerDefinition Chains { get; } = new(ChainOwner.Kubelet)
    {
        Prefixes = ["KUBE-FIREWALL"],
        Groups =
        [
            new("firewall", "filter")
            {
                Chains =
                [
                    new("KUBE-FIREWALL", new EntryJump("INPUT", IsFirst: true),
                        new EntryJump("OUTPUT", IsFirst: true)) { Content = KubeletFirewall.Look },
                ],
            },
        ],
        RepairsItself = true,
        // Its canary is looked for once a minute; a rule that was changed stays, and its own comes behind it.
        Repair = OwnerMessages.KubeletWritesItsRulesAt,
        JumpsByHand = true,
        Restart = "systemctl restart kubelet",
    };
}
