using System.Management.Automation;
using System.Management.Automation.Language;
using K8sNetfilter.Commands;
using K8sNetfilter.Host.Engine;

namespace K8sNetfilter.Tests;

/// <summary>Text that could bring out anything but this module's objects must be run with the whole engine.</summary>
public sealed class PlainTextTests
{
    [Theory]
    [InlineData("Get-KernelModule")]
    [InlineData("get-kernelmodule -Name overlay, br_netfilter -Verbose")]
    [InlineData("'overlay' | Get-KernelModule | Where-Object State -eq Loaded")]
    [InlineData("Get-KernelModule overlay; Get-KernelModule bridge -Verbose:$false")]
    public void Commands_and_pipelines_of_them_are_plain(string text) => Assert.True(Is(text));

    [Theory]
    [InlineData("1")]
    [InlineData("@{ a = 1 }")]
    [InlineData("Get-Command")]
    [InlineData("Get-KernelModule | ForEach-Object { [guid]::NewGuid() }")]
    [InlineData("Get-KernelModule | Where-Object { $_.Name.Length }")]
    [InlineData("Get-KernelModule $name")]
    [InlineData("Get-KernelModule (Get-Date)")]
    [InlineData("Get-KernelModule \"$(ls)\"")]
    [InlineData("$x = Get-KernelModule")]
    [InlineData("& 'Get-KernelModule' @args")]
    [InlineData("Get-KernelModule &")]
    [InlineData("if (1) { Get-KernelModule }")]
    [InlineData("Where-Object State")]
    [InlineData("param($a) Get-KernelModule")]
    [InlineData("Export-NodeSnapshot -Path a -PassThru")]
    public void Anything_but_commands_and_pipelines_of_them_is_not_plain(string text) => Assert.False(Is(text));

    /// <summary>Every cmdlet that reads snapshots, so also every view that one of them shows.</summary>
    public static TheoryData<string> Readers { get; } = [.. ModuleCmdlets.All.Where(c => typeof(ISnapshotReader).IsAssignableFrom(c.Value())).Select(c => c.Key)];

    [Theory]
    [MemberData(nameof(Readers))]
    public void A_plain_run_shows_what_the_whole_engine_shows(string cmdlet)
    {
        string text = $"{cmdlet} -Snapshot {K8snf.RepositoryRoot}/tests/Module.Tests/Snapshots/Node"
            + cmdlet switch { "Trace-NetfilterPacket" => " 10.244.0.11 10.96.0.10 80", "Test-NodeBaseline" => " Kubernetes", "Get-KernelModule" => " br_netfilter", _ => "" };
        Assert.True(Is(text));
        string whole = "$x = 1; " + text;
        Assert.False(Is(whole));
        var (expected, actual) = (K8snf.Run(whole), K8snf.Run(text));
        Assert.Equal((expected.ExitCode, expected.Output, expected.Error), (actual.ExitCode, actual.Output, actual.Error));
    }

    /// <summary>A name that stands before its value, with a blank, is the engine's to bind: it alone knows what is a switch.</summary>
    [Fact]
    public void A_pipeline_of_commands_needs_no_compiling()
    {
        using var shell = PowerShell.Create();
        Assert.True(SimplePipeline.TryAdd(shell, Parse("Get-NodeSysctl -Name 'net.*', b 80 -Verbose:$false | ? Value -eq 1")));
        Assert.Equal(["Get-NodeSysctl", "?"], shell.Commands.Commands.Select(c => c.CommandText));
        Assert.Equal(
            ["-Name=", "=net.*,b", "=80", "Verbose=False"],
            shell.Commands.Commands[0].Parameters.Select(p => $"{p.Name}={(p.Value is object[] list ? string.Join(',', list) : p.Value)}"));
        Assert.Equal(["=Value", "-eq=", "=1"], shell.Commands.Commands[1].Parameters.Select(p => $"{p.Name}={p.Value}"));
    }

    [Theory]
    [InlineData("Get-KernelModule; Get-KernelModule")]
    [InlineData("'overlay' | Get-KernelModule")]
    [InlineData("Get-KernelModule > file")]
    [InlineData("Get-KernelModule 2>&1")]
    [InlineData("& Get-KernelModule")]
    [InlineData("Set-NodeSysctl kernel.panic 0x10")]
    [InlineData("Set-NodeSysctl kernel.panic 1kb")]
    [InlineData("Set-NodeSysctl kernel.panic 010")]
    [InlineData("Get-KernelModule -- -Name")]
    public void A_pipeline_with_anything_else_stays_text(string text)
    {
        using var shell = PowerShell.Create();
        Assert.False(SimplePipeline.TryAdd(shell, Parse(text)));
        Assert.Empty(shell.Commands.Commands);
    }

    private static ScriptBlockAst Parse(string text) => Parser.ParseInput(text, out _, out _);

    private static bool Is(string text) => SimplePipeline.Is(Parser.ParseInput(text, out _, out _));
}
