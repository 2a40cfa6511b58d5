namespace K8sNetfilter.Tests;

/// <summary>The help that k8snf carries: a node without PowerShell has no other.</summary>
public sealed class K8snfHelpTests
{
    [Fact]
    public void A_cmdlets_page_is_the_modules_own()
    {
        var run = K8snf.Run("Get-Help Get-NodeSysctl -Full");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("SYNOPSIS\n    Gets kernel parameters", run.Output, StringComparison.Ordinal);
        Assert.Contains("Where-Object IsDrifted", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cmdlet_has_a_help_page_with_two_examples()
    {
        var run = K8snf.Run("Get-Command -Module K8sNetfilter | ForEach-Object { $h = Get-Help $_.Name; if (-not $h.description -or $h.examples.example.Count -lt 2) { $_.Name } }");
        Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData("Get-Help")]
    [InlineData("help")]
    public void A_topic_is_its_page(string command)
    {
        var run = K8snf.Run(command + " about_servicehairpin");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(File.ReadAllText(Path.Combine(K8snf.RepositoryRoot, "en-US/about_ServiceHairpin.help.txt")).TrimEnd(), run.Output.TrimEnd());
    }

    [Fact]
    public void The_about_topics_are_listed()
    {
        var files = Directory.EnumerateFiles(Path.Combine(K8snf.RepositoryRoot, "en-US"), "about_*.help.txt").Select(f => Path.GetFileName(f)[..^".help.txt".Length]);
        Assert.Equal(files.Order(StringComparer.Ordinal), K8snf.Run("Get-Help about_*").Lines);
    }

    [Fact]
    public void A_topic_that_is_not_here_is_the_engines_error()
    {
        var run = K8snf.Run("Get-Help about_nothing_of_the_kind");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("about_nothing_of_the_kind", run.Error, StringComparison.Ordinal);
    }
}
