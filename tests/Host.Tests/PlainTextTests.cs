using System.Management.Automation.Language;
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
    public void The_common_run_is_plain(string text) => Assert.True(Is(text));

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
    public void Anything_else_is_not(string text) => Assert.False(Is(text));

    private static bool Is(string text) => PlainText.Is(Parser.ParseInput(text, out _, out _));
}
