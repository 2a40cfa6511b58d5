using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using K8sNetfilter.IO;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Surface;

/// <summary>A machine that does not run Linux: the module imports, what is no node's can be looked at, and each cmdlet that asks a node says why it can't.</summary>
public sealed class OtherSystemTests
{
    /// <summary>How to call those that need parameters. A new cmdlet is found by the module's own list.</summary>
    private static readonly Dictionary<string, string> Calls = new(StringComparer.Ordinal)
    {
        ["Enable-KernelModule"] = "Enable-KernelModule overlay",
        ["Disable-KernelModule"] = "Disable-KernelModule overlay -Confirm:$false",
        ["Set-NodeSysctl"] = "Set-NodeSysctl kernel.panic 1",
        ["Remove-NodeSysctl"] = "Remove-NodeSysctl kernel.panic",
        ["Trace-NetfilterPacket"] = "Trace-NetfilterPacket 192.0.2.1 192.0.2.2 80",
        ["Set-NodeBaseline"] = "Set-NodeBaseline Kubernetes -Confirm:$false",
        ["Undo-NodeBaseline"] = "Undo-NodeBaseline -Confirm:$false",
        ["Export-NodeSnapshot"] = "Export-NodeSnapshot -Path /tmp/k8snf-never",
    };

    /// <summary>What works there, and what takes objects that only a node has.</summary>
    private static readonly string[] Anywhere = ["Get-NodeBaseline", "Export-NodeMetric", "Remove-ConntrackEntry"];

    [Fact]
    public void The_module_imports_and_says_that_it_needs_Linux()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(OtherSystemTests).Assembly.Location, "-noLogo", "-noColor", "-explicit", "only", "-method", "*.Every_cmdlet_says_on_another_system_that_it_needs_Linux"]) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        string said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0 && said.Contains("Total: 1,", StringComparison.Ordinal), said);
    }

    /// <summary>The other half, in a process of its own, since what it says of the machine counts for all of it.</summary>
    [Fact(Explicit = true)]
    public void Every_cmdlet_says_on_another_system_that_it_needs_Linux()
    {
        LiveKernel.IsThere = false;

        // Nothing that the module itself calls of the C library or of libkmod is there.
        NativeLibrary.SetDllImportResolver(typeof(LiveKernel).Assembly, (name, _, _) => throw new DllNotFoundException($"{name} is Linux's alone"));
        Assert.Throws<DllNotFoundException>(() => RootedPath.Follow(KernelRoot.Live, "/etc", out _));
        using var engine = new ModuleEngine();
        string[] names = [.. engine.Run("(Get-Module K8sNetfilter).ExportedCmdlets.Keys").Select(n => $"{n}").Order(StringComparer.Ordinal)];
        Assert.True(names.Length >= 21);
        var wrong = new List<string>();
        foreach (string call in names.Except(Anywhere).Select(n => Calls.GetValueOrDefault(n, n)))
        {
            var output = engine.Run(call);
            var error = engine.Errors.Count == 0 ? null : engine.Errors[0];
            if (output.Count != 0 || error?.FullyQualifiedErrorId.StartsWith("NotLinux,", StringComparison.Ordinal) != true || error.CategoryInfo.Category != System.Management.Automation.ErrorCategory.NotImplemented)
            {
                wrong.Add($"{call}: {output.Count} objects, {error?.FullyQualifiedErrorId} {error}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.NotEmpty(engine.Run("Get-NodeBaseline"));
        Assert.Empty(engine.Errors);
        string dump = Path.GetTempFileName();
        try
        {
            File.WriteAllText(dump, "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT\n");
            Assert.Single(engine.Run("Get-NetfilterRule -Path $dump", ("dump", dump)));
            Assert.Single(engine.Run("[IO.File]::ReadAllText($dump) | Get-NetfilterRule"));
            Assert.Empty(engine.Errors);
        }
        finally
        {
            File.Delete(dump);
        }

        SnapshotsAndBaselines(engine);
    }

    /// <summary>Every cmdlet that reads snapshots and dumps, on a folder and on an archive, and baselines of one's own.</summary>
    private static void SnapshotsAndBaselines(ModuleEngine engine)
    {
        string folder = Path.Combine(ModuleEngine.RepositoryRoot(), "tests/Module.Tests/Snapshots/Node");
        string work = Directory.CreateTempSubdirectory("k8snf-elsewhere").FullName;
        try
        {
            string archive = Path.Combine(work, "node.tar.gz"), metrics = Path.Combine(work, "node.prom");
            using (var packed = new GZipStream(File.Create(archive), CompressionLevel.Fastest))
            {
                TarFile.CreateFromDirectory(folder, packed, includeBaseDirectory: false);
            }

            File.WriteAllText(Path.Combine(work, "base.json"), """{"name":"Base","description":"One.","modules":[{"name":"br_netfilter","when":{"proxyMode":"iptables","cni":"flannel"}}]}""");
            File.WriteAllText(Path.Combine(work, "own.psd1"), "@{ name = 'Own'; description = 'Two.'; extends = @('base.json'); sysctls = @( @{ name = 'net.ipv4.ip_forward'; value = 1 } ) }");
            var variables = new[] { ("folder", (object)folder), ("archive", archive), ("dump", Path.Combine(folder, "iptables-legacy-save.txt")), ("work", work), ("metrics", metrics) };

            string[] names = [.. engine.Run("Get-Command -Module K8sNetfilter -ParameterName Snapshot").Select(n => $"{n}").Order(StringComparer.Ordinal)];
            Assert.True(names.Length >= 12);
            var calls = names.SelectMany(n => new[] { $"{Calls.GetValueOrDefault(n, n)} -Snapshot $folder", $"{Calls.GetValueOrDefault(n, n)} -Snapshot $archive" }).ToList();
            calls.AddRange(
            [
                "Get-NetfilterRule -Path $dump", "Get-NetfilterChain -Path $dump", "Get-NodeService -Path $dump", "Test-NetfilterChain -Path $dump",
                "Trace-NetfilterPacket 10.244.0.11 10.96.0.10 80 -Path $dump", "Get-NodeBaseline \"$work/base.json\"", "Get-NodeBaseline \"$work/own.psd1\" -AsJson",
                "Test-NodeBaseline \"$work/own.psd1\" -Snapshot $folder", "Test-NodeBaseline \"$work/own.psd1\" -Snapshot $archive -Quiet",
                "Test-NodeBaseline Kubernetes -Snapshot $folder | Export-NodeMetric -Path $metrics; [IO.File]::ReadAllText($metrics)",
            ]);
            var wrong = new List<string>();
            foreach (string call in calls)
            {
                var output = engine.Run(call, variables!);

                // A snapshot may lack a file, which is said; what it has is told.
                if (engine.Errors.Any(e => !e.FullyQualifiedErrorId.StartsWith("SnapshotFileMissing,", StringComparison.Ordinal)) || (output.Count == 0 && engine.Errors.Count == 0 && !call.StartsWith("Test-NetfilterChain", StringComparison.Ordinal)))
                {
                    wrong.Add($"{call}: {output.Count} objects, {string.Join("; ", engine.Errors.Select(e => $"{e.FullyQualifiedErrorId} {e}"))}");
                }
            }

            Assert.True(wrong.Count == 0, string.Join('\n', wrong));
            foreach (string bad in new[] { work, Path.Combine(work, "none.json") })
            {
                engine.Run("Get-NodeBaseline ($bad + '/x.json').Replace('.json/x.json', '.json')", ("bad", bad));
                Assert.StartsWith("BaselineFileNotRead,", Assert.Single(engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
