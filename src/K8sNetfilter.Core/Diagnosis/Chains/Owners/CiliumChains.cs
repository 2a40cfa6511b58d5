using K8sNetfilter.Addressing;

namespace K8sNetfilter.Diagnosis.Chains.Owners;

/// <summary>The Cilium agent (cilium/pkg/datapath/iptables/iptables.go: ciliumChains, getFeedRule).</summary>
internal static class CiliumChains
{
    public static OwnerDefinition Chains { get; } = new(ChainOwner.Cilium)
    {
        Prefixes = ["CILIUM_"],
        IsPodNetwork = true,
        Groups =
        [
            new("filter", "filter")
            {
                Chains = [Fed("CILIUM_INPUT", "INPUT", isAlways: true), Fed("CILIUM_OUTPUT", "OUTPUT", isAlways: true),
                Fed("CILIUM_FORWARD", "FORWARD", isAlways: false)],
            },
            new("masquerade", "nat")
            {
                // ip6tables got these with IPv6 masquerading.
                AlwaysIn = IPFamily.IPv4,
                Chains = [Fed("CILIUM_PRE_nat", "PREROUTING", isAlways: true), Fed("CILIUM_OUTPUT_nat", "OUTPUT", isAlways: true),
                Fed("CILIUM_POST_nat", "POSTROUTING", isAlways: true)],
            },
            new("proxy", "mangle") { Chains = [Fed("CILIUM_PRE_mangle", "PREROUTING", isAlways: true),
                Fed("CILIUM_POST_mangle", "POSTROUTING", isAlways: false)] },
            new("notrack", "raw") { Chains = [Fed("CILIUM_PRE_raw", "PREROUTING", isAlways: true),
                Fed("CILIUM_OUTPUT_raw", "OUTPUT", isAlways: true)] },
        ],
        // An agent that starts renames the chains of the one before to OLD_CILIUM_, and removes them once its own stand; what it is stopped
        // in between leaves. CILIUM_TRANSIENT_FORWARD was the first form of that (up to 1.9).
        OldPrefixes = ["OLD_CILIUM_", "CILIUM_OLD_", "CILIUM_TRANSIENT_"],
        // pkg/datapath/iptables/reconciler.go: rules are written when what they follow from changes (devices, addresses, proxies), and
        // never compared with what stands.
        RepairsItself = false,
        Repair = OwnerMessages.CiliumWritesItsRulesAt,
        Restart = "kubectl -n kube-system delete pod -l k8s-app=cilium --field-selector spec.nodeName=$(hostname)",
    };

    // Appended, or put first with --prepend-iptables-chains, which is the default since 1.10.
    private static ExpectedChain Fed(string name, string hook, bool isAlways) =>
        new(name, new EntryJump(hook, $"-m comment --comment \"cilium-feeder: {name}\"", IsFirst: true)) { IsAlways = isAlways };
}
