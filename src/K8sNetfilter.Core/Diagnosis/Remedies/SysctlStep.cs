using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>Sets a kernel parameter.</summary>
/// <param name="Name">Its name with dots; a slash stands for a dot in an interface's name.</param>
/// <param name="Value">The value.</param>
internal sealed record SysctlStep(string Name, long Value) : RemedyStep
{
    private const string TableSize = "net.netfilter.nf_conntrack_max";

    /// <summary>The switch that has bridged frames meet the hooks.</summary>
    public static SysctlStep BridgeCall(IPFamily family) =>
        new(family == IPFamily.IPv6 ? "net.bridge.bridge-nf-call-ip6tables" : "net.bridge.bridge-nf-call-iptables", 1);

    /// <summary>The switch that has the node route.</summary>
    public static SysctlStep Forwarding(IPFamily family) =>
        new(family == IPFamily.IPv6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward", 1);

    /// <summary>The size of the table of connections.</summary>
    public static SysctlStep ConntrackMaximum(long value) => new(TableSize, value);

    /// <inheritdoc/>
    public override string Command(CommandPlace place)
    {
        string set = string.Create(CultureInfo.InvariantCulture, $"Set-NodeSysctl -Name {Name} -Value {Value}");
        // One number for all namespaces, which only the first one can change (nf_conntrack_standalone_init_sysctl,
        // net/netfilter/nf_conntrack_standalone.c).
        return Name == TableSize ? place.MachineCmdlet(set + " -Persist") : place.Cmdlet(set + place.Persist);
    }

    /// <inheritdoc/>
    public override HairpinFacts Apply(HairpinFacts node) => node with
    {
        Network = node.Network.With(Name, Value.ToString(CultureInfo.InvariantCulture)),
        Usage = Name == TableSize && node.Usage is { } usage ? new ConntrackStatistic(usage.Cpus, usage.Count, Value, usage.Buckets)
        : node.Usage,
    };
}
