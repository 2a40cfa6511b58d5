using K8sNetfilter.Baselines;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Links;
using K8sNetfilter.Logic;
using K8sNetfilter.Modules;
using K8sNetfilter.Readiness;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>Snapshots of which a part was captured: what is not in the part is not known, and never "not there".</summary>
public sealed class PartialSnapshotTests : IDisposable
{
    private readonly ModuleEngine _engine = new();
    private readonly string _copy = Directory.CreateTempSubdirectory("k8snf-part").FullName;

    public PartialSnapshotTests()
    {
        string node = Path.Combine(ModuleEngine.RepositoryRoot(), "tests/Module.Tests/Snapshots/Node");
        foreach (string file in Directory.EnumerateFiles(node, "*", SearchOption.AllDirectories))
        {
            Write(Path.GetRelativePath(node, file), File.ReadAllText(file));
        }
    }

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_copy, recursive: true);
    }

    private void Write(string name, string text)
    {
        string path = Path.Combine(_copy, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private List<T> Ask<T>(string script) => [.. _engine.Run(script, ("s", _copy)).Select(o => (T)o.BaseObject)];

    private BaselineFinding Finding(string name) => Ask<BaselineFinding>("Test-NodeBaseline Kubernetes -Snapshot $s").Single(f => f.Name == name);

    [Fact]
    public void Without_the_lists_of_modules_none_is_said_not_to_exist()
    {
        Write("proc/modules", "bridge 311296 0 - Live 0x0000000000000000\n");
        Assert.Equal(ModuleState.Loaded, Ask<KernelModule>("Get-KernelModule bridge -Snapshot $s").Single().State);
        var overlay = Ask<KernelModule>("Get-KernelModule overlay -Snapshot $s").Single();
        Assert.Equal((ModuleState.Unknown, null), (overlay.State, overlay.LoadsAtBoot));
        Assert.Equal("lib/modules/6.1.0-18-amd64/modules.dep was not read.", overlay.Reason);
        Assert.Contains(_engine.Warnings, w => w.Contains("modules.dep", StringComparison.Ordinal));
        Assert.Empty(_engine.Errors);
        Assert.Equal((null, null, null), (Finding("overlay").IsInDesiredState, Finding("overlay").IsLiveInDesiredState, Finding("overlay").Remedy));
        Assert.Equal([false], Ask<bool>("Test-NodeBaseline Kubernetes -Snapshot $s -Quiet"));

        // With the lists it is known.
        Write("lib/modules/6.1.0-18-amd64/modules.dep", "kernel/net/bridge/bridge.ko:\n");
        Write("lib/modules/6.1.0-18-amd64/modules.builtin", "kernel/fs/overlayfs/overlay.ko\n");
        Assert.Equal(ModuleState.BuiltIn, Ask<KernelModule>("Get-KernelModule overlay -Snapshot $s").Single().State);
        Assert.Empty(Ask<KernelModule>("Get-KernelModule nosuch -Snapshot $s"));
        Assert.StartsWith("ModuleUnknown", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_built_in_is_there_although_the_list_of_loaded_modules_is_missing()
    {
        File.Delete(Path.Combine(_copy, "proc/modules"));
        Write("lib/modules/6.1.0-18-amd64/modules.dep", "kernel/net/bridge/br_netfilter.ko:\n");
        Write("lib/modules/6.1.0-18-amd64/modules.builtin", "kernel/fs/overlayfs/overlay.ko\n");
        Assert.Equal((true, true, true, "BuiltIn"), Of(Finding("overlay")));
        Assert.Equal((null, null), (Finding("br_netfilter").IsLiveInDesiredState, Finding("br_netfilter").LiveValue));

        static (bool?, bool?, bool?, string?) Of(BaselineFinding f) => (f.IsInDesiredState, f.IsLiveInDesiredState, f.IsBootInDesiredState, f.LiveValue);
    }

    [Fact]
    public void A_chain_of_both_families_is_two_rows_that_tell_them_apart()
    {
        Write("both.json", """
            { "name": "Both", "chains": [ { "name": "KUBE-SERVICES", "table": "nat" }, { "name": "KUBE-SERVICES", "table": "nat", "family": "IPv6" } ] }
            """);
        var views = System.Xml.Linq.XDocument.Load(Path.Combine(ModuleEngine.RepositoryRoot(), "bin/K8sNetfilter.format.ps1xml")).Descendants("View").ToList();
        foreach (var (type, column, script) in (IEnumerable<(string, int, string)>)
            [("BaselineFinding", 1, "Test-NodeBaseline $b -Snapshot $s"), ("BaselineRequirement", 2, "(Get-NodeBaseline $b).Requirements")])
        {
            string cell = views.Single(v => v.Element("Name")!.Value == type).Descendants("TableColumnItem").ElementAt(column).Element("ScriptBlock")!.Value;
            string start = type == "BaselineFinding" ? "KUBE-SERVICES " : "";
            Assert.Equal(
                [$"{start}nat IPv4", $"{start}nat IPv6"],
                _engine.Run($"{script} | ForEach-Object {{ & ([scriptblock]::Create($cell)) }}", ("s", _copy), ("b", Path.Combine(_copy, "both.json")), ("cell", cell)).Select(o => o.ToString()));
        }

        var samples = BaselineMetrics.From(Ask<BaselineFinding>("Test-NodeBaseline $s/both.json -Snapshot $s"))
            .Single(m => m.Name == "k8snetfilter_requirement_live_in_desired_state").Samples;
        Assert.Equal(samples.Count, samples.Select(x => string.Join(',', x.Labels)).Distinct().Count());
    }

    [Fact]
    public void A_part_of_the_parameters_does_not_say_that_the_kernel_has_no_others()
    {
        Write("sysctl.txt", "net.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\n");
        var forward = Finding("net.ipv4.ip_forward");
        Assert.Null(forward.IsLiveInDesiredState);
        Assert.DoesNotContain("has no", forward.Cause ?? "", StringComparison.Ordinal);
        Assert.Contains(_engine.Warnings, w => w.Contains("sysctl.txt", StringComparison.Ordinal));
        Assert.Null(Ask<NodeBridgeNetfilter>("Get-NodeBridgeNetfilter -Snapshot $s").Single().IPv4Forwarding);

        // Nor that br_netfilter is not there: /proc/modules has it.
        Write("sysctl.txt", "net.ipv4.ip_forward = 1\n");
        Assert.Null(Ask<NodeBridgeNetfilter>("Get-NodeBridgeNetfilter -Snapshot $s").Single().Bridges!.Single().IPv4Netfilter);
        Write("proc/modules", "bridge 311296 0 - Live 0x0000000000000000\n");
        Assert.False(Ask<NodeBridgeNetfilter>("Get-NodeBridgeNetfilter -Snapshot $s").Single().Bridges!.Single().IPv4Netfilter);
    }

    [Fact]
    public void The_tracker_is_there_where_the_list_of_modules_has_it()
    {
        Write("sysctl.txt", "net.ipv4.ip_forward = 1\n");
        Write("proc/modules", "nf_conntrack 172032 1 ip_vs, Live 0x0000000000000000\nbridge 311296 0 - Live 0x0000000000000000\n");
        Write("conntrack-stat.txt", "");
        Ask<object>("Get-ConntrackStatistic -Snapshot $s");
        Assert.DoesNotContain(_engine.Errors, e => e.FullyQualifiedErrorId.StartsWith("ConntrackNotTracked", StringComparison.Ordinal));
    }

    [Fact]
    public void Links_as_JSON_and_routes_as_text_are_one_node()
    {
        File.Delete(Path.Combine(_copy, "ip-route-4.json"));
        Write("ip-route-4.txt", "10.244.0.0/24 dev cni0 proto kernel scope link src 10.244.0.1 \nlocal 10.244.0.1 dev cni0 table local proto kernel scope host src 10.244.0.1 \n"
            + "local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1 \n");
        Assert.All(Ask<WalkBranch>("Trace-NetfilterPacket 10.244.0.11 10.96.0.10 80 -Snapshot $s -Summary"), b => Assert.Equal(MatchOutcome.Yes, b.Works));
    }

    [Fact]
    public void Events_leave_what_is_there_after_them()
    {
        const string Call = "src=10.244.0.11 dst=10.96.0.10 sport={0} dport=80 [UNREPLIED] src=10.244.0.12 dst=10.244.0.11 sport=8080 dport={0}";
        string At(int port) => Call.Replace("{0}", port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Write("conntrack.txt", $"    [NEW] tcp      6 120 SYN_SENT {At(1001)}\n    [NEW] tcp      6 120 SYN_SENT {At(1002)}\n [UPDATE] tcp      6 60 SYN_RECV {At(1002)}\n[DESTROY] tcp      6 {At(1001)}\n"
            + $"[DESTROY] tcp      6 {At(1003)}\n 46 TIME_WAIT {At(1004)}\n");
        var entry = Assert.Single(Ask<ConntrackEntry>("Get-ConntrackEntry -Snapshot $s"));
        Assert.Equal((1002, "SYN_RECV"), (entry.SourcePort, entry.State));
        Assert.Contains(_engine.Warnings, w => w.Contains("conntrack -L", StringComparison.Ordinal));
        Assert.Contains(_engine.Warnings, w => w.Contains("conntrack.txt:6", StringComparison.Ordinal));
    }

    [Fact]
    public void Counters_of_another_form_are_read_or_refused()
    {
        Write("conntrack-stat.txt", "entries             \t12\ninsert_failed       \t7\ndrop                \t3\n");
        var statistic = Ask<ConntrackStatistic>("Get-ConntrackStatistic -Snapshot $s").Single();
        Assert.Equal((7ul, 3ul), (statistic.InsertFailed, statistic.Drop));
        Write("conntrack-stat.txt", "conntrack v1.4.7 (conntrack-tools): Operation failed\n");
        Assert.Empty(Ask<object>("Get-ConntrackStatistic -Snapshot $s"));
        Assert.StartsWith("SnapshotFileInvalid", Assert.Single(_engine.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_has_its_pods_name()
    {
        const string Uid = "0fd11a37-4c3b-4b57-8a05-3a6e8e0c1b11";
        Write("ip-netns.json", $$"""[{"name":"pod1","id":0,"pod":"{{Uid}}"},{"name":"pod2","id":1,"pod":"11111111-4c3b-4b57-8a05-3a6e8e0c1b11","podname":"shop/cart"}]""");
        Directory.CreateDirectory(Path.Combine(_copy, "var/log/pods", $"default_web-1_{Uid}"));
        Assert.Equal(["default/web-1", "shop/cart"], Ask<BridgePort>("Get-NodeBridgePort -Snapshot $s").Select(p => p.PodName).Order());
    }

    [Fact]
    public void A_file_that_the_list_has_is_missing_where_it_was_taken_out_or_cut()
    {
        string rules = File.ReadAllText(Path.Combine(_copy, "iptables-legacy-save.txt"));
        Write("k8snetfilter-snapshot.txt", $"Snapshot of node1\nFiles with their sizes in bytes:\n{rules.Length} iptables-legacy-save.txt\n900 iptables-nft-save.txt\n");
        Assert.All(Ask<WalkBranch>("Trace-NetfilterPacket 10.244.0.11 10.96.0.10 80 -Snapshot $s -Summary"), b => Assert.NotEqual(MatchOutcome.Yes, b.Works));
        Assert.Contains(_engine.Warnings.Concat(_engine.Errors.Select(e => e.ToString())), w => w.Contains("iptables-nft-save.txt", StringComparison.Ordinal));
    }
}
