using System.Management.Automation;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>Snapshots that lack a file, or have one that a command left empty when it failed: what depends on it is not known, and never guessed.</summary>
public sealed class IncompleteSnapshotTests : IDisposable
{
    private const string Trace = "Trace-NetfilterPacket 10.244.0.11 10.96.0.10 80 -Snapshot $s -Summary";

    private readonly ModuleEngine _engine = new();
    private readonly string _copy = Directory.CreateTempSubdirectory("k8snf-lacks").FullName;

    public IncompleteSnapshotTests()
    {
        string node = Path.Combine(ModuleEngine.RepositoryRoot(), "tests/Module.Tests/Snapshots/Node");
        foreach (string file in Directory.EnumerateFiles(node, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_copy, Path.GetRelativePath(node, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_copy, recursive: true);
    }

    private List<T> Ask<T>(string script) => [.. _engine.Run(script, ("s", _copy)).Select(o => (T)o.BaseObject)];

    [Fact]
    public void The_whole_snapshot_decides_every_call()
    {
        Assert.NotEmpty(Ask<ServiceHairpinResult>("Test-ServiceHairpin -Snapshot $s"));
        Assert.All(Ask<ServiceHairpinResult>("Test-ServiceHairpin -Snapshot $s"), r => Assert.NotEqual(ServiceVerdict.Unknown, r.Verdict));
        Assert.All(Ask<WalkBranch>(Trace), b => Assert.NotEqual(MatchOutcome.Unknown, b.Works));
    }

    [Theory]
    [InlineData("ip-route-4.json", false)]
    [InlineData("ip-route-4.json", true)]
    [InlineData("ip-addr.json", false)]
    [InlineData("ip-addr.json", true)]
    public void Without_routes_or_addresses_nothing_is_said_to_work_or_not_to(string file, bool empty)
    {
        File.Delete(Path.Combine(_copy, file));
        if (empty)
        {
            File.WriteAllText(Path.Combine(_copy, file), "");
        }

        Assert.All(Ask<ServiceHairpinResult>("Test-ServiceHairpin -Snapshot $s"), r => Assert.Equal(ServiceVerdict.Unknown, r.Verdict));
        Assert.All(Ask<WalkBranch>(Trace), b => Assert.Equal(MatchOutcome.Unknown, b.Works));
        Assert.Contains(_engine.Warnings, w => w.Contains(file, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ip-link.json", "Get-NodeBridgePort -Snapshot $s", "SnapshotFileMissing")]
    [InlineData("sysctl.txt", "Get-NodeSysctl net.ipv4.ip_forward -Snapshot $s | Where-Object { $null -ne $_.Value }", null)]
    public void What_a_command_that_failed_left_is_no_answer(string file, string script, string? error)
    {
        File.WriteAllText(Path.Combine(_copy, file), "");
        Assert.Empty(Ask<object>(script));
        Assert.Equal(error is null ? [] : [error], _engine.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.True(error is not null || _engine.Warnings.Any(w => w.Contains(file, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_folder_in_the_place_of_rules_is_a_missing_file()
    {
        File.Move(Path.Combine(_copy, "iptables-legacy-save.txt"), Path.Combine(_copy, "iptables-nft-save.txt"));
        Directory.CreateDirectory(Path.Combine(_copy, "iptables-legacy-save.txt"));
        Assert.NotEmpty(Ask<object>("Get-NetfilterChain -Snapshot $s"));
        Assert.DoesNotContain(_engine.Errors, e => e.Exception is NullReferenceException);
    }

    [Fact]
    public void Where_nothing_tells_what_is_built_in_no_module_is_said_to_be_missing()
    {
        Directory.Delete(Path.Combine(_copy, "proc"), recursive: true);
        // A listing of all keys, none of which is kernel.modprobe: only then does its absence tell of a kernel without modules.
        File.WriteAllLines(Path.Combine(_copy, "sysctl.txt"), File.ReadAllLines(Path.Combine(_copy, "sysctl.txt")).Append("fs.file-max = 1").Append("vm.swappiness = 60"));
        var bridge = (PSObject)_engine.Run("Get-NodeBridgeNetfilter -Snapshot $s", ("s", _copy)).Single();
        Assert.Null(bridge.Properties["BrNetfilter"].Value);
        Assert.Contains(_engine.Warnings, w => w.Contains("sys-module.txt", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("node.zip")]
    [InlineData("node.tar")]
    [InlineData("node.json.gz")]
    public void An_archive_that_is_not_written_is_refused(string name)
    {
        string target = Path.Combine(_copy, name);
        _engine.Run("Export-NodeSnapshot $t", ("t", target));
        Assert.StartsWith("SnapshotNoSuchArchive,", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.False(Path.Exists(target));
    }

    [Theory]
    [InlineData("Test-ServiceHairpin -Namespace kube-sytem -Snapshot $s -Quiet", "ServiceNotFound")]
    [InlineData("Test-ServiceHairpin kube-sytem/* -Snapshot $s -Quiet", null)]
    public void What_matches_nothing_does_not_work(string script, string? error)
    {
        Assert.Equal([false], Ask<bool>(script));
        Assert.Equal(error is null ? [] : [error], _engine.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.True(error is not null || _engine.Warnings.Count > 0);
    }
}
