using System.Text.Json.Nodes;

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
        Assert.Equal(code == 0 ? "apps/v1 DaemonSet k8snetfilter-check\n" : "", run.Output);
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

    /// <summary>What the plugin's configuration names exists, and is called as it says.</summary>
    [Fact]
    public void Node_problem_detector_finds_the_check_and_its_condition()
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "node-problem-detector/k8snetfilter-monitor.json")))!;
        Assert.Equal("custom", config["plugin"]!.GetValue<string>());
        var condition = Assert.Single(config["conditions"]!.AsArray())!;
        var rule = Assert.Single(config["rules"]!.AsArray())!;
        Assert.Equal(condition["type"]!.GetValue<string>(), rule["condition"]!.GetValue<string>());
        string[] arguments = [.. rule["args"]!.AsArray().Select(a => a!.GetValue<string>())];
        Assert.Equal(["-File", "/usr/local/lib/k8snetfilter/check.ps1"], arguments[..2]);
        var run = K8snf.Run(["-File", Path.Combine(Folder, "check.ps1"), .. arguments[2..], "-Root", Node]);
        Assert.Equal(0, run.ExitCode);
        Assert.InRange(Assert.Single(run.Lines).Length, 1, config["pluginConfig"]!["max_output_length"]!.GetValue<int>());
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
