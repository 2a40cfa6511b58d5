using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

/// <summary>Changes of a running kernel's parameters, in namespaces of the test's own.</summary>
public sealed class SysctlControlTests
{
    private static void Inside(Action<LiveSysctls> test)
    {
        Assert.SkipUnless(SysctlSandbox.Unavailable is null, SysctlSandbox.Unavailable ?? "");
        SysctlSandbox.Run(() =>
        {
            SysctlSandbox.NewNetwork(withLoopback: false);
            test(new LiveSysctls(KernelRoot.Live));
        });
    }

    [Fact]
    public void The_keys_are_those_that_sysctl_lists() => Inside(live =>
    {
        var listed = SysctlSandbox.Tool(SysctlSandbox.ProcpsTool, "-a", "-N").Split('\n').Where(n => !n.StartsWith("sysctl:", StringComparison.Ordinal) && n.StartsWith("net.", StringComparison.Ordinal));

        // sysctl leaves out what can only be written: the two that flush the routes.
        Assert.Equal(listed.Order(StringComparer.Ordinal), live.ListKeys(CancellationToken.None)!.Select(SysctlKey.ToName).Where(n => n.StartsWith("net.", StringComparison.Ordinal) && !n.EndsWith(".route.flush", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    });

    [Fact]
    public void A_value_is_written_persisted_and_then_left_alone() => Inside(live =>
    {
        var control = new SysctlControl(KernelRoot.Live);
        var plan = control.PlanSet("net.ipv4.ip_forward", "1", SysctlControl.DefaultPath);
        Assert.Equal(["write 1 (now 0)", "set 1 in /etc/sysctl.d/k8s.conf:1"], plan.Steps);
        Assert.Equal("0", live.ReadValue("net/ipv4/ip_forward"));
        control.Apply(plan, CancellationToken.None);
        Assert.Equal("1", live.ReadValue("net/ipv4/ip_forward"));
        Assert.Equal("net.ipv4.ip_forward = 1\n", File.ReadAllText(SysctlControl.DefaultPath));
        Assert.Empty(control.PlanSet("net.ipv4.ip_forward", "0x1", SysctlControl.DefaultPath).Steps);
    });

    [Theory]
    [InlineData(nameof(AtomicFileStep.Create))]
    [InlineData(nameof(AtomicFileStep.Write))]
    [InlineData(nameof(AtomicFileStep.Label))]
    [InlineData(nameof(AtomicFileStep.Flush))]
    [InlineData(nameof(AtomicFileStep.Rename))]
    [InlineData(nameof(AtomicFileStep.FlushDirectory))]
    public void Where_persisting_fails_the_kernel_is_put_back_with_all_that_went_along(string step) => Inside(live =>
    {
        LiveSysctls.WriteValue("net/ipv4/conf/eth0/forwarding", "1");
        Directory.CreateDirectory("/etc/sysctl.d");
        File.WriteAllText(SysctlControl.DefaultPath, "# mine\n");
        var before = SysctlSandbox.ReadAll(live);
        var control = new SysctlControl(KernelRoot.Live, null, new AtomicFile(KernelRoot.Live) { Fault = s => s.ToString() == step ? Errno.EIO : 0 });
        var failure = Assert.Throws<NodeException>(() => control.Apply(control.PlanSet("net.ipv4.ip_forward", "1", SysctlControl.DefaultPath), CancellationToken.None));
        Assert.Equal("SysctlPersistFailed", failure.ErrorId);
        Assert.Contains("The running kernel's value was put back to 0.", failure.Message, StringComparison.Ordinal);
        Assert.Equal("# mine\n", File.ReadAllText(SysctlControl.DefaultPath));
        Assert.Equal(before, SysctlSandbox.ReadAll(live));
    });

    [Fact]
    public void A_full_disk_leaves_the_old_file_and_the_old_value() => Inside(live =>
    {
        Directory.CreateDirectory("/etc/sysctl.d");
        File.WriteAllText(SysctlControl.DefaultPath, "# mine\n");
        using (var filler = new FileStream("/etc/filler", FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            byte[] block = new byte[1 << 20];
            Assert.Throws<IOException>(() => Enumerable.Repeat(block, 1000).ToList().ForEach(b => filler.Write(b)));
        }

        var control = new SysctlControl(KernelRoot.Live);
        var failure = Assert.Throws<NodeException>(() => control.Apply(control.PlanSet("net.ipv4.ip_forward", "1", SysctlControl.DefaultPath), CancellationToken.None));
        Assert.Equal(Errno.ENOSPC, failure.Errno);
        Assert.Equal("0", live.ReadValue("net/ipv4/ip_forward"));
        Assert.Equal("# mine\n", File.ReadAllText(SysctlControl.DefaultPath));
        Assert.Equal(["/etc/sysctl.d/k8s.conf"], Directory.GetFileSystemEntries("/etc/sysctl.d"));
    });

    [Theory]
    [InlineData("net.ipv4.ip_forward", "yes", "SysctlRefused")]
    [InlineData("net.ipv4.tcp_syn_retries", "300", "SysctlRefused")]
    [InlineData("net.ipv4.nosuch", "1", "SysctlNotFound")]
    [InlineData("net.ipv4.conf", "1", "SysctlIsGroup")]
    [InlineData("net.ipv4.tcp_available_congestion_control", "x", "SysctlReadOnly")]
    [InlineData("net.ipv4.vs.nosuch", "1", "SysctlNeedsModule")]
    public void What_can_not_be_set_is_an_error_and_nothing_is_persisted(string name, string value, string error) => Inside(live =>
    {
        var before = SysctlSandbox.ReadAll(live);
        var control = new SysctlControl(KernelRoot.Live);
        var failure = Assert.Throws<NodeException>(() => control.Apply(control.PlanSet(name, value, SysctlControl.DefaultPath), CancellationToken.None));
        Assert.Equal(error, failure.ErrorId);
        Assert.NotNull(failure.RecommendedAction);
        Assert.False(File.Exists(SysctlControl.DefaultPath));
        Assert.Equal(before, SysctlSandbox.ReadAll(live));
    });

    /// <summary>A mount that is read-only is not the line's fault, which a refused value is.</summary>
    [Fact]
    public void Applying_says_what_helps_where_the_line_is_not_at_fault() => Inside(_ =>
    {
        SysctlSandbox.WriteTree([new("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward = 1\nnet.ipv4.tcp_syn_retries = 300\n"u8.ToArray())]);
        var control = new SysctlControl(KernelRoot.Live) { Writer = (path, _) => path == "net/ipv4/ip_forward" ? Errno.EROFS : Errno.EINVAL };
        var answers = control.Sync(SysctlOrder.Systemd, (_, _) => true, isDry: false, CancellationToken.None).ToList();
        Assert.All(answers, a => Assert.Equal(SysctlSyncStatus.Failed, a.Status));
        Assert.Contains("read-write", answers[0].Remedy!, StringComparison.Ordinal);
        Assert.Null(answers[1].Remedy);
    });

    [Fact]
    public void Applying_all_files_does_what_the_tool_does() => Inside(live =>
    {
        for (int seed = 5000; seed < 5020; seed++)
        {
            SysctlSandbox.WriteTree(new TreeGenerator(seed, new HashSet<string>()).Tree());
            foreach (var order in Enum.GetValues<SysctlOrder>())
            {
                SysctlSandbox.NewNetwork(withLoopback: false);
                foreach (var _ in new SysctlControl(KernelRoot.Live).Sync(order, (_, _) => true, isDry: false, CancellationToken.None))
                {
                }

                var ours = SysctlSandbox.ReadAll(live);
                SysctlSandbox.NewNetwork(withLoopback: false);
                SysctlSandbox.Tool(order == SysctlOrder.Systemd ? SysctlSandbox.SystemdTool : SysctlSandbox.ProcpsTool, order == SysctlOrder.Systemd ? [] : ["--system"]);
                Assert.Equal(SysctlSandbox.ReadAll(live), ours);
            }
        }
    });
}
