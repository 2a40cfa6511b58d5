using K8sNetfilter.Diagnosis.Chains.KubeProxy;

namespace K8sNetfilter.Diagnosis.Chains.Owners;

/// <summary>
/// kube-proxy, iptables mode (kubernetes/pkg/proxy/iptables/proxier.go: iptablesJumpChains, iptablesEnsureChains) and what IPVS mode
/// shares with it (pkg/proxy/ipvs/proxier.go), from 1.5 on: which chains and jumps a version has shows in the chains that came with later
/// ones. KUBE-XLB- became KUBE-EXT- and KUBE-SVL- in 1.24. Its nftables mode writes a table of its own.
/// </summary>
internal static class KubeProxyChains
{
    private const string Portals = "-m comment --comment \"kubernetes service portals\"";
    private const string Outside = "-m comment --comment \"kubernetes externally-visible service portals\"";

    // 1.11, 1.17, 1.21, 1.26 in the filter table, and IPVS mode.
    private static readonly string[] Since11 =
        ["KUBE-EXTERNAL-SERVICES", "KUBE-PROXY-CANARY", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL", "KUBE-IPVS-FILTER",
            "KUBE-SOURCE-RANGES-FIREWALL"];

    private static readonly string[] Since17 = ["KUBE-PROXY-CANARY", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL"];
    private static readonly string[] Since21 = ["KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL"];

    public static OwnerDefinition Chains { get; } = new(ChainOwner.KubeProxy)
    {
        Prefixes = ["KUBE-"],
        // kubelet's (pkg/kubelet/kubelet_network_linux.go); KUBE-MARK-DROP was shared until 1.28. KUBE-ROUTER-, KUBE-NWPLCY- and
        // KUBE-POD-FW- are kube-router's (pkg/controllers/netpol).
        NotOwn = ["KUBE-FIREWALL", "KUBE-KUBELET-CANARY", "KUBE-IPTABLES-HINT", "KUBE-MARK-DROP", "KUBE-ROUTER-", "KUBE-NWPLCY-",
        "KUBE-POD-FW-"],
        Groups =
        [
            new("services", "nat")
            {
                Chains =
                [
                    new("KUBE-SERVICES", new EntryJump("PREROUTING", Portals, IsFirst: true),
                        new EntryJump("OUTPUT", Portals, IsFirst: true)) { IsAlways = true },
                    new("KUBE-NODEPORTS") { MayBeUnused = true },
                ],
            },
            new("masquerade", "nat")
            {
                Chains =
                [
                    new("KUBE-POSTROUTING", new EntryJump(
                        "POSTROUTING", "-m comment --comment \"kubernetes postrouting rules\"", IsFirst: true))
                    {
                        IsAlways = true,
                        HasRules = true,
                        Content = MasqueradeOrder.Look,
                    },
                    // Only rules of Services and endpoints go there, so that a node without any has nothing that does.
                    new("KUBE-MARK-MASQ") { IsAlways = true, HasRules = true, MayBeUnused = true },
                ],
            },
            new("endpoints", "nat") { Prefixes = ["KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-FW-", "KUBE-SEP-", "KUBE-XLB-"] },
            new("forward", "filter")
            {
                Chains =
                [
                    // Since 1.9.
                    new("KUBE-FORWARD", new EntryJump("FORWARD", "-m comment --comment \"kubernetes forwarding rules\"", IsFirst: true))
                    {
                        AlwaysWith = Since11,
                        HasRules = true,
                        Content = ForwardedInvalid.Look,
                    },
                ],
            },
            new("services", "filter")
            {
                NotWith = "KUBE-IPVS-",
                Chains =
                [
                    // The jump from INPUT came with 1.7 and went with 1.20.
                    new(
                        "KUBE-SERVICES",
                        new EntryJump("FORWARD", Portals, IsFirst: true) { OnlyNewSince = Since11, Since = Since17 },
                        new EntryJump("OUTPUT", Portals, IsFirst: true) { OnlyNewSince = Since11 }) { IsAlways = true },
                    new(
                        "KUBE-EXTERNAL-SERVICES",
                        new EntryJump("INPUT", Outside, IsFirst: true) { OnlyNewSince = Since11 },
                        new EntryJump("FORWARD", Outside, IsFirst: true) { OnlyNewSince = Since11, Since = Since21 }),
                    new("KUBE-NODEPORTS", new EntryJump(
                        "INPUT", "-m comment --comment \"kubernetes health check service ports\"", IsFirst: true)),
                ],
            },
            new("firewall", "filter")
            {
                // Load balancers' source ranges, since 1.26.
                NotWith = "KUBE-IPVS-",
                Chains =
                [
                    new(
                        "KUBE-PROXY-FIREWALL",
                        new EntryJump("INPUT", "-m comment --comment \"kubernetes load balancer firewall\"",
                            IsFirst: true) { OnlyNewSince = Since11 },
                        new EntryJump("FORWARD", "-m comment --comment \"kubernetes load balancer firewall\"",
                            IsFirst: true) { OnlyNewSince = Since11 },
                        new EntryJump("OUTPUT", "-m comment --comment \"kubernetes load balancer firewall\"",
                            IsFirst: true) { OnlyNewSince = Since11 }),
                ],
            },
            new("source-ranges", "filter") { Prefixes = ["KUBE-FW-"] },
        ],
        RepairsItself = true,
        // Since 1.26 the jumps are looked at in full syncs alone, which proxyutil.FullSyncPeriod makes at least hourly; before, in each
        // sync.
        Repair = OwnerMessages.KubeProxyPutsMissingJumps,
        Canary = "KUBE-PROXY-CANARY",
        // pkg/util/iptables/iptables.go, Monitor: looks for the canary each --iptables-sync-period, 30 s.
        RepairWithoutCanary = OwnerMessages.KubeProxyMissesItsCanary,
        JumpsByHand = true,
        Restart = "kubectl -n kube-system delete pod -l k8s-app=kube-proxy --field-selector spec.nodeName=$(hostname)",
    };
}
