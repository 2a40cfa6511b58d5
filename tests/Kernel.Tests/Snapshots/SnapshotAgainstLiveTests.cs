using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;
using K8sNetfilter.Commands;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Nodes;
using K8sNetfilter.Readiness;
using K8sNetfilter.Snapshots.Reading;
using K8sNetfilter.Snapshots.Writing;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>What each reading cmdlet answers live, it answers from a snapshot: ours, packed and unpacked, and one that the standard tools alone made.</summary>
public sealed class SnapshotAgainstLiveTests : IDisposable
{
    private readonly Runspace _runspace;
    private readonly SnapshotNodeFixture _node = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf-snapshot-").FullName;

    public SnapshotAgainstLiveTests()
    {
        var state = InitialSessionState.CreateDefault2();
        foreach (var type in typeof(NodeCommand).Assembly.GetExportedTypes())
        {
            if (type.GetCustomAttribute<CmdletAttribute>() is { } cmdlet)
            {
                state.Commands.Add(new SessionStateCmdletEntry($"{cmdlet.VerbName}-{cmdlet.NounName}", type, null));
            }
        }

        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        _runspace.SessionStateProxy.SetVariable("node", $"/proc/self/fd/{_node.Node.Node.Descriptor}");
        _runspace.SessionStateProxy.SetVariable("folder", _folder);
    }

    public void Dispose()
    {
        _runspace.Dispose();
        _node.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // The time goes on between the two readings, a text tells fewer bits, and the node is called something else.
    // A remedy names the node of the question: the namespace here, whose values no file keeps; the node of the snapshot there.
    private static readonly Regex Place = new(@"\bon node \S+: | -NetNamespace \S+| -Persist\b| -Snapshot \S+|nsenter --net=\S+ ");

    private static readonly string[] Differing = ["Timeout", "Status", "StartTime", "Node", "Packets", "Bytes"];

    // by-hand.sh names the pods' namespaces, as ip(8) wants it; live they are known by their processes.
    private static readonly string[] OfPods = ["NetNamespace", "Pid", "ContainerId", "PodUid"];

    private static readonly string[] Commands =
    [
        "Get-NetfilterRule",
        "Get-NetfilterChain",
        "Get-NetfilterRule -Family IPv6 -Table nat KUBE-SERVICES",
        "Get-NetfilterRule -Backend Nft",
        "Get-NetfilterHook",
        "Get-NetfilterSet",
        "Get-NetfilterSet -Contains 10.244.0.2",
        "Get-NodeService",
        "Get-NodeSysctl net.ipv4.conf.*",
        "Get-NodeSysctl net.ipv4.*forward*, net.ipv4.route.m*, net.netfilter.*",
        "Get-NodeSysctl net.ipv6.conf.*.[a-r]*",
        "Get-NodeSysctl net.bridge.*",
        "Get-NodeBridgeNetfilter",
        "Get-NodeBridgePort",
        "Get-ConntrackEntry",
        "Get-ConntrackEntry -Family IPv6",
        "Get-ConntrackEntry -Unreplied -Protocol tcp",
        "Get-ConntrackStatistic",
        "Test-NetfilterChain",
        "Test-NodeBaseline",
        "Test-ServiceHairpin",
        "Test-ServiceHairpin -Passive",
        "Trace-NetfilterPacket -Source 10.244.0.2 -Destination 10.96.0.1 -DestinationPort 443",
        "Trace-NetfilterPacket -Source fd00:10:244::2 -Destination fd00:10:244::3 -DestinationPort 80 -All",
        "Trace-NetfilterPacket -Destination 192.0.2.77 -DestinationPort 80",
        "Trace-NetfilterPacket -Source 10.244.0.2 -Destination 10.244.0.3 -DestinationPort 8080 -Summary",
    ];

    private static string Script
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "K8sNetfilter.psd1")))
            {
                folder = folder.Parent;
            }

            return Path.Combine(folder!.FullName, "tests/Kernel.Tests/Snapshots/Tools/by-hand.sh");
        }
    }

    [Theory]
    [InlineData("node.tar.gz")]
    [InlineData("node")]
    public void From_our_own_snapshot_every_cmdlet_answers_as_live(string name)
    {
        Run($"Export-NodeSnapshot $folder/{name} -IncludePods -NetNamespace $node");
        Compare($"{_folder}/{name}", []);
    }

    [Fact]
    public void From_a_folder_that_the_standard_tools_made_every_cmdlet_answers_as_live()
    {
        foreach (string tool in new[] { "nft", "conntrack", "ip", "bridge", "sysctl" })
        {
            Tool.Require(tool);
        }

        ByHand(_folder);
        Compare(_folder, OfPods);
    }

    [Fact]
    public void Links_addresses_routes_rules_neighbours_and_entries_are_the_kernels_own()
    {
        Run("Export-NodeSnapshot $folder/node -IncludePods -NetNamespace $node");
        ByHand(Directory.CreateDirectory(_folder + "/hand").FullName);
        var live = new LiveNode(KernelRoot.Live, _node.Node.Node).Links;
        foreach (string name in new[] { "node", "hand" })
        {
            var kept = new SnapshotNode($"{_folder}/{name}").Links;
            Same(name, live.ReadLinks(Fail, default), kept.ReadLinks(Fail, default));
            Same(name, live.ReadAddresses(Fail, default), kept.ReadAddresses(Fail, default));
            Same(name, live.ReadRoutes(Fail, default), kept.ReadRoutes(Fail, default));
            Same(name, live.ReadRules(Fail, default), kept.ReadRules(Fail, default));
            // Those that nothing asks for stay as they are; the others come and go (their form: IpJsonTests).
            Same(name, live.ReadNeighbors(Fail, default)!.Where(n => n.State == NeighborState.Permanent), kept.ReadNeighbors(Fail, default)!.Where(n => n.State == NeighborState.Permanent));
            Same(name, live.ReadForwardingEntries(Fail, default), kept.ReadForwardingEntries(Fail, default));
        }
    }

    [Fact]
    public void A_redacted_snapshot_tells_nobodys_addresses_and_is_diagnosed_the_same()
    {
        Run("Export-NodeSnapshot $folder/redacted -IncludePods -Redact -NetNamespace $node");
        string all = string.Concat(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/usr/lib/", StringComparison.Ordinal) && !f.EndsWith("sysctl.txt", StringComparison.Ordinal)).Select(File.ReadAllText));
        foreach (string told in new[] { "10.244.0.2", "10.244.0.3", "fd00:10:244", "0a:58:0a:f4", "pod-two", "10.96.0.10" })
        {
            Assert.DoesNotContain(told, all, StringComparison.Ordinal);
        }

        _runspace.SessionStateProxy.SetVariable("snapshot", _folder + "/redacted");
        const string Counts = " | ForEach-Object { $_.Endpoints.Count }";
        Assert.Equal(Run("Get-NodeService -NetNamespace $node" + Counts), Run("Get-NodeService -Snapshot $snapshot" + Counts));
        // The same way through the same rules: only what is called differently differs.
        const string Way = " | ForEach-Object { \"$($_.Hook) $($_.Table) $($_.Chain) $($_.RuleNumber) $($_.Outcome) $(($_.Verdict -split ' ')[0])\" }";
        string Walk(string from) => Run(
            $"$s = @(Get-NodeService {from} | Where-Object {{ $_.Endpoints.Count -and $_.Protocol -eq 'tcp' -and $_.IP -notlike '*:*' }})[0]; "
            + $"$a = @((Get-NodeBridgePort veth0 {from}).Address | Where-Object {{ $_ -notlike '*:*' }})[0]; "
            + $"Trace-NetfilterPacket $a $s.IP $s.Port {from}" + Way);
        string way = Walk("-NetNamespace $node");
        Assert.Contains("KUBE-SEP", way, StringComparison.Ordinal);
        Assert.Equal(way, Walk("-Snapshot $snapshot"));
    }

    [Fact]
    public void An_export_replaces_only_a_snapshot_and_leaves_nothing_when_it_is_refused()
    {
        Run("Export-NodeSnapshot $folder/node -NetNamespace $node");
        Assert.Equal("SnapshotExists", Failure("Export-NodeSnapshot $folder/node -NetNamespace $node"));
        Run("Export-NodeSnapshot $folder/node -NetNamespace $node -Force");
        Directory.CreateDirectory(_folder + "/mine");
        File.WriteAllText(_folder + "/mine/thesis.txt", "");
        Assert.Equal("SnapshotNotOurs", Failure("Export-NodeSnapshot $folder/mine -NetNamespace $node -Force"));
        Assert.Equal("SnapshotNoFolder", Failure("Export-NodeSnapshot $folder/none/node.tar.gz -NetNamespace $node"));
        Run("Export-NodeSnapshot $folder/never.tar.gz -NetNamespace $node -WhatIf");
        Assert.Equal(["mine", "node"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => SnapshotExport.Run(
            new LiveNode(KernelRoot.Live, _node.Node.Node), _folder + "/stopped.tar.gz", new SnapshotExportOptions { Progress = (part, _) => { if (part == "modules") { stop.Cancel(); } } }, stop.Token));
        Assert.Equal(["mine", "node"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    // Names for the pods' namespaces are made in a mount namespace of the script's own.
    private void ByHand(string folder) =>
        Tool.Run(_node.Node.Node, "unshare", ["-m", "sh", Script, folder, .. _node.Pids.Select(p => p.ToString(CultureInfo.InvariantCulture))]);

    private static void Fail(string warning) => Assert.Fail(warning);

    private static void Same<T>(string name, IEnumerable<T>? live, IEnumerable<T>? kept)
    {
        Assert.NotNull(live);
        Assert.NotNull(kept);
        Assert.Equal(live.Select(l => $"{name} {typeof(T).Name} {Flat(l)}"), kept.Select(k => $"{name} {typeof(T).Name} {Flat(k)}"));
    }

    private void Compare(string snapshot, string[] alsoDiffering)
    {
        _runspace.SessionStateProxy.SetVariable("snapshot", snapshot);
        foreach (string command in Commands)
        {
            var live = Objects($"{command} -NetNamespace $node");
            var kept = Objects($"{command} -Snapshot $snapshot");
            Assert.True(live.Count > 0 || command.Contains("Hairpin", StringComparison.Ordinal), command);
            // The connection table is a hash table, whose order is nobody's, and sysctl(8) sorts.
            bool isOrdered = !command.StartsWith("Get-ConntrackEntry", StringComparison.Ordinal) && !command.StartsWith("Get-NodeSysctl", StringComparison.Ordinal);
            string[] All(List<object> objects) => [.. objects.Select(o => command + " " + Flat(o, alsoDiffering)).OrderBy(t => isOrdered ? "" : t, StringComparer.Ordinal)];
            Assert.Equal(All(live), All(kept));
        }

        foreach (string command in new[] { "Get-KernelModule", "Get-KernelModule br_netfilter, overlay, nf_conntrack" })
        {
            Assert.Equal(Objects(command).Select(o => Flat(o)), Objects($"{command} -Snapshot $snapshot").Select(o => Flat(o)));
        }
    }

    // Every public property down to its last value, as text.
    private static string Flat(object? value, string[]? without = null, int depth = 0)
    {
        switch (value)
        {
            case null:
                return "null";
            case string text:
                // The counters in front of a rule go on, and a connection's time goes down.
                return text.StartsWith('[') && text.IndexOf("] ", StringComparison.Ordinal) is > 0 and int end ? text[end..]
                    : Regex.Replace(Place.Replace(text, ""), @"(?<=\bipv[46] +\d+ \w+ +\d+ )\d+", "…");
            case IPAddress or IFormattable or bool:
                return Convert.ToString(value, CultureInfo.InvariantCulture)!;
            case IEnumerable list:
                return "[" + string.Join(", ", list.Cast<object?>().Select(i => Flat(i, without, depth + 1))) + "]";
            default:
                Assert.InRange(depth, 0, 12);
                return "{" + string.Join("; ", value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .Where(p => p.GetIndexParameters().Length == 0 && !Differing.Contains(p.Name) && without?.Contains(p.Name) != true && p.Name != "EqualityContract")
                    .Select(p => $"{p.Name} = {Flat(p.GetValue(value), without, depth + 1)}")) + "}";
        }
    }

    private List<object> Objects(string script)
    {
        using var shell = PowerShell.Create(_runspace).AddScript(script);
        var output = shell.Invoke();
        return [.. shell.Streams.Error.Select(e => (object)e.ToString()), .. output.Select(o => o.BaseObject)];
    }

    private string Run(string script)
    {
        using var shell = PowerShell.Create(_runspace).AddScript(script);
        var output = shell.Invoke();
        Assert.Empty(shell.Streams.Error.Select(e => $"{script}: {e}"));
        return string.Join('\n', output);
    }

    private string Failure(string script)
    {
        using var shell = PowerShell.Create(_runspace).AddScript(script);
        shell.Invoke();
        return Assert.Single(shell.Streams.Error).FullyQualifiedErrorId.Split(',')[0];
    }
}
