namespace K8sNetfilter.Tests;

/// <summary>Text made for pwsh speaks of the module; in k8snf it is there without an import.</summary>
public sealed class ModuleIdentityTests
{
    private const string Show = "(Get-Command Get-NodeSysctl).Source";

    [Theory]
    [InlineData("Import-Module K8sNetfilter; " + Show, "K8sNetfilter")]
    [InlineData("Import-Module -Name K8sNetfilter -Force -ErrorAction Stop; " + Show, "K8sNetfilter")]
    [InlineData("(Import-Module k8snetfilter -PassThru).Name", "K8sNetfilter")]
    [InlineData("(Get-Module K8sNetfilter).Version.ToString(2)", "0.2")]
    [InlineData("(Get-Command -Module K8sNetfilter -Name *-NodeSysctl).Count", "4")]
    [InlineData("(K8sNetfilter\\Get-NodeSysctl net.ipv4.ip_forward).Name", "net.ipv4.ip_forward")]
    public void The_module_is_found_by_its_name(string text, string expected)
    {
        var run = K8snf.Run(text);
        Assert.Equal((0, expected + "\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public void A_script_may_require_the_module()
    {
        string script = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".ps1");
        try
        {
            File.WriteAllText(script, "#requires -Modules @{ ModuleName = 'K8sNetfilter'; ModuleVersion = '0.2.0' }\nImport-Module K8sNetfilter\n" + Show);
            var run = K8snf.Run("-File", script);
            Assert.Equal((0, "K8sNetfilter\n", ""), (run.ExitCode, run.Output, run.Error));
        }
        finally
        {
            File.Delete(script);
        }
    }

    [Theory]
    [InlineData("Import-Module no_such_module")]
    [InlineData("'no_such_module' | Import-Module")]
    public void Another_module_is_the_engines_to_find(string text)
    {
        var run = K8snf.Run(text);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("no_such_module", run.Error, StringComparison.Ordinal);
    }
}
