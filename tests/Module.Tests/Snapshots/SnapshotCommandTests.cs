using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>The cmdlets on a folder that the tools' output was put into, and on an extracted sos report of the same node: nothing is asked of this machine.</summary>
public sealed class SnapshotCommandTests : IDisposable
{
    private readonly ModuleEngine _engine = new();

    private static string Folder(string name) => Path.Combine(ModuleEngine.RepositoryRoot(), "tests/Module.Tests/Snapshots", name);

    public void Dispose() => _engine.Dispose();

    private string Ask(string script, string snapshot)
    {
        var output = _engine.Run(script, ("s", Folder(snapshot)));
        Assert.Empty(_engine.Errors.Select(e => e.ToString()));
        return string.Join('\n', output);
    }

    [Theory]
    [InlineData("Node")]
    [InlineData("Sos")]
    public void Links_connections_parameters_and_modules_are_told(string snapshot)
    {
        Assert.Equal("veth1 True\nveth2 False", Ask("Get-NodeBridgePort -Snapshot $s | ForEach-Object { \"$($_.Name) $($_.Hairpin)\" }", snapshot));
        Assert.Equal("SYN_SENT 10.96.0.10 10.244.0.12", Ask("Get-ConntrackEntry -Snapshot $s -Unreplied | ForEach-Object { \"$($_.State) $($_.Destination) $($_.ReplySource)\" }", snapshot));
        Assert.Equal("1 1 k8s.conf:1", Ask("Get-NodeSysctl net.ipv4.ip_forward -Snapshot $s | ForEach-Object { \"$($_.Value) $($_.BootValue) $(\"$($_.Source)\".Split('/')[-1])\" }", snapshot));
        Assert.Equal("Loaded", Ask("(Get-KernelModule br_netfilter -Snapshot $s).State", snapshot));
        Assert.Equal("True", Ask("(Get-NodeBridgeNetfilter -Snapshot $s).ReadyNow", snapshot));
        Assert.NotEqual("", Ask("(Get-ConntrackStatistic -Snapshot $s).Maximum", snapshot));
    }

    [Fact]
    public void The_rules_of_a_folder_are_read_and_walked()
    {
        Assert.Equal("default/web:http", Ask("Get-NodeService -Snapshot $s | ForEach-Object { \"$($_.Namespace)/$($_.Name):$($_.PortName)\" }", "Node"));
        Assert.Contains("DNAT", Ask("(Trace-NetfilterPacket 10.244.0.11 10.96.0.10 80 -Snapshot $s).Verdict", "Node"), StringComparison.Ordinal);
        Assert.Equal("pod1 pod2", Ask("(Get-NodeBridgePort -Snapshot $s).NetNamespace -join ' '", "Node"));
        Assert.Equal("4", Ask("@(Get-NetfilterChain -Table nat KUBE-S* -Snapshot $s | Get-NetfilterRule -Snapshot $s).Count", "Node"));
    }

    /// <summary>Many Services are decided side by side, a few one after the other: the answers are the same, in the same order.</summary>
    [Fact]
    public void Many_Services_are_decided_as_each_is_alone()
    {
        string node = Directory.CreateTempSubdirectory("k8snf-many").FullName;
        try
        {
            foreach (string file in Directory.EnumerateFiles(Folder("Node"), "*", SearchOption.AllDirectories))
            {
                string copy = Path.Combine(node, Path.GetRelativePath(Folder("Node"), file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            string dump = Path.Combine(node, "iptables-legacy-save.txt");
            string[] lines = File.ReadAllLines(dump);
            var many = new List<string>();
            foreach (string line in lines)
            {
                // 600 Services in place of the one. Every second has the other pod, whose port has hairpin; every seventh is not marked for masquerade.
                for (int i = 0; i < (line.Contains("AAAAAAAA", StringComparison.Ordinal) ? 600 : 1); i++)
                {
                    if (i % 7 != 1 || !line.Contains("SEP", StringComparison.Ordinal) || !line.Contains("KUBE-MARK-MASQ", StringComparison.Ordinal))
                    {
                        many.Add(line.Replace("AAAAAAAAAAAAAAAA", $"{i:D16}", StringComparison.Ordinal).Replace("10.96.0.10", $"10.96.{i / 200}.{(i % 200) + 1}", StringComparison.Ordinal)
                            .Replace("default/web", $"ns{i / 30}/web{i}", StringComparison.Ordinal).Replace("10.244.0.12", i % 2 == 0 ? "10.244.0.12" : "10.244.0.11", StringComparison.Ordinal));
                    }
                }
            }

            File.WriteAllLines(dump, many);
            const string Shown = "ForEach-Object { \"$($_.Service) $($_.ServiceIP) $($_.SourcePod) $($_.Endpoint) $($_.Bridge) $($_.Verdict) $($_.Cause) $($_.Evidence) $($_.Remedy)\" }";
            string[] together = [.. _engine.Run($"Test-ServiceHairpin -Snapshot $s | {Shown}", ("s", node)).Select(o => o.ToString())];
            string[] apart = [.. _engine.Run($"0..19 | ForEach-Object {{ Test-ServiceHairpin -Snapshot $s -Namespace ns$_ | {Shown} }}", ("s", node)).Select(o => o.ToString())];
            Assert.Empty(_engine.Errors);
            Assert.Equal(apart, together);
            Assert.InRange(together.Length, 600, 1200);
            Assert.Contains(together, t => t.Contains(" Works ", StringComparison.Ordinal));
            Assert.Contains(together, t => t.Contains(" MasqueradeMissing ", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(node, recursive: true);
        }
    }

    [Fact]
    public void What_is_missing_is_an_error_or_a_warning_with_the_files_name()
    {
        _engine.Run("Get-NetfilterRule -Snapshot $s", ("s", Folder("Sos")));
        var error = Assert.Single(_engine.Errors);
        Assert.StartsWith("SnapshotFileMissing", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("iptables-save.txt", error.ToString(), StringComparison.Ordinal);
        _engine.Run("Get-NetfilterRule -Snapshot $s", ("s", Folder("Node")));
        Assert.Contains(_engine.Warnings, w => w.Contains("ip6tables-save.txt", StringComparison.Ordinal));
    }

    [Fact]
    public void A_snapshot_is_alone_and_must_be_one()
    {
        _engine.Run("Get-NodeSysctl kernel.osrelease -Snapshot $s -Root /", ("s", Folder("Node")));
        Assert.StartsWith("SnapshotAlone", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        _engine.Run("Get-NodeSysctl kernel.osrelease -Snapshot $s", ("s", Folder("none")));
        Assert.StartsWith("SnapshotNotFound", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        _engine.Run("Get-NodeSysctl kernel.osrelease -Snapshot $s", ("s", Path.Combine(ModuleEngine.RepositoryRoot(), "README.md")));
        Assert.StartsWith("SnapshotNone", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
