using System.Net;

namespace K8sNetfilter.Tests.Truth;

/// <summary>The addresses of a set-up's machines, of one family.</summary>
internal sealed class TruthPlan
{
    public static readonly TruthPlan IPv4 = new(
        bits: 32, podBits: 24, "10.244.0.0/16", "10.244.1.1", "10.244.1.2", "10.244.1.3", "10.244.1.99", "10.244.3.66", "10.244.3.67",
            "169.254.1.1", "192.168.50.1",
        "192.168.50.9", "192.168.50.7", "192.168.60.1", "192.168.60.9", "10.244.7.2", "10.244.7.0/24", "10.96.0.10", "10.96.0.53",
            "192.168.50.77", 24);

    public static readonly TruthPlan IPv6 = new(
        bits: 128, podBits: 64, "fd00:10:244::/64", "fd00:10:244::1", "fd00:10:244::2", "fd00:10:244::3", "fd00:10:244::99",
            "fd00:10:244:3::66", "fd00:10:244:3::67",
        "fd00:169::1", "fd00:50::1", "fd00:50::9", "fd00:50::7", "fd00:60::1", "fd00:60::9", "fd00:10:244:7::2", "fd00:10:244:7::/64",
            "fd00:10:96::10", "fd00:10:96::53",
        "fd00:50::77", 64);

    private TruthPlan(
        int bits, int podBits, string pods, string bridge, string a, string b, string nobody, string c, string d, string gateway,
            string node,
        string outside, string other, string second, string secondOutside, string remotePod, string remotePods, string service,
            string dns, string foreign, int lanBits)
    {
        (Bits, PodBits, LanBits, Pods, RemotePods) = (bits, podBits, lanBits, pods, remotePods);
        (Bridge, A, B, NoPod, C, D) = (IPAddress.Parse(bridge), IPAddress.Parse(a), IPAddress.Parse(b), IPAddress.Parse(nobody),
            IPAddress.Parse(c), IPAddress.Parse(d));
        (Gateway, Node, Outside, Other) = (IPAddress.Parse(gateway), IPAddress.Parse(node), IPAddress.Parse(outside),
            IPAddress.Parse(other));
        (Second, SecondOutside, RemotePod) = (IPAddress.Parse(second), IPAddress.Parse(secondOutside), IPAddress.Parse(remotePod));
        (Service, Dns, Foreign) = (IPAddress.Parse(service), IPAddress.Parse(dns), IPAddress.Parse(foreign));
    }

    /// <summary>The length of an address.</summary>
    public int Bits { get; }

    /// <summary>The prefix lengths of the bridge's network and of the outside one.</summary>
    public int PodBits { get; }

    public int LanBits { get; }

    /// <summary>The cluster's pods, and those of the other node.</summary>
    public string Pods { get; }

    public string RemotePods { get; }

    /// <summary>The bridge cni0, and the pods on it.</summary>
    public IPAddress Bridge { get; }

    public IPAddress A { get; }

    public IPAddress B { get; }

    /// <summary>An address of the bridge's network that no pod has.</summary>
    public IPAddress NoPod { get; }

    /// <summary>Pods on links of their own, and their gateway.</summary>
    public IPAddress C { get; }

    public IPAddress D { get; }

    public IPAddress Gateway { get; }

    /// <summary>eth0 of the node, an outside machine and another node, on one network.</summary>
    public IPAddress Node { get; }

    public IPAddress Outside { get; }

    public IPAddress Other { get; }

    /// <summary>eth1 of the node, and a machine on that network.</summary>
    public IPAddress Second { get; }

    public IPAddress SecondOutside { get; }

    /// <summary>A pod on the other node.</summary>
    public IPAddress RemotePod { get; }

    /// <summary>Two Services' addresses.</summary>
    public IPAddress Service { get; }

    public IPAddress Dns { get; }

    /// <summary>An address of the outside network that no machine has.</summary>
    public IPAddress Foreign { get; }
}
