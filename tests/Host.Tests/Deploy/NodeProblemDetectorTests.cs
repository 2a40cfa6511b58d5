using System.Globalization;
using System.Text.Json.Nodes;

namespace K8sNetfilter.Tests.Deploy;

/// <summary>node-problem-detector's plugin: what its configuration names, run as its container runs it.</summary>
public sealed class NodeProblemDetectorTests : IDisposable
{
    /// <summary>10m of a processor, for a minute: what its DaemonSet gives its container, in microseconds.</summary>
    private const int CpuPerMinute = 600_000;

    /// <summary>80 MiB, in KiB.</summary>
    private const int Memory = 80 * 1024;

    private static readonly string Folder = Path.Combine(K8snf.RepositoryRoot, "deploy/node-problem-detector");
    private static readonly string Script = Path.Combine(K8snf.RepositoryRoot, "deploy/status.sh");
    private readonly JsonNode _config = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "k8snetfilter-monitor.json")))!;
    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf-npd").FullName;

    private string Status => Path.Combine(_folder, "status");

    private JsonNode Rule => Assert.Single(_config["rules"]!.AsArray())!;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>node-problem-detector itself refuses a configuration whose path does not exist, or whose rule has no condition.</summary>
    [Fact]
    public void What_the_configuration_names_is_where_the_patch_puts_it()
    {
        Assert.Equal("custom", _config["plugin"]!.GetValue<string>());
        Assert.Equal(Assert.Single(_config["conditions"]!.AsArray())!["type"]!.GetValue<string>(), Rule["condition"]!.GetValue<string>());

        // The container gets these: an option, two folders, and where they come from.
        var patch = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "daemonset-patch.json")))!.AsArray();
        Assert.All(patch, step => Assert.Equal("add", step!["op"]!.GetValue<string>()));
        var added = patch.ToLookup(step => step!["path"]!.GetValue<string>().Replace("/spec/template/spec/", "", StringComparison.Ordinal), step => step!["value"]!);
        var mounts = added["containers/0/volumeMounts/-"].ToDictionary(m => m["mountPath"]!.GetValue<string>(), m => added["volumes/-"].Single(v => v["name"]!.GetValue<string>() == m["name"]!.GetValue<string>()));
        string path = Rule["path"]!.GetValue<string>(), status = Assert.Single(DaemonSet.Texts(Rule["args"]));
        var scripts = mounts[Path.GetDirectoryName(path)!]["configMap"]!;
        Assert.Equal(Convert.ToInt32("555", 8), scripts["defaultMode"]!.GetValue<int>());
        string option = Assert.Single(added["containers/0/command/-"])!.GetValue<string>();
        Assert.Equal($"--config.custom-plugin-monitor={Path.GetDirectoryName(path)}/k8snetfilter-monitor.json", option);

        // The command that makes the ConfigMap has both files.
        string readme = File.ReadAllText(Path.Combine(K8snf.RepositoryRoot, "deploy/README.md"));
        string make = Assert.Single(readme.Split('\n'), l => l.Contains($"create configmap {scripts["name"]} ", StringComparison.Ordinal));
        Assert.Equal(
            [Path.GetFileName(option), Path.GetFileName(path)],
            make.Split(' ').Where(w => w.StartsWith("--from-file=", StringComparison.Ordinal)).Select(w => Path.GetFileName(AssertExists(w[12..]))).Order());
        Assert.True(File.GetUnixFileMode(Script).HasFlag(UnixFileMode.UserExecute));

        // The status is in the folder that the check's DaemonSet and unit write to.
        var daemonSet = new DaemonSet();
        string folder = mounts[Path.GetDirectoryName(status)!]["hostPath"]!["path"]!.GetValue<string>();
        var mount = Assert.Single(daemonSet.Container["volumeMounts"]!.AsArray(), m => m!["name"]!.GetValue<string>() == "status")!;
        Assert.Equal(folder, Assert.Single(daemonSet.Pod["volumes"]!.AsArray(), v => v!["name"]!.GetValue<string>() == "status")!["hostPath"]!["path"]!.GetValue<string>());
        Assert.Contains($"{mount["mountPath"]}/{Path.GetFileName(status)}", DaemonSet.Texts(daemonSet.Container["args"]));
        string unit = File.ReadAllText(Path.Combine(K8snf.RepositoryRoot, "deploy/systemd/k8snetfilter-check.service"));
        Assert.Contains($"-StatusPath {status}\n", unit, StringComparison.Ordinal);
        Assert.Contains($"\nRuntimeDirectory={Path.GetFileName(folder)}\n", unit, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "6 requirements of Kubernetes are satisfied")]
    [InlineData(1, "1 of 6 not satisfied: net.ipv4.ip_forward: it is 0 now")]
    [InlineData(2, "could not tell 1 of 6: net.ipv4.ip_forward: not known")]
    public void The_check_stays_within_the_limits_of_its_container(int code, string line)
    {
        Write(code, 0, line);
        const int Times = 20;
        var run = K8snf.Bash($"bash '{K8snf.RepositoryRoot}/tests/Host.Tests/Deploy/npd.sh' {Times} '{Script}' '{Status}'");
        Assert.Equal(("", line, $"exit {code}"), (run.Error, run.Lines[0], run.Lines[1]));
        var figures = run.Lines.Skip(3).Select(l => l.Split(' ')).ToDictionary(w => w[0], w => int.Parse(w[1], CultureInfo.InvariantCulture));

        // A tenth of what it may use: node-problem-detector has other things to do.
        double runsPerMinute = 60 / Seconds(_config["pluginConfig"]!["invoke_interval"]!);
        Assert.InRange(figures["cpu"] * runsPerMinute, 0, CpuPerMinute / 10);
        Assert.InRange(figures["slowest"], 0, Seconds(Rule["timeout"]!) * 1000);
        Assert.InRange(figures.GetValueOrDefault("peak"), 0, Memory / 10);
        Assert.InRange(line.Length, 1, _config["pluginConfig"]!["max_output_length"]!.GetValue<int>());
    }

    /// <summary>The check has the node's network namespace; the plugin has another one, and says what the check found.</summary>
    [Fact]
    public void The_check_judges_the_node_and_not_its_own_container()
    {
        Assert.SkipUnless(Environment.UserName == "root" && K8snf.Bash("unshare --net true").ExitCode == 0, "Needs root and network namespaces.");
        var run = K8snf.Bash($$"""
            unshare --net bash -c '
              for value in 0 1; do
                sysctl -q -w net.ipv4.ip_forward=$value
                "$K8SNF" -File "{{K8snf.RepositoryRoot}}/deploy/check.ps1" -Root "{{K8snf.RepositoryRoot}}/tests/pester/node" -Live -StatusPath "{{Status}}" >/dev/null
                unshare --net bash -c "sysctl -q -w net.ipv4.ip_forward=$((1 - value)); \"{{Script}}\" \"{{Status}}\"; echo \"exit \$?\""
              done'
            """);
        Assert.Equal(("", "1 of 6 not satisfied: net.ipv4.ip_forward: it is 0 now\nexit 1\n6 requirements of Kubernetes are satisfied\nexit 0\n"), (run.Error, run.Output));
    }

    [Fact]
    public void A_check_that_does_not_run_is_not_known_and_never_an_old_verdict()
    {
        AssertNotKnown("has no verdict yet");
        Write(0, 901, "as it should be");
        AssertNotKnown("ended 901 seconds ago");
        Write(0, 890, "as it should be");
        Assert.Equal(0, Call().ExitCode);
        Write(0, -100, "as it should be");
        AssertNotKnown("before the node's boot");
        foreach (string text in new[] { "", "0", "0 12.5", "3 12.5\nline\n", "0 x\nline\n", "$(touch x) 1\nline\n" })
        {
            File.WriteAllText(Status, text);
            AssertNotKnown(Status);
        }
    }

    [Fact]
    public void Ready_is_a_check_that_runs_whatever_it_found()
    {
        Assert.Equal(1, Call("-Ran").ExitCode);
        foreach (int code in new[] { 0, 1, 2 })
        {
            Write(code, 0, "a line");
            Assert.Equal((0, "a line\n"), (Call("-Ran").ExitCode, Call("-Ran").Output));
        }

        Write(0, 901, "a line");
        Assert.Equal(1, Call("-Ran").ExitCode);
    }

    private static double Seconds(JsonNode text) => text.GetValue<string>() is [.. var number, var unit] && unit is 's' or 'm'
        ? double.Parse(number, CultureInfo.InvariantCulture) * (unit == 'm' ? 60 : 1)
        : throw new FormatException(text.ToJsonString());

    private static string AssertExists(string path)
    {
        Assert.True(File.Exists(Path.Combine(K8snf.RepositoryRoot, path)), path);
        return path;
    }

    private void AssertNotKnown(string because)
    {
        var run = Call();
        Assert.Equal((2, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("not known: ", Assert.Single(run.Lines), StringComparison.Ordinal);
        Assert.Contains(because, run.Output, StringComparison.Ordinal);
    }

    private K8snf.Result Call(string option = "") => K8snf.Bash($"'{Script}' {option} '{Status}'");

    private void Write(int code, int secondsAgo, string line)
    {
        double uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        File.WriteAllText(Status, string.Create(CultureInfo.InvariantCulture, $"{code} {uptime - secondsAgo:f2}\n{line}\n"));
    }
}
