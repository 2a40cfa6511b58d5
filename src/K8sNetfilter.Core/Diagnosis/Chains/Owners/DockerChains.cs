namespace K8sNetfilter.Diagnosis.Chains.Owners;

/// <summary>
/// The Docker daemon with iptables (moby, libnetwork/drivers/bridge/setup_ip_tables_linux.go; the rules of each version are in
/// integration/network/bridge/iptablesdoc).
/// </summary>
internal static class DockerChains
{
    private const string Local = "-m addrtype --dst-type LOCAL";

    public static OwnerDefinition Chains { get; } = new(ChainOwner.Docker)
    {
        Prefixes = ["DOCKER"],
        // DOCKER_OUTPUT and DOCKER_POSTROUTING lead a container's calls to 127.0.0.11 to Docker's name server
        // (libnetwork/resolver_unix.go): they stand in the container's own namespace, such as that of a kind node.
        NotOwn = ["DOCKER_"],
        Groups =
        [
            new("published-ports", "nat")
            {
                // The rule in OUTPUT leaves 127.0.0.0/8 (or ::1) to the userland proxy where that runs.
                Chains = [new("DOCKER", new EntryJump("PREROUTING", Local), new EntryJump("OUTPUT", Local)) { IsAlways = true }],
            },
            new("forward", "filter")
            {
                Chains =
                [
                    new("DOCKER-USER", new EntryJump("FORWARD", IsFirst: true)) { IsAlways = true },
                    // Since 28 one jump leads to all the rest; before, FORWARD had jumps to DOCKER-ISOLATION-STAGE-1 and, for each bridge,
                    // to DOCKER.
                    new("DOCKER-FORWARD", new EntryJump("FORWARD", IsFirst: true)) { HasRules = true },
                    new("DOCKER-ISOLATION-STAGE-1"),
                    new("DOCKER-CT"),
                    new("DOCKER-BRIDGE"),
                    new("DOCKER-INTERNAL"),
                    new("DOCKER") { IsAlways = true, MayBeUnused = true },
                    new("DOCKER-ISOLATION-STAGE-2") { MayBeUnused = true },
                ],
            },
        ],
        RepairsItself = false,
        Repair = OwnerMessages.DockerDaemonWritesItsRules,
        Restart = "systemctl restart docker",
    };
}
