using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Tests.Namespaces;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>Ctrl-C and pods that go away, at every stage: a clear result, and nothing left behind.</summary>
[Collection("alone")]
public sealed class LabFaultTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static bool HasBridgeNetfilter => Directory.Exists("/proc/sys/net/bridge");

    [Fact]
    public void A_lab_that_is_stopped_at_any_stage_leaves_nothing()
    {
        Privilege.MakeNamespace().Dispose();
        var scenarios = LabScenario.Defaults(AddressFamily.InterNetwork, ProtocolType.Tcp);
        // What the runtime opens at the first use is there afterwards.
        foreach (var _ in HairpinLab.Run([scenarios[11]], Cancellation))
        {
        }

        var before = Remains.Now();
        int stopped = 0;
        foreach (int after in (int[])[0, 5, 15, 30, 60, 100, 200, 400, 800, 1300])
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            if (after == 0)
            {
                stop.Cancel();
            }

            stop.CancelAfter(after);
            try
            {
                foreach (var _ in HairpinLab.Run(scenarios, stop.Token))
                {
                }
            }
            catch (OperationCanceledException)
            {
                stopped++;
            }

            before.AssertNothingMore();
        }

        Assert.True(stopped >= 6, $"only {stopped} runs were stopped");
        // And one whose caller has enough after the first result.
        Assert.Single(HairpinLab.Run(scenarios, Cancellation).Take(1));
        before.AssertNothingMore();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(1500)]
    public void A_probe_that_is_stopped_ends_and_leaves_nothing(int after)
    {
        using var node = SilentNode();
        node.Probe(more: "-Timeout 0.2");
        var before = Remains.Now();
        using (var shell = node.Begin("Test-ServiceHairpin -Probe -ServiceIP $service -Port 80 -SourcePod $client -NetNamespace $node -Timeout 300", out var running))
        {
            Thread.Sleep(after);
            shell.Stop();
            Assert.True(running.IsCompleted);
        }

        before.AssertNothingMore();
    }

    [Fact]
    public void The_endpoint_is_killed_during_a_probe()
    {
        using var node = SilentNode();
        using var shell = node.Begin("Test-ServiceHairpin -Probe -ServiceIP $service -Port 80 -SourcePod $client -NetNamespace $node -Timeout 6", out var running);
        WaitForEntry(node);
        node.EndpointProcess.Kill();
        node.Lab.Endpoint.Dispose();
        var result = Assert.IsType<ServiceHairpinResult>(Assert.Single(shell.EndInvoke(running)).BaseObject);
        Assert.Empty(shell.Streams.Error);
        Assert.Equal(ServiceVerdict.Broken, result.Verdict);
        Assert.True(result.Cause is ServiceHairpinCause.EndpointSilent or ServiceHairpinCause.NoRoute, result.Cause.ToString());
    }

    [Fact]
    public void The_calling_pod_is_killed_during_a_probe()
    {
        using var node = SilentNode();
        ulong inode = node.Lab.Client.Inode;
        using var shell = node.Begin("Test-ServiceHairpin -Probe -ServiceIP $service -Port 80 -SourcePod $client -NetNamespace $node -Timeout 4", out var running);
        WaitForEntry(node);
        node.ClientProcess.Kill();
        node.Lab.Client.Dispose();
        var result = Assert.IsType<ServiceHairpinResult>(Assert.Single(shell.EndInvoke(running)).BaseObject);
        Assert.Empty(shell.Streams.Error);
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.EndpointSilent), (result.Verdict, result.Cause));

        // The probe does not keep the dead pod's namespace: its link goes from the node.
        using var links = RouteNetlink.Open(node.Lab.Node);
        Assert.True(SpinWait.SpinUntil(() => !links.ReadLinks(Cancellation).Items.Any(l => l.Name == "pod0"), TimeSpan.FromSeconds(30)));
        Assert.DoesNotContain(NetworkNamespaces.Find(KernelRoot.Live, Cancellation), n => n.Inode == inode);
        var (output, errors) = node.TryRun("Test-ServiceHairpin -Probe -ServiceIP $service -Port 80 -SourcePod $client -NetNamespace $node -Quiet");
        Assert.Equal([false], output);
        Assert.StartsWith("NamespaceNotFound,", Assert.Single(errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Namespaces_that_come_and_go_while_all_are_read()
    {
        using var node = SilentNode();
        using var stop = new CancellationTokenSource();
        var coming = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var space = NetworkNamespace.Create("in passing");
                using var process = space.Run(() => Process.Start("true"));
                process.WaitForExit();
            }
        });
        var before = Remains.Now();
        coming.Start();
        try
        {
            var live = new LiveNode(KernelRoot.Live, node.Lab.Node);
            for (int i = 0; i < 30; i++)
            {
                var bridge = Assert.Single(BridgeView.Read(live.Links, BridgeNetfilterSwitches.Read(live.Sysctls), w => Assert.Fail(w), Cancellation)!);
                Assert.Contains(bridge.Ports, p => p.Name == "pod0" && p.Pid == node.ClientProcess.Id);
                foreach (var found in NetworkNamespaces.Find(KernelRoot.Live, Cancellation))
                {
                    try
                    {
                        using var space = NetworkNamespace.Open(KernelRoot.Live, found);
                        using var links = RouteNetlink.Open(space);
                        Assert.NotEmpty(links.ReadLinks(Cancellation).Items);
                    }
                    catch (NodeException gone)
                    {
                        Assert.Equal("NamespaceNotFound", gone.ErrorId);
                    }
                }
            }
        }
        finally
        {
            stop.Cancel();
            coming.Join();
        }

        before.AssertNothingMore();
    }

    private static ProbeNode SilentNode()
    {
        var node = new ProbeNode(new LabScenario { Name = "silent", Call = HasBridgeNetfilter, Target = LabTarget.Routed }, serve: false);
        Tools.Tool.Run(node.Lab.Endpoint, "nft add table ip t");
        Tools.Tool.Run(node.Lab.Endpoint, "nft", "add chain ip t i { type filter hook input priority 0 ; policy drop ; }");
        return node;
    }

    private static void WaitForEntry(ProbeNode node)
    {
        var table = new LiveNode(KernelRoot.Live, node.Lab.Node).Conntrack;
        Assert.True(SpinWait.SpinUntil(
            () => table.Read(new K8sNetfilter.Conntrack.ConntrackFilter { DestinationPorts = [80] }, _ => { }, Cancellation)!.Any(), TimeSpan.FromSeconds(60)));
    }

    /// <summary>The namespaces that this process holds or is in, and the lab's threads.</summary>
    private sealed class Remains
    {
        private readonly int _namespaces = Held();

        public static Remains Now() => new();

        public void AssertNothingMore() => Assert.True(
            SpinWait.SpinUntil(() => Held() <= _namespaces, TimeSpan.FromSeconds(30)), $"{Held()} namespaces and threads, {_namespaces} before");

        // Descriptors of namespaces and sockets, and threads that are in another namespace or the lab's; what the runtime opens besides is its own.
        private static int Held() =>
            Directory.GetFileSystemEntries("/proc/self/fd").Count(f => Link(f) is { } to && (to.StartsWith("net:[", StringComparison.Ordinal) || to.StartsWith("socket:[", StringComparison.Ordinal)))
            + Directory.GetDirectories("/proc/self/task").Count(t => Link(t + "/ns/net") is { } there && there != Link("/proc/self/ns/net"))
            + Directory.GetDirectories("/proc/self/task").Count(t => Comm(t).StartsWith("lab", StringComparison.Ordinal));

        private static string? Link(string path)
        {
            try
            {
                return new FileInfo(path).LinkTarget;
            }
            catch (IOException)
            {
                return null;
            }
        }

        private static string Comm(string task)
        {
            try
            {
                return File.ReadAllText(task + "/comm");
            }
            catch (IOException)
            {
                return "";
            }
        }
    }
}
