namespace K8sNetfilter.Tests.Deploy;

/// <summary>What stands in deploy/, tried with the tools that will read it.</summary>
public sealed class DeployTests
{
    private static readonly string Folder = Path.Combine(K8snf.RepositoryRoot, "deploy");
    private static readonly string Own = Path.Combine(K8snf.RepositoryRoot, "tests/Host.Tests/Deploy");
    private static readonly string Node = Path.Combine(K8snf.RepositoryRoot, "tests/pester/node");

    [Theory]
    [InlineData("", 0)]
    [InlineData("s/mountPath:/mountPth:/", 1)]
    [InlineData("s/  selector:/  selectr:/", 1)]
    [InlineData("s/cpu: 10m/cpu: [10]/", 1)]
    public void The_DaemonSet_is_what_the_published_schema_allows(string mistake, int code)
    {
        var run = K8snf.Bash($"""
            command -v npm >/dev/null || exit 127
            mkdir -p '{K8snf.RepositoryRoot}/out/deploy-tests' && cd '{K8snf.RepositoryRoot}/out/deploy-tests' && cp '{Own}'/package.json '{Own}'/validate.mjs .
            [ -d node_modules/kubernetes-models ] || npm install --silent --no-audit --no-fund --no-package-lock >&2 || exit 126
            sed '{mistake}' '{Folder}/kubernetes/daemonset.yaml' > manifest.yaml
            node validate.mjs manifest.yaml
            """);
        Assert.SkipWhen(run.ExitCode is 126 or 127, "npm is not installed, or its registry can't be reached: " + run.Error);
        Assert.Equal(code, run.ExitCode);
        Assert.Equal("v1 Namespace k8snetfilter\nv1 ServiceAccount k8snetfilter-check\n" + (code == 0 ? "apps/v1 DaemonSet k8snetfilter-check\n" : ""), run.Output);
    }

    [Fact]
    public void The_check_says_one_line_and_its_exit_code_what_it_means()
    {
        var good = Check($"-Root '{Node}'");
        Assert.Equal((0, ""), (good.ExitCode, good.Error));
        Assert.Contains("are satisfied", Assert.Single(good.Lines), StringComparison.Ordinal);

        var empty = Directory.CreateTempSubdirectory("k8snf-deploy");
        var bad = Check($"-Root '{empty.FullName}'");
        Assert.Equal((1, ""), (bad.ExitCode, bad.Error));
        Assert.Contains("not satisfied", Assert.Single(bad.Lines), StringComparison.Ordinal);
        empty.Delete();

        var none = Check($"-Root '{empty.FullName}'");
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("could not check", Assert.Single(none.Lines), StringComparison.Ordinal);
    }

    /// <summary>A wrong call must not look like a node that is not prepared: 1 would give the node a condition.</summary>
    [Fact]
    public void A_wrong_call_of_the_check_is_no_finding()
    {
        var misspelt = Check("-Nonsense");
        Assert.Equal((2, ""), (misspelt.ExitCode, misspelt.Output));
        Assert.Contains("Nonsense", misspelt.Error, StringComparison.Ordinal);
        var unknown = Check($"-Root '{Node}'", "Nope");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("Shipped are", Assert.Single(unknown.Lines), StringComparison.Ordinal);
        var several = Check($"-Root '{Node}'", "'Kubernetes, KubeProxyNftables'");
        Assert.Equal(1, several.ExitCode);
        Assert.Contains("nf_tables", Assert.Single(several.Lines), StringComparison.Ordinal);
    }

    /// <summary>As in the DaemonSet: files below a mount, and the kernel whose network namespace the container has.</summary>
    [Fact]
    public void With_Live_the_running_kernel_counts_too()
    {
        Assert.SkipUnless(Environment.UserName == "root" && K8snf.Bash("unshare --net true").ExitCode == 0, "Needs root and network namespaces.");
        var run = K8snf.Bash($"""
            unshare --net bash -c '
              check() {"{"} "$K8SNF" -File "{Folder}/check.ps1" -Root "{Node}" -Live; echo "exit code $?"; {"}"}
              sysctl -q -w net.ipv4.ip_forward=0; check
              sysctl -q -w net.ipv4.ip_forward=1; check'
            """);
        Assert.Equal("", run.Error);
        Assert.Equal(4, run.Lines.Length);
        Assert.Contains("net.ipv4.ip_forward: it is 0 now", run.Lines[0], StringComparison.Ordinal);
        Assert.Equal("exit code 1", run.Lines[1]);
        Assert.Equal("exit code 0", run.Lines[3]);
    }

    [Fact]
    public void The_check_writes_metrics_that_promtool_takes()
    {
        var folder = Directory.CreateTempSubdirectory("k8snf-deploy");
        try
        {
            string file = Path.Combine(folder.FullName, "check.prom");
            Assert.Equal(0, Check($"-Root '{Node}' -MetricPath '{file}'").ExitCode);
            var promtool = K8snf.Bash($"command -v promtool >/dev/null || exit 127; promtool check metrics < '{file}'");
            Assert.SkipWhen(promtool.ExitCode == 127, "promtool (Debian's package prometheus) is not installed.");
            Assert.Equal((0, ""), (promtool.ExitCode, promtool.Output + promtool.Error));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The finding comes first and keeps its exit code; what could not be written is said after it, once, with what to do.</summary>
    [Theory]
    [InlineData("-MetricPath", "gone/check.prom", "WARNING: The metrics were not written: ", "There is no folder ", "Name a file in a folder that exists")]
    [InlineData("-MetricPath", "check.txt", "WARNING: The metrics were not written: ", "does not end in .prom", "Give -Path a name such as k8snetfilter.prom")]
    [InlineData("-StatusPath", "gone/status", "WARNING: The status was not written: ", "gone/status", "Name a file with -StatusPath in a folder that exists")]
    public void What_cannot_be_written_does_not_lose_the_finding(string option, string file, string warning, string why, string advice)
    {
        var folder = Directory.CreateTempSubdirectory("k8snf-deploy");
        try
        {
            foreach (var (root, code, line) in new[] { (Node, 0, "are satisfied"), (folder.FullName, 1, "not satisfied") })
            {
                var run = Check($"-Root '{root}' {option} '{folder.FullName}/{file}' 2>&1");
                Assert.Equal((code, 2), (run.ExitCode, run.Lines.Length));
                Assert.Contains(line, run.Lines[0], StringComparison.Ordinal);
                Assert.StartsWith(warning, run.Lines[1], StringComparison.Ordinal);
                Assert.All([why, advice], text => Assert.Equal(2, run.Output.Split(text).Length));
            }

            Assert.Empty(folder.GetFileSystemInfos());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_status_is_the_verdict_with_its_time()
    {
        var folder = Directory.CreateTempSubdirectory("k8snf-deploy");
        try
        {
            string file = Path.Combine(folder.FullName, "status");
            foreach (var (root, code) in new[] { (Node, 0), (folder.FullName, 1), (Path.Combine(folder.FullName, "gone"), 2) })
            {
                var run = Check($"-Root '{root}' -StatusPath '{file}'");
                string[] lines = File.ReadAllLines(file);
                Assert.Equal((code, run.Lines[0], 2), (run.ExitCode, lines[1], lines.Length));
                Assert.Matches($@"^{code} \d+\.\d+$", lines[0]);
            }

            Assert.Equal([file], Directory.GetFileSystemEntries(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("-Root /nowhere/at/all", "Kubernetes")]
    [InlineData("", "Nope")]
    [InlineData("", "/nowhere/own.json")]
    public void A_recommendation_is_said_once(string arguments, string baseline)
    {
        var run = Check(arguments, baseline);
        Assert.Equal((2, ""), (run.ExitCode, run.Error));
        string[] sentences = Assert.Single(run.Lines).Split(". ");
        Assert.True(sentences.Length > 1, run.Output);
        Assert.Equal(sentences.Distinct(), sentences);
    }

    [Fact]
    public void Systemd_takes_the_unit_and_the_timer()
    {
        var folder = Directory.CreateTempSubdirectory("k8snf-deploy");
        try
        {
            // It looks for the program too: here it is another one.
            var run = K8snf.Bash($"""
                command -v systemd-analyze >/dev/null || exit 127
                cd '{folder.FullName}' && cp '{Folder}'/systemd/* . && sed -i "s#^ExecStart=/usr/local/bin/k8snf#ExecStart=$K8SNF#" *.service && systemd-analyze verify --man=no ./*.service ./*.timer
                """);
            Assert.SkipWhen(run.ExitCode == 127, "systemd-analyze is not installed.");
            Assert.Equal((0, ""), (run.ExitCode, run.Output + run.Error));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static K8snf.Result Check(string arguments, string baseline = "Kubernetes") => K8snf.Bash($"$K8SNF -File '{Folder}/check.ps1' -Baseline {baseline} {arguments}");
}
