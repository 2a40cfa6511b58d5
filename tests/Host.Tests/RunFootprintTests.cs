namespace K8sNetfilter.Tests;

/// <summary>What a run of k8snf leaves on the node beside what it is asked for, and whose code it takes: nothing, and nobody's.</summary>
public sealed class RunFootprintTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf-run-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("HOME=$WORK/home")]
    [InlineData("-u HOME")]
    public void A_run_makes_no_folder_and_leaves_no_file(string home)
    {
        var run = K8snf.Bash($"""
            export WORK={_folder}; mkdir -p $WORK/home $WORK/tmp; cd $WORK
            env -u XDG_CACHE_HOME -u XDG_DATA_HOME -u XDG_CONFIG_HOME {home} TMPDIR=$WORK/tmp $K8SNF 'Get-Module -ListAvailable | Out-Null; "$env:XDG_CACHE_HOME|$env:TMPDIR"'
            find $WORK -mindepth 1 | sort
            """);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal([$"|{_folder}/tmp", $"{_folder}/home", $"{_folder}/tmp"], run.Lines);
    }

    [Fact]
    public void A_killed_run_leaves_no_debugging_endpoint()
    {
        var run = K8snf.Bash($"""
            cd {_folder}; mkdir tmp; export TMPDIR=$PWD/tmp
            $K8SNF '"ready"; [Console]::Out.Flush(); Start-Sleep 60' >out & pid=$!
            for i in $(seq 200); do grep -q ready out && break; sleep 0.1; done
            cat out; kill -KILL $pid; wait $pid 2>/dev/null
            ls -A tmp
            """);
        Assert.Equal(["ready"], run.Lines);
    }

    [Fact]
    public void Modules_come_from_no_folder_that_somebody_else_can_write_to()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can make another user's folder");
        var run = K8snf.Bash($"""
            own=$(mktemp -d /root/k8snf-modules-XXXXXX); chmod 755 $own
            mkdir -p {_folder}/open/Trap {_folder}/other/Trap; chmod 777 {_folder}/open; chown 65534 {_folder}/other; chmod 755 {_folder}
            for f in open other; do echo 'function Get-Trap {"{'trap'}"}' >{_folder}/$f/Trap/Trap.psm1; done
            ln -s {_folder}/open $own/link
            PSModulePath={_folder}/open:{_folder}/other:$own/link:$own:relative $K8SNF '$env:PSModulePath; Get-Trap' 2>&1 | sed "s,$own,OWN,"
            rm -r $own
            """);
        // As a build leaves it, k8snf has the modules of PowerShell's packages in its own folder; whoever can write there can change the program itself.
        Assert.Equal(["OWN"], run.Lines[0].Split(':').Where(f => !f.StartsWith(Path.GetDirectoryName(K8snf.Path)!, StringComparison.Ordinal)));
        Assert.DoesNotContain(_folder, run.Lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("trap", run.Lines, StringComparer.Ordinal);
    }

    [Fact]
    public void No_start_up_hook_runs_in_it()
    {
        var run = K8snf.Bash("DOTNET_STARTUP_HOOKS=/nowhere/hook.dll $K8SNF 1");
        Assert.Equal((0, "1", ""), (run.ExitCode, run.Output.Trim(), run.Error));
    }

    [Fact]
    public void A_question_explains_its_answers()
    {
        var run = K8snf.Bash("printf '?\\nn\\n' | script -qec \"$K8SNF Set-NodeSysctl -Name net.ipv4.ip_forward -Value 1 -Root $(mktemp -d) -Persist -Confirm\" /dev/null");
        Assert.SkipWhen(run.ExitCode == 127, "script (util-linux) is not installed.");
        Assert.Contains("[?] Help", run.Output, StringComparison.Ordinal);
        Assert.Contains("Y - Continue", run.Output, StringComparison.Ordinal);
    }
}
