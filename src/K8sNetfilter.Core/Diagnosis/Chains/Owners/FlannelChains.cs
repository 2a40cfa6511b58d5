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
                WhenMissing = "flanneld makes it with --ip-masq, which its usual manifest gives",
            },
            new("forward", "filter")
            {
                Chains = [new("FLANNEL-FWD", new EntryJump("FORWARD", "-m comment --comment \"flanneld forward\"")) { HasRules = true }],
                WhenMissing = "flanneld makes it unless --iptables-forward-rules=false is given",
            },
        ],
        // Up to 0.19 the rules stood in POSTROUTING and FORWARD themselves.
        OldComments = ["flanneld masq", "flanneld forward"],
        RepairsItself = true,
        Repair = "flanneld looks each --iptables-resync (5 s) whether its rules stand, and puts them back",
        JumpsByHand = true,
        Restart = "kubectl -n kube-flannel delete pod -l app=flannel --field-selector spec.nodeName=$(hostname)",
    };
}
