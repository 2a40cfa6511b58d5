namespace K8sNetfilter.Tests;

/// <summary>k8snf as one file, with the whole of PowerShell in it, and the small one with the engine alone, as tests/run.sh publishes them.</summary>
public sealed class OneFileTests
{
    private const string Absent = "k8snf was not published: tests/run.sh does it.";

    private static readonly string Program = Path.Combine(K8snf.RepositoryRoot, "out/k8snf-one/k8snf");

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
        Assert.SkipUnless(File.Exists(Program), Absent);
        var run = K8snf.Bash($"'{Program}' \"{text}\"");
        Assert.Equal((0, expected + "\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public void K8snf_is_one_file_with_PowerShell_in_it()
    {
        Assert.SkipUnless(File.Exists(Program), Absent);
        Assert.Equal([Program], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Program)!));
    }

    [Fact]
    public void A_command_that_is_nowhere_is_said_without_naming_pwsh()
    {
        Assert.SkipUnless(File.Exists(Program), Absent);
        var run = K8snf.Bash($"'{Program}' Get-NodeSysctle");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("k8snf: There is no command Get-NodeSysctle. Did you mean Get-NodeSysctl?\n", run.Error);
    }

    [Fact]
    public void The_small_k8snf_names_pwsh_for_what_it_lacks()
    {
        string small = Path.Combine(K8snf.RepositoryRoot, "out/k8snf-small/k8snf");
        Assert.SkipUnless(File.Exists(small), Absent);
        var run = K8snf.Bash($"'{small}' '1..3 | Select-Object -First 1'");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        string line = Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("There is no command Select-Object here", line, StringComparison.Ordinal);
        Assert.Contains("pwsh", line, StringComparison.Ordinal);
        Assert.Equal("net.ipv4.ip_forward\n", K8snf.Bash($"'{small}' '(Get-NodeSysctl net.ipv4.ip_forward).Name'").Output);
        Assert.True(new FileInfo(small).Length + 10_000_000 < new FileInfo(Program).Length, "The small one is not small.");
    }
}
