using System.Globalization;

namespace K8sNetfilter.Tests;

/// <summary>What the lab leaves on the node: nothing, also when it is killed half-way.</summary>
public sealed class LabFootprintTests
{
    // In a network and a process namespace of its own, so that nobody else's work is in the comparison.
    private const string Script = """
        look() {
            ip -d link; ip address; ip route show table all; ip -6 route show table all; ip neighbour; ip rule; bridge fdb
            nft list ruleset; iptables-legacy-save; conntrack -L
            sysctl -a | grep '^net\.' | grep -v -e conntrack_count -e 'neigh\..*retrans'
            ls /run/netns; readlink /proc/[0-9]*/ns/net | sort -u | wc -l
        }
        ip link set lo up
        look >$WORK/before 2>&1
        for after in $DELAYS; do
            $K8SNF Test-ServiceHairpin -Lab >$WORK/out 2>&1 &
            pid=$!
            [ $after = end ] || { sleep $after; kill -KILL $pid 2>/dev/null && echo killed; }
            wait $pid 2>/dev/null
            sleep 0.5
            look >$WORK/after 2>&1
            diff $WORK/before $WORK/after || echo "differs after $after s"
        done
        """;

    [Fact]
    public void A_node_is_as_it_was_after_a_lab_and_after_one_that_was_killed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "private namespaces need root");
        string folder = Directory.CreateTempSubdirectory("footprint").FullName;
        try
        {
            File.WriteAllText(folder + "/script", Script);
            // From the start of the engine to the end of the run; the last is not killed.
            var run = K8snf.Bash(string.Create(CultureInfo.InvariantCulture,
                $"WORK={folder} DELAYS='0.2 0.5 0.7 0.9 1.1 1.4 end' unshare --net --pid --fork --mount-proc bash {folder}/script"));
            Assert.DoesNotContain("differs", run.Output, StringComparison.Ordinal);
            Assert.True(run.Lines.Count(l => l == "killed") >= 3, run.Output);
            Assert.True(run.Lines.All(l => l == "killed"), run.Output);
            Assert.Contains("LargePackets", File.ReadAllText(folder + "/out"), StringComparison.Ordinal);
            Assert.Contains("net.ipv4.ip_forward", File.ReadAllText(folder + "/before"), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
