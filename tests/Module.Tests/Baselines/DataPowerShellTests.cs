using System.Text;
using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Tests.Baselines;

public sealed class DataPowerShellTests
{
    private static DataNode Parse(string text) => DataPowerShell.Parse("t.psd1", Encoding.UTF8.GetBytes(text));

    [Fact]
    public void A_baseline_in_PowerShell_data_equals_the_same_one_in_JSON()
    {
        var fromData = BaselineReader.Read("t", Parse("""
            # a comment
            @{
                name    = 'n'
                extends = 'Kubernetes'
                modules = @(@{ name = 'br-netfilter'; atBoot = $false })
                sysctls = @(
                    @{ name = 'net.ipv4.ip_forward'; value = 1; reason = "it's so" }
                    @{ name = 'a.b'; oneOf = 1, '0' }, @{ name = 'c.d'; minimum = -1 }
                )
                bridges = , @{ name = 'cni0'; hairpin = $true; when = @{ ipv6 = $true; kernel = '>= 5.3' } }
            }
            """));
        var fromJson = BaselineReader.Read("t", DataJson.Parse("t", """
            { "name": "n", "extends": "Kubernetes", "modules": [ { "name": "br-netfilter", "atBoot": false } ],
              "sysctls": [ { "name": "net.ipv4.ip_forward", "value": 1, "reason": "it's so" }, { "name": "a.b", "oneOf": [1, "0"] }, { "name": "c.d", "minimum": -1 } ],
              "bridges": [ { "name": "cni0", "hairpin": true, "when": { "ipv6": true, "kernel": ">= 5.3" } } ] }
            """u8));
        Assert.Equal(fromJson.Requirements.Select(r => $"{r} {r.AtBoot} {r.Reason} {r.When}"), fromData.Requirements.Select(r => $"{r} {r.AtBoot} {r.Reason} {r.When}"));
    }

    [Theory]
    [InlineData("@{ name = (Get-Date) }", 1)]
    [InlineData("@{\n name = \"$(Remove-Item x)\" }", 2)]
    [InlineData("@{\n name = $env:HOME }", 2)]
    [InlineData("@{\n name = [Environment]::Exit(1) }", 2)]
    [InlineData("@{\n name = { 1 } }", 2)]
    [InlineData("@{\n name = 'a' | Out-Null }", 2)]
    [InlineData("@{\n name = 'a' > /tmp/x }", 2)]
    [InlineData("@{\n name = 'a' + 'b' }", 2)]
    [InlineData("@{\n (1) = 'a' }", 2)]
    [InlineData("@{ name = 'a' }; exit", 1)]
    [InlineData("using module x\n@{ name = 'a' }", 1)]
    [InlineData("param($x) @{ name = 'a' }", 1)]
    [InlineData("", 1)]
    [InlineData("@{\n name = 'a'\n", 1)]
    public void Whatever_could_run_is_refused_with_its_line(string text, int line)
    {
        var error = Assert.Throws<NodeException>(() => Parse(text));
        Assert.Equal("BaselineSyntax", error.ErrorId);
        Assert.StartsWith($"t.psd1:{line}:", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@(")]
    [InlineData("@{a=")]
    [InlineData("(")]
    public void Deep_nesting_is_refused_before_the_parser_sees_it(string bracket) =>
        Assert.Contains("nested too deep", Assert.Throws<NodeException>(() => Parse(string.Concat(Enumerable.Repeat(bracket, 50_000)))).Message, StringComparison.Ordinal);
}
