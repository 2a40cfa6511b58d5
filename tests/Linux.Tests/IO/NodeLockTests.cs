using System.Diagnostics;
using System.Globalization;
using System.Text;
using K8sNetfilter.IO;

namespace K8sNetfilter.Tests.IO;

public sealed class NodeLockTests
{
    private const string Counter = "/etc/counter";

    private static void Count(KernelRoot root, int times)
    {
        for (int i = 0; i < times; i++)
        {
            using var held = NodeLock.Take(root, CancellationToken.None);
            new AtomicFile(root).Edit(Counter, old => Encoding.ASCII.GetBytes((int.Parse(Encoding.ASCII.GetString(old!), CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture)));
        }
    }

    [Fact(Explicit = true)]
    public void The_child_process_counts_under_the_lock() => Count(new KernelRoot(Environment.GetEnvironmentVariable("K8SNF_TEST_ROOT")!), 100);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Writers_in_two_processes_and_two_threads_lose_no_change(bool withRun)
    {
        using var root = new TemporaryRoot().File(Counter, "0");
        if (withRun)
        {
            root.Folder("/run");
        }

        var start = new ProcessStartInfo("dotnet", [typeof(NodeLockTests).Assembly.Location, "-noLogo", "-explicit", "only", "-method", "*.The_child_process_counts_under_the_lock"])
        {
            RedirectStandardOutput = true,
            Environment = { ["K8SNF_TEST_ROOT"] = root.Path },
        };
        using (var child = Process.Start(start)!)
        {
            string output = "";
            Parallel.Invoke(() => Count(root.Root, 200), () => Count(root.Root, 200), () => output = child.StandardOutput.ReadToEnd());
            child.WaitForExit();
            Assert.True(child.ExitCode == 0, output);
        }

        Assert.Equal("500", root.Read(Counter));
        Assert.Equal(withRun ? ["/etc", Counter, "/run"] : ["/etc", Counter], root.Names());
    }

    [Fact]
    public void Waiting_for_the_lock_can_be_stopped()
    {
        using var root = new TemporaryRoot().Folder("/run");
        using var held = NodeLock.Take(root.Root, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        int waited = 0;
        Assert.Throws<OperationCanceledException>(() => NodeLock.Take(root.Root, stop.Token, () =>
        {
            waited++;
            stop.Cancel();
        }));
        Assert.Equal(1, waited);
    }

    [Fact]
    public void A_killed_holder_does_not_hold_up_the_next()
    {
        using var root = new TemporaryRoot().File("/run/k8snetfilter.lock", "");
        NodeLock.Take(root.Root, CancellationToken.None).Dispose();
        Assert.Equal(["/run"], root.Names());
    }
}
