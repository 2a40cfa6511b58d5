using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Hooks;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Nftables;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis;

/// <summary>
/// What else than iptables rules turns a Service's address into an endpoint's on a node: IPVS, a socket-level load balancer, kube-proxy's
/// nftables mode. Rules do not decide there, and it is said so.
/// </summary>
/// <param name="Name">What it is, in a few words.</param>
/// <param name="Evidence">What shows it.</param>
/// <param name="Addresses">The Services' addresses where it names them; null where it may be any.</param>
internal sealed record NonIptablesTranslation(string Name, string Evidence, IReadOnlySet<Bits128>? Addresses)
{
    // pkg/proxy/nftables/proxier.go, kubeProxyTable.
    private const string ProxyTable = NftServiceReader.Table;

    /// <summary>kube-proxy's mode, where it is one.</summary>
    public KubeProxyMode? Mode { get; init; }

    /// <summary>Looks for them.</summary>
    /// <param name="network">The node's interfaces.</param>
    /// <param name="hooks">What the kernel says of its hooks.</param>
    /// <param name="virtualServers">The lines of /proc/net/ip_vs; null if there are none.</param>
    /// <param name="family">The family.</param>
    public static IEnumerable<NonIptablesTranslation> Find(
        ForwardingModel network, KernelHooks hooks, IReadOnlyList<string>? virtualServers, IPFamily family)
    {
        // Every Service's address stands on an interface of its own: IPVS takes only what is for the node itself.
        var served = VirtualServerReader.Read(virtualServers ?? [], null).Where(s => s.Family == family)
            .Select(s => AddressBits.From(s.Address!)).ToHashSet();
        foreach (var link in network.Interfaces)
        {
            bool isKnown = VirtualServerReader.Interfaces.Contains(link.Name);
            if ((!isKnown && (served.Count == 0 || (link.Kind != "dummy" && !link.IsLoopback)))
                || link.Addresses.Where(a => a.Family == family && a.Scope != 253 && (isKnown || served.Contains(a.Address)))
                    .Select(a => a.Address).ToHashSet() is not { Count: > 0 } addresses)
            {
                continue;
            }

            string name = link.Name == VirtualServerReader.Interface ? DiagnosisMessages.KubeProxyInIPVSMode : "IPVS";
            yield return new(name, DiagnosisMessages.InterfaceHasServiceAddresses(Printable.Text(link.Name), addresses.Count),
                addresses) { Mode = KubeProxyMode.Ipvs };
        }

        if (network.Find("cilium_host") is not null)
        {
            yield return new(DiagnosisMessages.CiliumWhichMayTranslateIn, DiagnosisMessages.ThereIsInterfaceCiliumHost, null);
        }

        if (network.Interfaces.FirstOrDefault(i => i.Name.StartsWith("bpfin.cali", StringComparison.Ordinal)) is { } calico)
        {
            yield return new(DiagnosisMessages.CalicosEBPFDataplane, DiagnosisMessages.ThereIsInterface(Printable.Text(calico.Name)), null);
        }

        if (hooks.BaseChains.Any(c => c.Table == ProxyTable && c.Layer == HookLayer.IP && c.Family == family))
        {
            yield return new(DiagnosisMessages.KubeProxyInNftablesMode,
                DiagnosisMessages.ThereIsTableWhichIptables(family == IPFamily.IPv6 ? "ip6" : "ip", ProxyTable),
                null) { Mode = KubeProxyMode.Nftables };
        }
    }

    /// <summary>The base chains beside the rules that are walked. kube-proxy's own are reported by <see cref="Find"/>.</summary>
    public static OtherChains Chains(Ruleset ruleset, KernelHooks hooks, NativeChains? native = null) =>
        OtherChains.Of(ruleset, hooks, ProxyTable, native);
}
