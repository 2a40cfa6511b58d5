using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using K8sNetfilter.Hooks;
using K8sNetfilter.IO;
using K8sNetfilter.Ipset;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Nftables;
using K8sNetfilter.Tests.Namespaces;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// A router in a namespace of its own, and the hosts around it in another: eth0 (10.0.0.0/24, and 10.3.0.0/16 behind a gateway), eth1
/// (10.1.0.0/24, and all else), and the bridge br0 (10.2.0.0/24) with a host at each of the ports p0, p1 and p2. The hosts are not
/// stacks but a packet socket, so that nothing answers but the test. The addresses are those of <see cref="LabAddressing"/>: the same
/// lab in IPv6 has fd00::/64 and so on. All neighbours are permanent, so that nobody has to be found.
/// </summary>
internal sealed class PacketLab : IDisposable
{
    private static readonly string[] Links = ["eth0", "eth1", "p0", "p1", "p2"];

    private const string NoIPv6 = "for f in all default; do [ ! -e /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done\n";

    private const string QuietIPv6 = "for v in accept_dad=0 dad_transmits=0 accept_ra=0 autoconf=0 addr_gen_mode=1; do sysctl -q -w net.ipv6.conf.all.$v net.ipv6.conf.default.$v; done\n";

    private const string RouterOfIPv4 = """
        sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.icmp_echo_ignore_all=1 net.ipv4.icmp_ratemask=0
        for d in /proc/sys/net/ipv4/conf/*; do echo 0 > $d/rp_filter; echo 0 > $d/send_redirects; done

        """;

    // Without automatic flow labels, only the test's packets have one.
    private const string RouterOfIPv6 = "sysctl -q -w net.ipv6.icmp.echo_ignore_all=1 net.ipv6.auto_flowlabels=0\n";

    private const string OwnOfIPv4 = "tcp flags & rst == rst drop; icmp type { destination-unreachable, time-exceeded, redirect }";

    private const string OwnOfIPv6 = "ip6 flowlabel 0";

    private readonly NetworkNamespace _router;
    private readonly NetworkNamespace _hosts;
    private readonly Process _holder;
    private readonly Dictionary<string, int> _hostIndex = [];
    private readonly Dictionary<int, string> _linkOfHost = [];

    public PacketLab(LabAddressing addressing, bool call, bool hairpin)
    {
        Addressing = addressing;
        _router = Privilege.MakeNamespace("the router");
        _hosts = Privilege.MakeNamespace("the hosts");
        _holder = _hosts.Run(() => Process.Start(new ProcessStartInfo("sleep", "3600"))!);
        string pid = _holder.Id.ToString(CultureInfo.InvariantCulture);
        var script = new System.Text.StringBuilder("set -e\n");
        script.Append(addressing.V6 ? QuietIPv6 : NoIPv6).Append("ip link set lo up\n");
        script.Append("ip link add br0 address 02:aa:00:00:00:02 type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n");
        foreach (string link in Links)
        {
            script.Append(CultureInfo.InvariantCulture, $"ip link add {link} type veth peer name h-{link} netns {pid}\n");
        }

        script.Append("ip link set eth0 address 02:aa:00:00:00:00\nip link set eth1 address 02:aa:00:00:00:01\n");
        for (int i = 0; i < 3; i++)
        {
            script.Append(CultureInfo.InvariantCulture, $"ip link set p{i} master br0\nip link set p{i} type bridge_slave hairpin {(hairpin ? "on" : "off")}\n");
        }

        script.Append("for l in eth0 eth1 p0 p1 p2 br0; do ip link set $l up; done\n");
        foreach (string own in (string[])["10.0.0.1/24 dev eth0", "10.1.0.1/24 dev eth1", "10.1.0.11/24 dev eth1", "10.2.0.1/24 dev br0"])
        {
            script.Append(CultureInfo.InvariantCulture, $"ip address add {own}{(addressing.V6 ? " nodad" : "")}\n");
        }

        string ip = "ip " + addressing.Option;
        script.Append(CultureInfo.InvariantCulture, $"{ip} route add default via 10.1.0.254\n{ip} route add 10.3.0.0/16 via 10.0.0.254\n");
        script.Append(CultureInfo.InvariantCulture, $"{ip} route add blackhole 10.66.0.0/16\n{ip} route add unreachable 10.67.0.0/16\n");
        script.Append(CultureInfo.InvariantCulture, $"{ip} route add default via 10.0.0.254 table 100\n{ip} rule add fwmark 0x10/0xf0 table 100\n");
        foreach (string host in (string[])["10.0.0.2", "10.0.0.3", "10.0.0.77", "10.0.0.254", "10.2.0.77", "10.2.0.2", "10.2.0.3", "10.2.0.4", "10.1.0.254", .. Enumerable.Range(2, 9).Select(i => $"10.1.0.{i}")])
        {
            string device = host.StartsWith("10.0.", StringComparison.Ordinal) ? "eth0" : host.StartsWith("10.1.", StringComparison.Ordinal) ? "eth1" : "br0";
            script.Append(CultureInfo.InvariantCulture, $"ip neighbor replace {host} lladdr {Mac(addressing.Address(host))} dev {device} nud permanent\n");
        }

        // Every station has its port, so that no frame is flooded: one that goes out of several ports meets the hooks for each.
        foreach (var (host, port) in new[] { ("10.2.0.2", "p0"), ("10.2.0.3", "p1"), ("10.2.0.4", "p2"), ("10.2.0.77", "p2") })
        {
            script.Append(CultureInfo.InvariantCulture, $"bridge fdb replace {Mac(addressing.Address(host))} dev {port} master static\n");
        }

        script.Append(addressing.V6 ? RouterOfIPv6 : RouterOfIPv4);
        string switches = addressing.V6 ? "ip6tables" : "iptables";
        script.Append(CultureInfo.InvariantCulture, $"[ ! -e /proc/sys/net/bridge ] || sysctl -q -w net.bridge.bridge-nf-call-{switches}={(call ? 1 : 0)}\n");

        // The kernel's own packets would close what the test opens: they are dropped before anything sees them.
        script.Append(CultureInfo.InvariantCulture, $$"""
            nft -f - <<'NFT'
            table {{(addressing.V6 ? "ip6" : "ip")}} lab {
              chain out { type filter hook output priority -1000; {{(addressing.V6 ? OwnOfIPv6 : OwnOfIPv4)}} drop; meta nftrace set 1; }
              chain pre { type filter hook prerouting priority -1000; meta nftrace set 1; }
              chain in { type filter hook input priority 1000; }
              chain post { type filter hook postrouting priority 1000; }
            }
            NFT
            """);
        Shell(_router, addressing.Spell(script.ToString()));
        Shell(_hosts, NoIPv6 + "for l in eth0 eth1 p0 p1 p2; do ip link set h-$l up promisc on; done");
        foreach (string line in Shell(_hosts, "ip -o link").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(':', StringSplitOptions.TrimEntries);
            string name = parts[1].Split('@')[0];
            if (name.StartsWith("h-", StringComparison.Ordinal))
            {
                int index = int.Parse(parts[0], CultureInfo.InvariantCulture);
                _hostIndex[name[2..]] = index;
                _linkOfHost[index] = name[2..];
            }
        }

        Trace = new KernelTrace(_router);
        Frames = _hosts.Run(() => new FrameSocket());
        Sender = _router.Run(() => new RawSender(addressing.V6));
    }

    public LabAddressing Addressing { get; }

    public KernelTrace Trace { get; }

    public FrameSocket Frames { get; }

    public RawSender Sender { get; }

    /// <summary>True where the kernel has a bridge netfilter that can be switched.</summary>
    public static bool HasBridgeNetfilter => Directory.Exists("/proc/sys/net/bridge");

    public string Shell(string script, string? input = null) => Shell(_router, script, input);

    /// <summary>Lets the router forward, or keep what is not its own.</summary>
    public void Forward(bool on) => Shell($"sysctl -q -w {(Addressing.V6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward")}={(on ? 1 : 0)}");

    /// <summary>A walk over the router's present rules, with everything else read from its kernel.</summary>
    public PacketWalk Walk(Ruleset ruleset)
    {
        var node = new LiveNode(KernelRoot.Live, _router);
        var walk = PacketWalk.Create(ruleset, node.Links, node.Sysctls, warning => Assert.Fail(warning));
        walk.Network.Sets = new NodeIpsets(node.Ipsets, CancellationToken.None);
        return walk;
    }

    /// <summary>A walk that also follows the native tables of nf_tables, but for the lab's own.</summary>
    public PacketWalk WalkNative(Ruleset ruleset, NftRuleset native)
    {
        var node = new LiveNode(KernelRoot.Live, _router);
        var chains = NativeChains.Of(native with { Tables = [.. native.Tables.Where(t => t.Name != "lab")] }, ruleset, KernelHooks.Unknown);
        return PacketWalk.Create(
            ruleset, node.Links, node.Sysctls, null, OtherChains.None, warning => Assert.Fail(warning), TestContext.Current.CancellationToken, chains);
    }

    /// <summary>The router as a node.</summary>
    public LiveNode Node => new(KernelRoot.Live, _router);

    /// <summary>The tables of nf_tables, read by netlink.</summary>
    public NftRuleset Native() => new LiveNftables(KernelRoot.Live, _router).Read(NftQuery.All, TestContext.Current.CancellationToken);

    /// <summary>Sends a packet from the host behind a link, or (link "") from the router itself.</summary>
    public void Send(string link, Packet packet, int id)
    {
        byte[] bytes = LabPacket.Build(packet, id);
        if (link.Length == 0)
        {
            Sender.Send(bytes);
            return;
        }

        byte[] frame = new byte[14 + bytes.Length];
        bool near = link[0] == 'p' && InBridge(packet.Destination);
        MacBytes(near ? Mac(packet.Destination) : link switch { "eth0" => "02:aa:00:00:00:00", "eth1" => "02:aa:00:00:00:01", _ => "02:aa:00:00:00:02" }, frame);
        MacBytes(link[0] == 'p' ? Mac(Addressing.Address($"10.2.0.{link[1] - '0' + 2}")) : "02:bb:00:00:00:00", frame.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), Addressing.EtherType);
        bytes.CopyTo(frame, 14);
        Frames.Send(_hostIndex[link], frame);
    }

    /// <summary>Reads the frames that came to the hosts, and by which link.</summary>
    public IEnumerable<(string Link, byte[] Packet)> Receive()
    {
        byte[] buffer = new byte[65536];
        while (Frames.TryReceive(buffer, out int length, out int index))
        {
            if (length >= 14 + Addressing.HeaderSize && BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(12)) == Addressing.EtherType && _linkOfHost.TryGetValue(index, out string? link))
            {
                yield return (link, buffer[14..length]);
            }
        }
    }

    public void Dispose()
    {
        Frames.Dispose();
        Sender.Dispose();
        Trace.Dispose();
        _holder.Kill();
        _holder.Dispose();
        _hosts.Dispose();
        _router.Dispose();
    }

    private bool InBridge(IPAddress address) => Addressing.Plan(address) is [10, 2, 0, not 1];

    private string Mac(IPAddress host)
    {
        byte[] b = Addressing.Plan(host);
        return string.Create(CultureInfo.InvariantCulture, $"02:00:{b[0]:x2}:{b[1]:x2}:{b[2]:x2}:{b[3]:x2}");
    }

    private static void MacBytes(string mac, Span<byte> to)
    {
        var parts = mac.Split(':');
        for (int i = 0; i < 6; i++)
        {
            to[i] = byte.Parse(parts[i], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
    }

    private static string Shell(NetworkNamespace space, string script, string? input = null) => space.Run(() =>
    {
        using var process = Process.Start(new ProcessStartInfo("bash", "-s") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input is null ? script : $"{script} <<'END_OF_INPUT'\n{input}\nEND_OF_INPUT\n");
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{errors.Result}\n{script}\n{input}");
    });
}
