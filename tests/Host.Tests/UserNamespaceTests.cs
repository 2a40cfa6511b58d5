using K8sNetfilter.Host;

namespace K8sNetfilter.Tests;

/// <summary>The lab for somebody who is not root: k8snf starts itself again in a user namespace, and says so where it may not.</summary>
public sealed class UserNamespaceTests
{
    // Nobody's account: no capability at all.
    private const string AsNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";

    [Theory]
    [InlineData("Test-ServiceHairpin -Lab", true)]
    [InlineData("test-servicehairpin -la -Quiet", true)]
    [InlineData("K8sNetfilter\\Test-ServiceHairpin -Lab | Where-Object Verdict -eq Broken", true)]
    [InlineData("if (Test-ServiceHairpin -Lab:$true -Quiet) { 'fine' }", true)]
    [InlineData("Test-ServiceHairpin -Lab:$false -Passive", false)]
    [InlineData("Test-ServiceHairpin -Passive", false)]
    [InlineData("Test-ServiceHairpin -Lab; Get-ConntrackEntry", false)]
    [InlineData("'Test-ServiceHairpin -Lab'", false)]
    [InlineData("Test-ServiceHairpin -", false)]
    public void Only_the_lab_alone_starts_again(string text, bool again) => Assert.Equal(again, UserNamespace.IsLabAlone(text));

    [Fact]
    public void The_lab_runs_for_nobody_in_a_user_namespace()
    {
        RequireNobody();
        var run = K8snf.Bash($"{AsNobody} $K8SNF -Json Test-ServiceHairpin -Lab -Scenario RoutedPods, OtherNode");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(2, run.Lines.Length);
        Assert.All(run.Lines, line => Assert.Contains("\"Verdict\":\"Works\"", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Arguments_output_and_exit_code_go_through_it_unchanged()
    {
        RequireNobody();
        var run = K8snf.Bash($"cd /; {AsNobody} $K8SNF \"Test-ServiceHairpin -Lab -Scenario RoutedPods -Quiet; 'two  blanks \\$x'\" ';' exit 7");
        Assert.Equal((7, "True\ntwo  blanks $x\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public void Nothing_else_becomes_root_in_it()
    {
        RequireNobody();
        var run = K8snf.Bash($"{AsNobody} $K8SNF 'Test-ServiceHairpin -Lab -Quiet; Get-KernelModule no_such_module_here' 2>&1");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("k8snf Test-ServiceHairpin -Lab makes one for itself", run.Output, StringComparison.Ordinal);
    }

    /// <summary>Root of a user namespace has every capability and no right over the host's parameters: to name one would not help.</summary>
    [Fact]
    public void A_parameter_of_the_host_is_not_a_matter_of_capabilities()
    {
        RequireNobody();
        var run = K8snf.Bash($"{AsNobody} unshare --user --map-root-user $K8SNF 'Set-NodeSysctl vm.swappiness 61 -Confirm:$false' 2>&1");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("Run it on the host as root", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("CAP_", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_forbids_it_is_named()
    {
        RequireNobody();
        // A user namespace whose own limit is none, and a process in it without the capability.
        var run = K8snf.Bash("unshare --user --map-root-user sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; "
            + "exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin $K8SNF Test-ServiceHairpin -Lab -Quiet'");
        Assert.Equal((1, "False\n"), (run.ExitCode, run.Output));
        Assert.Contains("(user.max_user_namespaces is 0)", run.Error, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_ADMIN", run.Error, StringComparison.Ordinal);
    }

    private static void RequireNobody()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "becoming nobody needs root");
        Assert.SkipUnless(K8snf.Bash($"{AsNobody} unshare --user --map-root-user --net true").ExitCode == 0, "user namespaces, setpriv or unshare are not to be had here");
        Assert.SkipUnless(K8snf.Bash($"{AsNobody} $K8SNF -Version").ExitCode == 0, "nobody may not read this checkout");
    }
}
