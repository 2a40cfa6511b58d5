using K8sNetfilter.Nodes;
using K8sNetfilter.Readiness;
using K8sNetfilter.Tests.Nodes;

namespace K8sNetfilter.Tests.Readiness;

public sealed class BridgeNetfilterReportTests
{
    /// <summary>Without the place, whoever copies the command changes the machine that he sits at.</summary>
    [Fact]
    public void The_command_of_a_reason_acts_on_the_node_that_was_looked_at()
    {
        Assert.Equal("Set-NodeSysctl net.bridge.bridge-nf-call-iptables 1", Command(CommandPlace.Here));
        Assert.Equal("Set-NodeSysctl net.bridge.bridge-nf-call-iptables 1 -NetNamespace q", Command(new() { NetNamespace = "q", NamespacePath = "/run/netns/q" }));
        Assert.Equal("Set-NodeSysctl net.bridge.bridge-nf-call-iptables 1 -Root /host", Command(new() { Root = "/host", IsHost = true }));
        Assert.Equal("on node worker-1: Set-NodeSysctl net.bridge.bridge-nf-call-iptables 1", Command(new() { Snapshot = "/tmp/a.tar.gz", Host = "worker-1" }));
    }

    private static string Command(CommandPlace place)
    {
        var node = new PlainNode { Place = place };
        node.Sysctls.Live!["net/bridge/bridge-nf-call-iptables"] = "0";
        var report = BridgeNetfilterReport.Of(node, withIPv6: false, _ => { }, TestContext.Current.CancellationToken);
        string reason = Assert.Single(report.Reasons, r => r.StartsWith("net.bridge.bridge-nf-call-iptables ", StringComparison.Ordinal));
        return reason[(reason.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split(" (")[0].Replace(" -Persist", "", StringComparison.Ordinal);
    }
}
