namespace K8sNetfilter.Diagnosis.Chains.Owners;

/// <summary>The CNI portmap plugin (containernetworking/plugins/plugins/meta/portmap/portmap_iptables.go).</summary>
internal static class CniPortmapChains
{
    private const string Local = "-m addrtype --dst-type LOCAL";

    public static OwnerDefinition Chains { get; } = new(ChainOwner.CniPortmap)
    {
        Prefixes = ["CNI-HOSTPORT-", "CNI-DN-"],
        Groups =
        [
            new("host-ports", "nat")
            {
                Chains = [new("CNI-HOSTPORT-DNAT", new EntryJump("PREROUTING", Local), new EntryJump("OUTPUT", Local)) { IsAlways = true }],
                Prefixes = ["CNI-DN-"],
                Dispatch = "CNI-HOSTPORT-DNAT",
            },
            new("masquerade", "nat")
            {
                Chains =
                [
                    new("CNI-HOSTPORT-MASQ", new EntryJump(
                        "POSTROUTING", "-m comment --comment \"CNI portfwd requiring masquerade\"", IsFirst: true)) { HasRules = true },
                    new("CNI-HOSTPORT-SETMARK") { HasRules = true, MayBeUnused = true },
                ],
                WhenMissing = OwnerMessages.PortmapMakesThemUnlessIts,
            },
        ],
        // Up to plugins 0.8 the source was rewritten for each port.
        OldPrefixes = ["CNI-HOSTPORT-SNAT", "CNI-SN-"],
        RepairsItself = false,
        Repair = OwnerMessages.PluginOnlyRunsWhenPod,
        JumpsByHand = true,
        Restart = "kubectl get pods -A --field-selector spec.nodeName=$(hostname) -o json | jq -r '.items[] | select(any(.spec.containers[].ports[]?; .hostPort)) | \"kubectl -n \\(.metadata.namespace) delete pod \\(.metadata.name)\"'",
    };
}
