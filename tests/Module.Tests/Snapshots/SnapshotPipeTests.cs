using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>An object from Get-Item binds to -Snapshot of each cmdlet that has it; the file's name does not bind to -Name.</summary>
public sealed class SnapshotPipeTests : CommandTests
{
    private static readonly string Snapshot = Path.Combine(ModuleEngine.RepositoryRoot(), "tests/Module.Tests/Snapshots/Node");

    [Theory]
    [InlineData("Get-ConntrackEntry")]
    [InlineData("Get-ConntrackStatistic")]
    [InlineData("Get-KernelModule")]
    [InlineData("Get-KernelModule br_netfilter")]
    [InlineData("Get-NetfilterChain")]
    [InlineData("Get-NetfilterChain KUBE-SERVICES -Table nat")]
    [InlineData("Get-NetfilterHook")]
    [InlineData("Get-NetfilterRule")]
    [InlineData("Get-NodeBridgeNetfilter")]
    [InlineData("Get-NodeBridgePort")]
    [InlineData("Get-NodeBridgePort veth1")]
    [InlineData("Get-NodeService")]
    [InlineData("Get-NodeSysctl")]
    [InlineData("Get-NodeSysctl net.ipv4.ip_forward")]
    [InlineData("Test-NetfilterChain")]
    [InlineData("Test-NodeBaseline")]
    [InlineData("Test-NodeBaseline Kubernetes")]
    [InlineData("Test-ServiceHairpin")]
    [InlineData("Test-ServiceHairpin default/web")]
    [InlineData("Test-ServiceHairpin -Passive")]
    [InlineData("Trace-NetfilterPacket 10.244.0.11 10.96.0.10 80 -Summary")]
    [InlineData("Trace-NetfilterPacket 10.244.0.11 -Service default/web -Summary")]
    public void A_piped_snapshot_is_as_a_named_one(string line)
    {
        foreach (string path in (string[])[Snapshot, Archive()])
        {
            string[] named = Show($"{line} -Snapshot $s", path);
            string[] warnings = [.. Engine.Warnings];
            string[] piped = Show($"$ExecutionContext.InvokeProvider.Item.Get(@($s), $true, $true) | {line}", path);
            Assert.Equal(named, piped);
            Assert.Equal(warnings, Engine.Warnings);
            Assert.NotEmpty(piped);
        }
    }

    [Theory]
    [InlineData("Get-NodeSysctl net.ipv4.ip_forward")]
    [InlineData("Get-NodeBridgePort")]
    [InlineData("Test-NetfilterChain")]
    [InlineData("Test-ServiceHairpin")]
    [InlineData("Trace-NetfilterPacket 10.244.0.11 10.96.0.10 80 -Summary")]
    public void Several_come_one_after_the_other(string line)
    {
        // The second has another parameter, another port name and another Service.
        string other = Copy("iptables-legacy-save.txt", "10.96.0.10", "10.96.0.77");
        foreach (var (file, from, to) in (IEnumerable<(string, string, string)>)[("sysctl.txt", "ip_forward = 1", "ip_forward = 0"), ("ip-link.json", "veth2", "vethX"), ("ip-addr.json", "veth2", "vethX")])
        {
            string path = Path.Combine(other, file);
            File.WriteAllText(path, File.ReadAllText(path).Replace(from, to, StringComparison.Ordinal));
        }

        string[] apart = [.. Show($"{line} -Snapshot $s", Snapshot), .. Show($"{line} -Snapshot $s", other)];
        Assert.Equal(apart, Show($"$ExecutionContext.InvokeProvider.Item.Get(@('{Snapshot}', $s), $true, $true) | {line}", other));
    }

    [Fact]
    public void A_file_that_is_something_else_stays_that()
    {
        string dump = Path.Combine(Snapshot, "iptables-legacy-save.txt");
        Assert.Equal(Show("Get-NetfilterRule -Path $s", dump), Show("$ExecutionContext.InvokeProvider.Item.Get($s) | Get-NetfilterRule", dump));
        Node.File("/mine.json", """{"name":"Mine","description":"One.","sysctls":[{"name":"net.ipv4.ip_forward","value":1}]}""");
        Assert.Equal(["Mine"], Texts("($ExecutionContext.InvokeProvider.Item.Get(\"$root/mine.json\") | Test-NodeBaseline).Baseline"));
    }

    [Fact]
    public void A_folder_of_the_kernel_is_a_name()
    {
        Assert.SkipUnless(Directory.Exists("/sys/module"), "the kernel is Linux's");
        string module = Directory.EnumerateDirectories("/sys/module").First();
        var found = Engine.Run("$ExecutionContext.InvokeProvider.Item.Get($m) | Get-KernelModule", ("m", module));
        Assert.All(found, f => Assert.Equal(Path.GetFileName(module), f.ToString()));
        Assert.DoesNotContain(Engine.Errors, e => e.FullyQualifiedErrorId.StartsWith("Snapshot", StringComparison.Ordinal));
    }

    /// <summary>Get-Content gives each line the path of its file.</summary>
    [Theory]
    [InlineData("Get-NodeSysctl -Snapshot $s", "net.ipv4.ip_forward", "/etc/names.txt")]
    [InlineData("Get-KernelModule -Root $root", "br_netfilter", "/etc/names.txt")]
    public void A_line_of_a_file_is_a_name(string line, string name, string path)
    {
        Node.Folder("/lib/modules/6.1.0").File("/etc/modules-load.d/k8s.conf", "br_netfilter\n");
        string make = $"$l = [psobject]'{name}'; $l.psobject.Properties.Add([psnoteproperty]::new('PSPath', '{path}'));";
        Assert.Equal(name, Assert.Single(Show($"{make} $l | {line} | ForEach-Object Name", Snapshot)).Trim());
        Assert.Equal(Show("Get-NodeSysctl kernel.ostype", Snapshot), Show($"{make.Replace(name, "kernel.ostype", StringComparison.Ordinal)} $l | Get-NodeSysctl", Snapshot));
    }

    private string[] Show(string script, string snapshot)
    {
        var found = Engine.Run(script, ("s", snapshot), ("root", Node.Path));
        Assert.Empty(Engine.Errors.Select(e => e.ToString()));
        return [.. found.Select(o => $"{o} {string.Join(' ', o.Properties.Where(p => p.Name is "Value" or "Verdict" or "Cause" or "Why" or "Service" or "Fate" or "ServiceIP").Select(p => $"{p.Value}"))}")];
    }

    private string Copy(string changed, string from, string to)
    {
        string target = Node.Folder("/copy").At("/copy");
        foreach (string file in Directory.EnumerateFiles(Snapshot, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(Snapshot, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            string text = File.ReadAllText(file);
            File.WriteAllText(copy, Path.GetFileName(file) == changed ? text.Replace(from, to, StringComparison.Ordinal) : text);
        }

        return target;
    }

    private string Archive()
    {
        string path = Node.At("/snapshot.tar.gz");
        if (!File.Exists(path))
        {
            using var packed = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Fastest);
            System.Formats.Tar.TarFile.CreateFromDirectory(Snapshot, packed, includeBaseDirectory: true);
        }

        return path;
    }
}
