using System.Globalization;
using System.Text.Json.Nodes;
using K8sNetfilter.IO;

namespace K8sNetfilter.Tests.Deploy;

/// <summary>The DaemonSet: what its manifest asks for, and its command run as process 1 of a container as the manifest describes it.</summary>
public sealed class DaemonSetTests
{
    private const string Satisfied = "6 requirements of Kubernetes are satisfied";
    private readonly DaemonSet _daemonSet = new();

    [Fact]
    public void The_DaemonSet_runs_on_Linux_nodes_without_a_token_and_requests_no_more_than_it_uses()
    {
        var pod = _daemonSet.Pod;
        Assert.Equal("linux", pod["nodeSelector"]!["kubernetes.io/os"]!.GetValue<string>());
        var account = _daemonSet.Document("ServiceAccount");
        Assert.Equal(account["metadata"]!["name"]!.GetValue<string>(), pod["serviceAccountName"]!.GetValue<string>());
        Assert.False(account["automountServiceAccountToken"]!.GetValue<bool>());
        Assert.False(pod["automountServiceAccountToken"]!.GetValue<bool>());
        Assert.True(pod["hostNetwork"]!.GetValue<bool>());
        Assert.Null(pod["hostPID"]);
        Assert.Null(pod["hostIPC"]);
        Assert.Empty(_daemonSet.Capabilities);
        Assert.False(_daemonSet.Container["securityContext"]!["privileged"]!.GetValue<bool>());
        Assert.Equal("RuntimeDefault", _daemonSet.Container["securityContext"]!["seccompProfile"]!["type"]!.GetValue<string>());

        // hostNetwork and hostPath volumes are refused at the levels baseline and restricted.
        var labels = _daemonSet.Document("Namespace")["metadata"]!["labels"]!;
        Assert.Equal("privileged", labels["pod-security.kubernetes.io/enforce"]!.GetValue<string>());
        string name = _daemonSet.Document("Namespace")["metadata"]!["name"]!.GetValue<string>();
        Assert.All(new[] { "ServiceAccount", "DaemonSet" }, kind => Assert.Equal(name, _daemonSet.Document(kind)["metadata"]!["namespace"]!.GetValue<string>()));

        // The API refuses recursiveReadOnly beside mountPropagation, and without readOnly.
        var host = Assert.Single(_daemonSet.Container["volumeMounts"]!.AsArray(), m => m!["mountPath"]!.GetValue<string>() == "/host")!;
        Assert.Equal((true, "Enabled"), (host["readOnly"]!.GetValue<bool>(), host["recursiveReadOnly"]!.GetValue<string>()));
        Assert.Null(host["mountPropagation"]);
    }

    [Fact]
    public void The_manifest_is_read_here_as_a_YAML_library_reads_it()
    {
        string file = Path.Combine(K8snf.RepositoryRoot, "deploy/kubernetes/daemonset.yaml");
        var run = K8snf.Bash($"python3 -c 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))' '{file}'");
        Assert.SkipWhen(run.ExitCode != 0, "python3 with yaml (Debian's package python3-yaml) is not installed.");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(run.Output), new JsonArray([.. Yaml.Documents(file)])), run.Output);
    }

    /// <summary>The verdict is the node's, follows the node, and is no matter of readiness; nothing of the node can be written.</summary>
    [Fact]
    public void The_DaemonSet_judges_the_node_and_ends_at_once_when_stopped()
    {
        RequireNamespaces();
        string ready = string.Join(' ', DaemonSet.Texts(_daemonSet.Container["readinessProbe"]!["exec"]!["command"]));
        var run = _daemonSet.Run($$"""
            for value in 0 1; do
              sysctl -q -w net.ipv4.ip_forward=$value
              start "$@"
              verdict
              echo "capabilities $(sed -n "s/^Cap\(Prm\|Eff\|Bnd\|Amb\):\t//p" /proc/$init/status | sort -u | tr "\n" " ")"
              inside {{ready}}
              echo "ready $?"
              echo "metric $(sed -n "s/^k8snetfilter_baseline_in_desired_state{.*} //p" $node/var/lib/prometheus/node-exporter/k8snetfilter.prom)"
              for path in /host/x /host/run/x /host/proc/sys/net/ipv4/ip_forward /x /etc/x; do inside bash -c "echo 1 > $path" 2>/dev/null && echo "wrote $path"; done
              stop
              ls -A $node/run/k8snetfilter
            done
            """);
        Assert.Equal("", run.Error);
        string[] lines = [.. run.Lines.Select(l => l.StartsWith("ended ", StringComparison.Ordinal) ? l[..l.IndexOf(" after", StringComparison.Ordinal)] : l)];
        const string Wrong = "1 of 6 not satisfied: net.ipv4.ip_forward: it is 0 now", None = "capabilities 0000000000000000 ";
        Assert.Equal([Wrong, None, Wrong, "ready 0", "metric 0", "ended 0", Satisfied, None, Satisfied, "ready 0", "metric 1", "ended 0"], lines);
        Assert.All(run.Lines.Where(l => l.StartsWith("ended ", StringComparison.Ordinal)), AssertEndedWithinTwoSeconds);
    }

    [Fact]
    public void A_check_that_runs_is_stopped_too_and_leaves_no_half_written_file()
    {
        RequireNamespaces();
        var run = _daemonSet.Run("""
            for pause in 0 0.2 0.5; do
              start "$@"
              until pgrep -P "$init" -f "k8snf -File" >/dev/null; do sleep 0.02; done
              sleep $pause
              stop
            done
            find $node/run/k8snetfilter $node/var/lib -type f ! -name k8snetfilter.prom ! -name status
            """);
        Assert.Equal("", run.Error);
        string[] ends = [.. run.Lines.Where(l => !l.Contains(Satisfied, StringComparison.Ordinal))];
        Assert.True(ends.Length == 3, run.Output);
        Assert.All(ends, AssertEndedWithinTwoSeconds);
    }

    /// <summary>What the manifest asks for is needed: with a network namespace of its own it would judge the pod's parameters.</summary>
    [Fact]
    public void Without_the_nodes_network_namespace_it_would_judge_its_own()
    {
        RequireNamespaces();
        var run = _daemonSet.Run("start \"$@\"; verdict; stop", hostNetwork: false);
        Assert.Equal("1 of 6 not satisfied: net.ipv4.ip_forward: it is 0 now", run.Lines[0]);
    }

    /// <summary>More capabilities give no other answer for the baseline that it names.</summary>
    [Fact]
    public void All_capabilities_would_show_no_more()
    {
        RequireNamespaces();
        string[] all = ["chown", "dac_override", "dac_read_search", "net_admin", "net_raw", "sys_admin", "sys_ptrace", "sys_module", "setpcap"];
        var run = _daemonSet.Run("start \"$@\"; verdict; stop", capabilities: all);
        Assert.Equal(Satisfied, run.Lines[0]);
    }

    /// <summary>What the manifest says that a baseline with chains needs is needed, and is enough.</summary>
    [Theory]
    [InlineData("legacy", "net_admin", "could not tell 3 of 10: KUBE-SERVICES: not known: ")]
    [InlineData("legacy", "net_admin net_raw", "3 of 10 not satisfied: KUBE-SERVICES: no packet reaches KUBE-SERVICES")]
    [InlineData("nft", "net_raw", "could not tell 3 of 10: KUBE-SERVICES: not known: ")]
    [InlineData("nft", "net_admin", "3 of 10 not satisfied: KUBE-SERVICES: no packet reaches KUBE-SERVICES")]
    public void Chains_need_the_capabilities_that_the_manifest_names(string backend, string capabilities, string line)
    {
        RequireNamespaces();
        Assert.SkipUnless(File.Exists($"/usr/sbin/iptables-{backend}"), $"iptables-{backend} is not installed.");
        var run = _daemonSet.Run(
            $"for chain in \"-t nat -N KUBE-SERVICES\" \"-t nat -N KUBE-POSTROUTING\" \"-N KUBE-FORWARD\"; do /usr/sbin/iptables-{backend} $chain; done; start \"$@\"; verdict; stop",
            capabilities: capabilities.Split(' '), change: a => a == "Kubernetes" ? "KubeProxyIptables" : a);
        Assert.StartsWith(line, run.Lines[0], StringComparison.Ordinal);
    }

    /// <summary>Before Kubernetes 1.31 the mounts below the node's file system stay writable, and with them every parameter of the kernel.</summary>
    [Fact]
    public void The_DaemonSet_does_not_start_where_the_node_could_be_written()
    {
        RequireNamespaces();
        var run = _daemonSet.Run("start \"$@\"; wait $outer; echo \"ended $?\"", recursive: false);
        Assert.Equal(2, run.Lines.Length);
        Assert.StartsWith("not started: writable in this container are", run.Lines[0], StringComparison.Ordinal);
        Assert.Contains(" /host/proc", run.Lines[0], StringComparison.Ordinal);
        Assert.Contains("Kubernetes 1.31", run.Lines[0], StringComparison.Ordinal);
        Assert.Equal("ended 2", run.Lines[1]);
    }

    private static void AssertEndedWithinTwoSeconds(string line)
    {
        Assert.StartsWith("ended 0 after ", line, StringComparison.Ordinal);
        Assert.InRange(int.Parse(line[14..], CultureInfo.InvariantCulture), 0, 2000);
    }

    private static void RequireNamespaces() => Assert.SkipUnless(
        Environment.UserName == "root" && K8snf.Bash("unshare --mount --net --pid --fork true && command -v setpriv nsenter").ExitCode == 0, "Needs root and namespaces.");
}
