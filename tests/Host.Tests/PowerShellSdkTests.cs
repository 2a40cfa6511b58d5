namespace K8sNetfilter.Tests;

/// <summary>k8snf as one file with the whole of PowerShell in it, as tests/run.sh publishes it where the package registry has Microsoft.PowerShell.SDK.</summary>
public sealed class PowerShellSdkTests
{
    private static readonly string Program = Path.Combine(K8snf.RepositoryRoot, "out/k8snf-sdk/k8snf");

    [Theory]
    [InlineData("Get-NodeSysctl net.ipv4.ip_forward | Select-Object -ExpandProperty Name", "net.ipv4.ip_forward")]
    [InlineData("Get-NodeSysctl net.ipv4.ip_forward | ConvertTo-Json | ConvertFrom-Json | ForEach-Object Name", "net.ipv4.ip_forward")]
    [InlineData("(Get-NodeSysctl net.ipv4.ip_forward | Format-Table -HideTableHeaders Name | Out-String).Trim()", "net.ipv4.ip_forward")]
    [InlineData("(help Get-NodeSysctl).Name", "Get-NodeSysctl")]
    [InlineData("(Get-ChildItem /proc/sys/net/ipv4/ip_forward).Name", "ip_forward")]
    [InlineData("Get-NodeSysctl net.ipv4.ip_forward -OutVariable kept | Out-Null; 'kept ' + (\\$kept | Measure-Object).Count", "kept 1")]
    [InlineData("Import-Module K8sNetfilter; (Get-Command -Module K8sNetfilter Get-NodeSysctl).Name", "Get-NodeSysctl")]
    public void PowerShells_own_commands_are_there(string text, string expected)
    {
        Assert.SkipUnless(File.Exists(Program), "k8snf was not built with PowerShellSdk=true: tests/run.sh does it where Microsoft.PowerShell.SDK can be had.");
        var run = K8snf.Bash($"'{Program}' \"{text}\"");
        Assert.Equal((0, expected + "\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public void K8snf_with_the_PowerShell_SDK_is_one_file()
    {
        Assert.SkipUnless(File.Exists(Program), "k8snf was not built with PowerShellSdk=true: tests/run.sh does it where Microsoft.PowerShell.SDK can be had.");
        Assert.Equal([Program], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Program)!));
    }

    [Fact]
    public void A_command_that_is_nowhere_is_said_without_naming_pwsh()
    {
        Assert.SkipUnless(File.Exists(Program), "k8snf was not built with PowerShellSdk=true: tests/run.sh does it where Microsoft.PowerShell.SDK can be had.");
        var run = K8snf.Bash($"'{Program}' Get-NodeSysctle");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("k8snf: There is no command Get-NodeSysctle. Did you mean Get-NodeSysctl?\n", run.Error);
    }
}
