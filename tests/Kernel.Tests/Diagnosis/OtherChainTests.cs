using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// Base chains that no iptables rule is of: a drop in each family and on each hook, and variants that do no harm, with real connections.
/// What is said of the node and of its snapshot is what the traffic does, or is open and names the chain.
/// </summary>
public sealed class OtherChainTests
{
    private const string Pod = "pod";
    private const string Node = "node";

    /// <summary>Who calls (a pod its Service, or the node the endpoint), what is loaded, whether the call works, what is said, and of which chain.</summary>
    public static TheoryData<string, string, bool, MatchOutcome, string?> SetUps => new()
    {
        // What drops every packet that meets it.
        { Pod, Chain("inet fw", "forward", "reject"), false, MatchOutcome.No, "chain c of table inet fw on the forward hook: it is one unconditional reject" },
        { Pod, Chain("inet fw", "postrouting", "drop"), false, MatchOutcome.No, "table inet fw on the postrouting hook" },
        { Pod, Chain("ip fw", "prerouting", "drop"), false, MatchOutcome.No, "table ip fw on the prerouting hook" },
        { Pod, Chain("ip filter", "forward", "drop"), false, MatchOutcome.No, "chain c of table ip filter on the forward hook" },
        { Pod, Chain("inet fw", "forward", "", policy: "drop"), false, MatchOutcome.No, "its policy is drop" },
        { Pod, Chain("bridge b", "prerouting", "drop"), false, MatchOutcome.No, "table bridge b on the prerouting hook" },
        { Pod, Chain("bridge b", "forward", "drop"), false, MatchOutcome.No, "table bridge b on the forward hook" },
        { Pod, Chain("bridge b", "postrouting", "drop"), false, MatchOutcome.No, "table bridge b on the postrouting hook" },
        { Pod, Chain("netdev n", "ingress device pod0", "drop"), false, MatchOutcome.No, "table netdev n on the ingress hook of pod0" },
        { Pod, Chain("netdev n", "egress device pod1", "drop"), false, MatchOutcome.No, "table netdev n on the egress hook of pod1" },
        { Pod, Chain("netdev n", "egress device pod0", "drop"), false, MatchOutcome.No, "the egress hook of pod0" },
        { Pod, Chain("inet fw", "ingress device pod1", "drop"), false, MatchOutcome.No, "table inet fw on the ingress hook of pod1" },
        { Node, Chain("bridge b", "output", "drop"), false, MatchOutcome.No, "table bridge b on the output hook" },
        { Node, Chain("bridge b", "input", "drop"), false, MatchOutcome.No, "table bridge b on the input hook" },
        { Node, Chain("netdev n", "egress device br0", "drop"), false, MatchOutcome.No, "the egress hook of br0" },
        { Node, Chain("netdev n", "ingress device br0", "drop"), false, MatchOutcome.No, "the ingress hook of br0" },
        { Node, Chain("inet fw", "output", "drop"), false, MatchOutcome.No, "table inet fw on the output hook" },
        // What does so by conditions, which are not read.
        { Pod, Chain("bridge b", "forward", "ip daddr 10.244.0.3 drop"), false, MatchOutcome.Unknown, "table bridge b on the forward hook" },
        { Pod, Chain("netdev n", "ingress device pod0", "ip protocol tcp drop"), false, MatchOutcome.Unknown, "the ingress hook of pod0" },
        { Pod, Chain("inet fw", "forward", "tcp dport 9 drop"), true, MatchOutcome.Unknown, "table inet fw on the forward hook" },
        { Pod, Chain("inet fw", "prerouting", "meta mark set 1"), true, MatchOutcome.Unknown, "table inet fw on the prerouting hook" },
        { Pod, "ebtables-nft -A FORWARD -p IPv4 --ip-proto tcp -j DROP", false, MatchOutcome.Unknown, "chain FORWARD of table bridge filter" },
        { Node, "ebtables-nft -A OUTPUT -p IPv4 -o pod+ -j DROP", false, MatchOutcome.Unknown, "chain OUTPUT of table bridge filter" },
        { Node, "ebtables-nft -A INPUT -p IPv4 -j DROP", false, MatchOutcome.Unknown, "chain INPUT of table bridge filter" },
        // Until what is known of the neighbours runs out, a drop of ARP does nothing.
        { Node, Chain("arp a", "input", "drop"), false, MatchOutcome.Unknown, "table arp a on the input hook" },
        { Node, Chain("arp a", "output", "drop"), false, MatchOutcome.Unknown, "table arp a on the output hook" },
        { Node, "arptables-nft -A INPUT -j DROP", false, MatchOutcome.Unknown, "chain INPUT of table arp filter" },
        { Node, "arptables-legacy -A INPUT -j DROP", false, MatchOutcome.Unknown, "chain INPUT of arptables (legacy)" },
        // What no packet of the call meets, or what does nothing.
        { Pod, Chain("inet fw", "input", "drop"), true, MatchOutcome.Yes, null },
        { Pod, Chain("ip6 fw", "forward", "drop"), true, MatchOutcome.Yes, null },
        { Pod, Chain("inet fw", "forward", ""), true, MatchOutcome.Yes, null },
        { Pod, Chain("inet fw", "forward", "counter accept"), true, MatchOutcome.Yes, null },
        { Pod, Chain("inet fw", "forward", "tcp dport 8080 accept"), true, MatchOutcome.Yes, null },
        { Pod, Chain("ip fw", "forward", "drop", flags: "flags dormant;"), true, MatchOutcome.Yes, null },
        { Pod, Chain("netdev n", "ingress device lo", "drop"), true, MatchOutcome.Yes, null },
        { Node, Chain("bridge b", "forward", "drop"), true, MatchOutcome.Yes, null },
        { Node, "arptables-legacy -A FORWARD -j DROP", true, MatchOutcome.Yes, null },
        { Node, "ebtables-nft -L", true, MatchOutcome.Yes, null },
    };

    [Theory]
    [MemberData(nameof(SetUps))]
    public void A_walk_meets_chains_of_every_family(string caller, string what, bool works, MatchOutcome said, string? named)
    {
        Assert.SkipUnless(Directory.Exists("/proc/sys/net/bridge"), "br_netfilter is not loaded");
        Tool.Require(what.Split(' ')[0] is "table" ? "nft" : what.Split(' ')[0]);
        using var node = new ProbeNode(new LabScenario { Name = "others", PayloadBytes = 1 });
        string trace = caller == Pod ? $"Trace-NetfilterPacket {node.Addresses.Client} $service 80 -SourcePort 40000 -Summary"
            : $"Trace-NetfilterPacket -Destination {node.Addresses.EndpointAddress} -DestinationPort {node.Addresses.Endpoint.Port} -Summary";
        Assert.True(Connects(node, caller));
        Assert.Equal(MatchOutcome.Yes, Walk(node, trace + " -NetNamespace $node").Works);
        Load(node, what);
        Forget(node);
        Assert.Equal(works, Connects(node, caller));
        // A call that was lost leaves neighbours that are still being asked for: the chain is the matter here.
        Forget(node);

        string folder = Path.Combine(Path.GetTempPath(), "k8snf-others-" + Guid.NewGuid().ToString("N"));
        node.Run($"Export-NodeSnapshot {folder} -IncludePods -NetNamespace $node");
        try
        {
            foreach (string of in (string[])["-NetNamespace $node", $"-Snapshot {folder}"])
            {
                var branch = Walk(node, $"{trace} {of}");
                // A native table of the family is walked where it is read, which is on the live node: the rule or the policy is named.
                bool isWalked = of[1] == 'N' && said != MatchOutcome.Yes && IsWalked(what);
                Assert.Equal((!isWalked ? said : works ? MatchOutcome.Yes : MatchOutcome.No, of), (branch.Works, of));
                Assert.Contains(!isWalked ? named ?? "" : works ? "" : $" of {string.Join(' ', what.Split(' ')[1..3])} c", branch.Reason, StringComparison.Ordinal);
                if (caller == Pod)
                {
                    var results = node.Run($"Test-ServiceHairpin web {of}").Cast<ServiceHairpinResult>().ToList();
                    Assert.True(works || results.All(r => r.Verdict != ServiceVerdict.Works || r.SourcePod != node.Addresses.Client));
                    if (results.Find(r => r.SourcePod == node.Addresses.Client && r.Endpoint == node.Addresses.Endpoint.ToString()) is not { } result)
                    {
                        // Where no frame gets through, the node may not have learned where its pods are.
                        Assert.Contains("prerouting", what, StringComparison.Ordinal);
                        continue;
                    }

                    Assert.Equal(said switch { MatchOutcome.Yes => ServiceVerdict.Works, MatchOutcome.No => ServiceVerdict.Broken, _ => ServiceVerdict.Unknown }, result.Verdict);
                    Assert.Contains(named ?? "", result.Evidence, StringComparison.Ordinal);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsWalked(string what) => (what.StartsWith("table inet", StringComparison.Ordinal)
        || what.StartsWith("table ip ", StringComparison.Ordinal)) && !what.Contains("hook ingress", StringComparison.Ordinal);

    private static string Chain(string table, string hook, string rule, string policy = "accept", string flags = "") =>
        $"table {table} {{ {flags}\n chain c {{ type filter hook {hook} priority -5; policy {policy};\n {rule}\n }}\n}}";

    private static WalkBranch Walk(ProbeNode node, string script) => Assert.IsType<WalkBranch>(Assert.Single(node.Run(script)));

    private static void Load(ProbeNode node, string what)
    {
        if (!what.StartsWith("table", StringComparison.Ordinal))
        {
            Tool.Run(node.Lab.Node, what);
            return;
        }

        string file = Path.GetTempFileName();
        File.WriteAllText(file, what + "\n");
        Tool.Run(node.Lab.Node, "nft", "-f", file);
        File.Delete(file);
    }

    // So that a call has to find its neighbours and makes a new connection.
    private static void Forget(ProbeNode node)
    {
        foreach (var space in new[] { node.Lab.Node, node.Lab.Client, node.Lab.Endpoint })
        {
            Tool.Run(space, "ip neigh flush all");
        }
    }

    private static bool Connects(ProbeNode node, string caller)
    {
        var (from, to) = caller == Pod ? (node.Lab.Client, new IPEndPoint(node.Addresses.ServiceAddress, 80)) : (node.Lab.Node, node.Addresses.Endpoint);
        return from.Run(() =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                return socket.ConnectAsync(to).Wait(1500);
            }
            catch (AggregateException)
            {
                return false;
            }
        });
    }
}
