using System.Diagnostics;
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
        var start = new ProcessStartInfo("dotnet", [typeof(OtherSystemTests).Assembly.Location, "-noLogo", "-noColor", "-explicit", "only", "-method", "*.Seen_from_there"]) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        string said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0 && said.Contains("Total: 1,", StringComparison.Ordinal), said);
    }

    /// <summary>The other half, in a process of its own, since what it says of the machine counts for all of it.</summary>
    [Fact(Explicit = true)]
    public void Seen_from_there()
    {
        LiveKernel.IsThere = false;
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
    }
}
