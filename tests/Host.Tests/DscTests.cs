using System.Text.Json.Nodes;

namespace K8sNetfilter.Tests;

/// <summary>The word dsc, as DSC runs it.</summary>
public sealed class DscTests
{
    [Fact]
    public void The_instance_comes_in_and_its_state_goes_out()
    {
        var run = K8snf.Bash("echo '{\"name\":\"net.ipv4.ip_forward\"}' | $K8SNF dsc get Sysctl");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("net.ipv4.ip_forward", JsonNode.Parse(Assert.Single(run.Lines))!["name"]!.GetValue<string>());
    }

    [Fact]
    public void What_is_wrong_goes_to_the_error_stream()
    {
        var run = K8snf.Run("dsc", "get", "Nothing");
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("k8snf dsc", JsonNode.Parse(run.Error)!["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    /// <summary>The resources are answered before an engine is made: that is what they are for.</summary>
    [Fact]
    public void No_PowerShell_engine_is_loaded()
    {
        var run = K8snf.Bash("echo '{\"name\":\"overlay\"}' | strace -f -e trace=openat $K8SNF dsc get KernelModule 2>&1");
        Assert.SkipWhen(run.ExitCode == 127, "strace is not installed.");
        Assert.Contains("K8sNetfilter.Linux.dll", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("System.Management.Automation.dll", run.Output, StringComparison.Ordinal);
    }
}
