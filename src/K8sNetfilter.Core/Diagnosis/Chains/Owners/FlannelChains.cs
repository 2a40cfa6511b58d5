namespace K8sNetfilter.Diagnosis.Chains.Owners;

/// <summary>flanneld (flannel/pkg/trafficmngr/iptables/iptables.go: masqRules, forwardRules).</summary>
internal static class FlannelChains
{
    public static OwnerDefinition Chains { get; } = new(ChainOwner.Flannel)
    {
        Prefixes = ["FLANNEL-"],
        IsPodNetwork = true,
        Groups =
        [
            new("masquerade", "nat")
            {
                Chains = [new("FLANNEL-POSTRTG",
                new EntryJump("POSTROUTING", "-m comment --comment \"flanneld masq\"")) { HasRules = true }],
                WhenMissing = OwnerMessages.FlanneldMakesItWithIp,
            },
            new("forward", "filter")
            {
                Chains = [new("FLANNEL-FWD", new EntryJump("FORWARD", "-m comment --comment \"flanneld forward\"")) { HasRules = true }],
                WhenMissing = OwnerMessages.FlanneldMakesItUnlessIptables,
            },
        ],
        // Up to 0.19 the rules stood in POSTROUTING and FORWARD themselves.
        OldComments = ["flanneld masq", "flanneld forward"],
        RepairsItself = true,
        Repair = OwnerMessages.FlanneldLooksEachIptablesResync,
        JumpsByHand = true,
        Restart = "kubectl -n kube-flannel delete pod -l app=flannel --field-selector spec.nodeName=$(hostname)",
    };
}
