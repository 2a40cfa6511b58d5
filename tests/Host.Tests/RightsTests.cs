namespace K8sNetfilter.Tests;

/// <summary>What a user without rights is told: that it could not be read, once, and never that it is not there.</summary>
public sealed class RightsTests
{
    private const string Nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";

    public RightsTests() => Assert.SkipUnless(
        Environment.UserName == "root" && K8snf.Bash($"{Nobody} unshare --net true").ExitCode != 0 && K8snf.Bash($"{Nobody} test -x \"$K8SNF\"").ExitCode == 0,
        "Needs root, and a checkout that others may read.");

    [Fact]
    public void One_missing_right_is_one_error()
    {
        var run = K8snf.Bash($"{Nobody} \"$K8SNF\" Test-ServiceHairpin");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("was not permitted", Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public void Chains_that_were_not_read_are_not_missing()
    {
        var run = K8snf.Bash($"{Nobody} \"$K8SNF\" \"Test-NodeBaseline KubeProxyIptables -WarningAction SilentlyContinue | ForEach-Object {{ if (\\$_.Kind -eq 'Chain') {{ \\\"[\\$(\\$_.IsInDesiredState)] \\$(\\$_.Cause)\\\" }} }}\"");
        Assert.All(run.Lines, l => Assert.StartsWith("[] not known: ", l, StringComparison.Ordinal));
        Assert.NotEmpty(run.Lines);
        Assert.DoesNotContain("has no chain", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_check_ends_with_could_not_tell()
    {
        string folder = Directory.CreateTempSubdirectory("k8snf-rights").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "chains.json"), """{ "name": "Chains", "chains": [ { "name": "KUBE-SERVICES", "table": "nat", "family": "IPv4" } ] }""");
            var run = K8snf.Bash($"chmod -R a+rX '{folder}'; {Nobody} \"$K8SNF\" -File '{Path.Combine(K8snf.RepositoryRoot, "deploy/check.ps1")}' -Baseline '{folder}/chains.json'");
            Assert.Equal(2, run.ExitCode);
            Assert.StartsWith("could not tell 1 of 1: KUBE-SERVICES: not known: ", Assert.Single(run.Lines), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
