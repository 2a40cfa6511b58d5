namespace K8sNetfilter.Diagnosis.Chains.Owners;

/// <summary>Calico's Felix with iptables (calico/felix/rules/rule_defs.go, static.go; felix/iptables/table.go).</summary>
internal static class CalicoChains
{
    public static OwnerDefinition Chains { get; } = new(ChainOwner.Calico)
    {
        Prefixes = ["cali-"],
        IsPodNetwork = true,
        Groups =
        [
            new("policy", "filter")
            {
                Chains = [Hooked("cali-INPUT", "INPUT", isAlways: true), Hooked("cali-FORWARD", "FORWARD", isAlways: true),
                Hooked("cali-OUTPUT", "OUTPUT", isAlways: true)],
            },
            // Felix leaves out chains that nothing refers to (chainRefCounts in table.go), so that one that stands unreferenced is not its
            // own doing.
            new("workloads", "filter")
            {
                Prefixes = ["cali-fw-", "cali-tw-", "cali-th-", "cali-fh-", "cali-thfw-", "cali-fhfw-", "cali-pi-", "cali-po-", "cali-pri-",
                "cali-pro-", "cali-gi-", "cali-go-"],
            },
            new("nat", "nat")
            {
                Chains =
                [
                    Hooked("cali-PREROUTING", "PREROUTING", isAlways: false), Hooked("cali-OUTPUT", "OUTPUT", isAlways: false),
                    Hooked("cali-POSTROUTING", "POSTROUTING", isAlways: false),
                ],
                WhenMissing = OwnerMessages.FelixMakes,
            },
            new("mangle", "mangle") { Chains = [Hooked("cali-PREROUTING", "PREROUTING", isAlways: false),
                Hooked("cali-POSTROUTING", "POSTROUTING", isAlways: false)] },
            new("raw", "raw") { Chains = [Hooked("cali-PREROUTING", "PREROUTING", isAlways: false),
                Hooked("cali-OUTPUT", "OUTPUT", isAlways: false)] },
        ],
        // AllHistoricChainNamePrefixes.
        OldPrefixes = ["felix-", "califw-", "calitw-", "califh-", "calith-", "calipi-", "calipo-"],
        RepairsItself = true,
        Repair = OwnerMessages.FelixComparesTablesWithWhat,
        Restart = "kubectl -n calico-system delete pod -l k8s-app=calico-node --field-selector spec.nodeName=$(hostname)",
    };

    // The rule's own comment is a hash of it (cali:...), which Felix knows its rules by: one without it stays when Felix puts its own back.
    private static ExpectedChain Hooked(string name, string hook, bool isAlways) =>
        new(name, new EntryJump(hook, IsFirst: true)) { IsAlways = isAlways, HasRules = isAlways };
}
