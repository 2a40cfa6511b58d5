using System.Text;
using System.Text.Json;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.Links;
using K8sNetfilter.Links.Iproute2;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Snapshots.Reading;
using K8sNetfilter.Snapshots.Redaction;
using K8sNetfilter.Snapshots.Writing;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Fuzz;

/// <summary>An archive that somebody mailed in, through the reader of archives and every reader of what is in it; and the same bytes as one of its files.</summary>
internal sealed class SnapshotTarget : IFuzzTarget
{
    public string Name => "snapshot";

    public IEnumerable<byte[]> Seeds =>
    [
        Tar(("uname.txt", "Linux node1 6.1.0 #1"u8.ToArray()), ("sysctl.txt", "net.ipv4.ip_forward = 1\nsysctl: permission denied on key \"net.ipv4.route.flush\"\n"u8.ToArray()),
            ("ip-link.json", Link), ("etc/sysctl.d/a.conf", "a = 1"u8.ToArray())),
        Link,
        """[{"type":"unicast","dst":"default","gateway":"10.0.0.1","dev":"eth0","table":"main","nexthops":[{"dev":"eth0","weight":1}]}]"""u8.ToArray(),
        """[{"priority":5,"not":null,"src":"10.0.0.0","srclen":8,"fwmark":"0x1","fwmask":"0xff","dport_start":80,"dport_end":90,"goto":9}]"""u8.ToArray(),
        """{"nftables": [{"chain": {"family": "ip", "table": "nat", "name": "P", "type": "nat", "hook": "prerouting", "prio": -100}}]}"""u8.ToArray(),
        "family ip {\n\thook input {\n\t\t-0000000100 chain ip a b [nf_tables]\n\t}\n}\n"u8.ToArray(),
        "2: cni0@if3: <UP,LOWER_UP> mtu 1500 master br0 state UP\n    link/ether 02:00:00:00:00:01 link-netnsid 0\n    inet 10.0.0.1 peer 10.0.0.2/32 scope global cni0\n"u8.ToArray(),
    ];

    private static byte[] Link => """[{"ifindex":2,"ifname":"cni0","flags":["UP"],"mtu":1500,"linkinfo":{"info_kind":"bridge","info_data":{"nf_call_iptables":1}},"addr_info":[{"local":"10.0.0.1","prefixlen":24}]}]"""u8.ToArray();

    public void Run(byte[] input)
    {
        try
        {
            ReadAll(new SnapshotNode(SnapshotFiles.Open("fuzz", new MemoryStream(input), CancellationToken.None)));
        }
        catch (NodeException)
        {
        }

        var json = new IpJsonReader();
        foreach (var read in new Action[]
        {
            () => json.ReadLinks(input), () => json.ReadAddresses(input), () => json.ReadRoutes(input, IPFamily.Unspecified), () => json.ReadRules(input, IPFamily.IPv4),
            () => json.ReadNeighbors(input), () => json.ReadForwardingEntries(input), () => json.ReadNamespaces(input), () => NftChainJson.Parse(input),
        })
        {
            try
            {
                read();
            }
            catch (JsonException)
            {
            }
        }

        string text = ByteText.Decode(input);
        NftHookText.Parse(text);
        SysctlListing.Parse(text);
        var ip = new IpTextReader(text);
        ip.ReadRoutes(text, IPFamily.IPv6);
        ip.ReadRules(text, IPFamily.IPv4);
        ip.ReadNeighbors(text);
        ip.ReadForwardingEntries(text);
        var redaction = new SnapshotRedaction("node-1");
        redaction.Line(text, redaction.ForFile("ip-rule-4.json", isConfiguration: true));
    }

    private static void ReadAll(SnapshotNode node)
    {
        _ = node.Sysctls.ListKeys(default);
        _ = node.Sysctls.SystemdFiles;
        _ = node.Sysctls.ProcpsFiles;
        _ = node.Modules.Loaded;
        _ = node.Modules.ModprobeFiles;
        node.Links.ReadLinks(_ => { }, default);
        node.Links.ReadRoutes(_ => { }, default);
        node.Rulesets.Read(new RulesetQuery(), default);
        node.Hooks.ReadHooks(default);
        _ = node.Conntrack.Read(ConntrackFilter.All, _ => { }, default)?.Count();
    }

    // A plain archive, whose bytes mean something where a fuzzer changes them.
    private static byte[] Tar(params (string Name, byte[] Content)[] files)
    {
        using var bytes = new MemoryStream();
        foreach (var (name, content) in files)
        {
            byte[] header = new byte[512];
            Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
            Encoding.ASCII.GetBytes(Convert.ToString(content.Length, 8).PadLeft(11, '0')).CopyTo(header, 124);
            header[156] = (byte)'0';
            header.AsSpan(148, 8).Fill((byte)' ');
            Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
            bytes.Write(header);
            bytes.Write(content);
            bytes.Write(new byte[(512 - (content.Length % 512)) % 512]);
        }

        bytes.Write(new byte[1024]);
        return bytes.ToArray();
    }
}
