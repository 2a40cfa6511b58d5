using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;
using static K8sNetfilter.Tests.Baselines.DriftedRoot;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>A root's files brought to a baseline and back: faults, kills and other writers at every step.</summary>
public sealed class BaselineControlTests
{
    public static TheoryData<string> Moments =>
    [
        .. from moment in new[] { nameof(BaselineMoment.Start), nameof(BaselineMoment.Journaled), nameof(BaselineMoment.Done) } from step in Enumerable.Range(1, 5) select $"{moment} {step}",
        "Complete 0",
    ];

    [Fact]
    public void A_root_is_brought_to_the_baseline_once_and_back_byte_for_byte()
    {
        using var root = Drifted();
        string before = Sight(root);
        var control = new BaselineControl(root.Root);
        var plan = Plan(control);
        Assert.Equal(before, Sight(root));
        Assert.Empty(plan.Refusals);
        Assert.Equal(
            [
                "/etc/modules-load.d/zz-k8s.conf: make it: add the line overlay; add the line br_netfilter",
                "/etc/sysctl.d/k8s.conf: make it: set net.ipv4.ip_forward = 1; set net.bridge.bridge-nf-call-iptables = 1; set net.bridge.bridge-nf-call-ip6tables = 1",
                "/etc/sysctl.conf: comment out line 2: net.ipv4.ip_forward = 0",
                "/etc/sysctl.d/z.conf: comment out line 1: net.bridge.bridge-nf-call-iptables=0",
                "/etc/sysctl.d/zz-k8s.conf: make it: set net.bridge.bridge-nf-call-ip6tables = 1, after /usr/lib/sysctl.d/z1.conf:1",
            ],
            plan.Steps.Select(s => s.ToString()));
        Assert.Equal(5, Set(control).Count);
        Assert.All(Plan(control).Findings, f => Assert.True(f.IsInDesiredState));
        Assert.Equal("# the distribution's\n# K8sNetfilter (baseline Kubernetes): net.ipv4.ip_forward = 0\n", root.Read("/etc/sysctl.conf"));
        Assert.Equal("# K8sNetfilter (baseline Kubernetes): net.bridge.bridge-nf-call-iptables=0\nkernel.panic = 10", root.Read("/etc/sysctl.d/z.conf"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(root.At(Journal.Path)));

        string after = Sight(root);
        Assert.Empty(Set(control));
        Assert.Equal(after, Sight(root));

        Undo(control);
        Assert.Equal(before, Sight(root));
        Assert.False(control.PlanUndo().IsThere);
        Undo(control);
        Assert.Equal(before, Sight(root));
    }

    [Theory]
    [MemberData(nameof(Moments))]
    public void A_fault_at_any_step_undoes_all_before_it_and_claims_nothing(string at)
    {
        using var root = Drifted();
        string before = Sight(root);
        var control = new BaselineControl(root.Root)
        {
            At = (moment, step) =>
            {
                if ($"{moment} {step}" == at)
                {
                    throw new NodeException("Injected", NodeErrorCategory.InvalidResult, "injected");
                }
            },
        };
        var failure = Assert.Throws<NodeException>(() => Set(control));
        Assert.Equal("BaselineNotApplied", failure.ErrorId);
        Assert.Contains("All that was done before it is undone.", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, Sight(root));
    }

    [Fact]
    public void What_could_not_be_undone_is_named_and_kept_for_another_try()
    {
        using var root = Drifted();
        string before = Sight(root);
        var control = new BaselineControl(root.Root)
        {
            At = (moment, step) =>
            {
                if ((moment, step) is (BaselineMoment.Done, 4) or (BaselineMoment.Undo, 2))
                {
                    throw new NodeException("Injected", NodeErrorCategory.InvalidResult, "the disk is gone.");
                }
            },
        };
        var failure = Assert.Throws<NodeException>(() => Set(control));
        Assert.Contains("but for: /etc/sysctl.conf (the disk is gone)", failure.Message, StringComparison.Ordinal);
        Assert.NotEqual(before, Sight(root));
        Undo(new BaselineControl(root.Root));
        Assert.Equal(before, Sight(root));
    }

    [Fact]
    public void Ctrl_C_between_two_steps_undoes_the_first()
    {
        using var root = Drifted();
        string before = Sight(root);
        using var stop = new CancellationTokenSource();
        var control = new BaselineControl(root.Root) { At = (moment, step) => { if ((moment, step) == (BaselineMoment.Done, 2)) { stop.Cancel(); } } };
        Assert.ThrowsAny<OperationCanceledException>(() => control.Apply(Plan(control), () => Plan(control), _ => { }, null, stop.Token));
        Assert.Equal(before, Sight(root));
    }

    [Fact]
    public void What_somebody_else_changed_since_is_left_unless_forced()
    {
        using var root = Drifted();
        string before = Sight(root);
        var control = new BaselineControl(root.Root);
        Set(control);
        File.AppendAllText(root.At("/etc/sysctl.conf"), "vm.swappiness = 1\n");
        File.Delete(root.At("/etc/sysctl.d/k8s.conf"));
        File.SetUnixFileMode(root.At("/etc/sysctl.d/z.conf"), UnixFileMode.UserRead);
        string changed = Sight(root);
        var failure = Assert.Throws<NodeException>(() => Undo(control));
        Assert.Equal("JournalChangedSince", failure.ErrorId);
        Assert.Contains("/etc/sysctl.conf has other content", failure.Message, StringComparison.Ordinal);
        Assert.Contains("/etc/sysctl.d/z.conf has another owner or other permissions", failure.Message, StringComparison.Ordinal);
        Assert.Equal(changed, Sight(root));
        Undo(control, force: true);
        Assert.Equal(before, Sight(root));
    }

    [Fact]
    public async Task Of_two_at_once_one_waits_and_neither_is_lost()
    {
        using var root = Drifted();
        string before = Sight(root);
        string other = root.At("/other.json");
        var mine = new BaselineControl(root.Root);
        var extra = BaselineReader.Read(other, DataJson.Parse(other, """{ "name": "Other", "sysctls": [ { "name": "vm.swappiness", "value": 10 } ] }"""u8));
        using var inside = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var slow = new BaselineControl(root.Root) { At = (moment, step) => { if ((moment, step) == (BaselineMoment.Done, 1)) { inside.Set(); go.Wait(); } } };
        var first = Task.Run(() => Set(slow), TestContext.Current.CancellationToken);
        inside.Wait(TestContext.Current.CancellationToken);
        bool waited = false;
        var done = new List<BaselineStep>();
        Assert.True(mine.Apply(Plan(mine, extra), () => { waited |= go.IsSet; return Plan(mine, extra); }, done.Add, go.Set, CancellationToken.None) || Set(mine, extra).Count == 1);
        Assert.Equal(5, (await first).Count);
        Assert.True(waited);
        Assert.Empty(Plan(mine, Kubernetes, extra).Steps);
        Assert.NotEqual(before, Sight(root));
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "not json", "it is not valid JSON" },
        { "[1,2]", "wrong type" },
        { """{"version":2,"state":"applied","begun":"2026-01-01T00:00:00Z","entries":[]}""", "its version is not 1" },
        { """{"version":1,"state":"applied","begun":"2026-01-01T00:00:00Z","entries":[],"run":"sh"}""", "unknown or a repeated key" },
        { Entry("""{"kind":"File","target":"/etc/../root/.ssh/x.conf","newSha256":"HASH"}"""), "it names the file" },
        { Entry("""{"kind":"File","target":"/etc/shadow","newSha256":"HASH"}"""), "it names the file /etc/shadow" },
        { Entry("""{"kind":"File","target":"/root/x.conf","newSha256":"HASH"}"""), "it names the file /root/x.conf" },
        { Entry("""{"kind":"File","target":"/etc/a.conf","newSha256":"HASH","oldFile":{"content":"","mode":2541,"uid":0,"gid":0}}"""), "more than permissions" },
        { Entry("""{"kind":"File","target":"/etc/a.conf","newSha256":"HASH","directories":["/etc/other"]}"""), "directory" },
        { Entry("""{"kind":"LoadModule","target":"../evil"}"""), "it names the module" },
        { Entry("""{"kind":"LoadModule","target":"good","modules":["ev il;reboot"]}"""), "it names the module" },
        { Entry("""{"kind":"Sysctl","target":"../../etc/passwd","old":"1","new":"2"}"""), "it names the kernel parameter" },
        { Entry("""{"kind":"Sysctl","target":"kernel/core_pattern","old":"|/bin/sh\u0000","new":"2"}"""), "it names the kernel parameter" },
        { Entry("""{"kind":"Bridge","target":"br0/../x","property":"hairpin","old":"on","new":"off"}"""), "it names the link" },
        { Entry("""{"kind":"Shell","target":"reboot"}"""), "kind is unknown" },
        { new string('[', 100_000), "it is not valid JSON" },
    };

    private static string Entry(string entry) =>
        """{"version":1,"state":"applied","begun":"2026-01-01T00:00:00Z","entries":[ENTRY]}""".Replace("ENTRY", entry, StringComparison.Ordinal).Replace("HASH", new string('A', 64), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_journal_that_nobody_here_wrote_changes_nothing(string journal, string why)
    {
        using var root = Drifted().File(Journal.Path, journal);
        File.SetUnixFileMode(root.At(Journal.Path), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string before = Sight(root);
        var control = new BaselineControl(root.Root);
        var failure = Assert.Throws<NodeException>(() => Undo(control, force: true));
        Assert.Equal("JournalInvalid", failure.ErrorId);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);

        // Nor is it written over: what it may be needed for, nobody knows.
        Assert.Throws<NodeException>(() => Set(control));
        Assert.Equal(before, Sight(root));
    }

    [Fact]
    public void A_journal_that_others_can_write_is_not_believed()
    {
        using var root = Drifted();
        var control = new BaselineControl(root.Root);
        Set(control);
        File.SetUnixFileMode(root.At(Journal.Path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.Equal("JournalInvalid", Assert.Throws<NodeException>(() => Undo(control)).ErrorId);
    }

    [Fact]
    public void What_cannot_be_set_is_named_and_the_rest_is_done()
    {
        using var root = new TemporaryRoot().Folder("/var/lib").Folder("/run")
            .Link("/etc/modules-load.d/k8s.conf", "/dev/null").Link("/etc/modules-load.d/zz-k8s.conf", "/dev/null")
            .File("/usr/lib/sysctl.d/zzz.conf", "net.ipv4.ip_forward = 0\n");
        var control = new BaselineControl(root.Root);
        var plan = Plan(control);
        Assert.Empty(plan.Steps);
        Assert.Contains(plan.Refusals, r => r.Finding.Name == "overlay" && r.Why.Contains("masked", StringComparison.Ordinal));
        Assert.Contains(plan.Refusals, r => r.Finding.Name == "net.bridge.bridge-nf-call-iptables" && r.Why.Contains("it needs br_netfilter", StringComparison.Ordinal));
        Assert.Contains(plan.Refusals, r => r.Finding.Name == "net.ipv4.ip_forward" && r.Why.Contains("/usr/lib/sysctl.d/zzz.conf:1 decides", StringComparison.Ordinal));

        var two = BaselineReader.Read("/b.json", DataJson.Parse("/b.json", """{ "name": "B", "sysctls": [ { "name": "vm.swappiness", "value": 10 }, { "name": "kernel.panic", "minimum": 5 } ] }"""u8));
        var three = BaselineReader.Read("/c.json", DataJson.Parse("/c.json", """{ "name": "C", "sysctls": [ { "name": "vm.swappiness", "value": 20 }, { "name": "kernel.panic", "maximum": 7 } ] }"""u8));
        plan = Plan(control, two, three);
        Assert.Equal(2, plan.Refusals.Count(r => r.Why.Contains("contradict each other", StringComparison.Ordinal)));
        Assert.Equal("make it: set kernel.panic = 5", Assert.Single(plan.Steps).Action);
    }

    [Fact]
    public void A_blacklist_is_commented_out_where_it_is_the_administrators_and_stood_in_for_where_it_is_a_packages()
    {
        using var root = new TemporaryRoot().Folder("/var/lib").Folder("/run")
            .File("/lib/modules/6.1.0/modules.dep", "kernel/a/overlay.ko:\nkernel/b/br_netfilter.ko:\n")
            .File("/lib/modules/6.1.0/kernel/a/overlay.ko", "x").File("/lib/modules/6.1.0/kernel/b/br_netfilter.ko", "x")
            .File("/etc/modprobe.d/mine.conf", "# why\nblacklist overlay\n")
            .File("/usr/lib/modprobe.d/theirs.conf", "blacklist br_netfilter\nblacklist pcspkr\n");
        string before = Sight(root);
        var control = new BaselineControl(root.Root);
        Assert.Equal(
            ["/etc/modprobe.d/mine.conf", "/etc/modprobe.d/theirs.conf", "/etc/modules-load.d/k8s.conf", "/etc/sysctl.d/k8s.conf"],
            Set(control).Select(s => s.Target));
        Assert.Equal("# why\n# K8sNetfilter (baseline Kubernetes): blacklist overlay\n", root.Read("/etc/modprobe.d/mine.conf"));
        Assert.Equal("# K8sNetfilter (baseline Kubernetes): blacklist br_netfilter\nblacklist pcspkr\n", root.Read("/etc/modprobe.d/theirs.conf"));
        Assert.All(Plan(control).Findings, f => Assert.True(f.IsInDesiredState));
        Undo(control);
        Assert.Equal(before, Sight(root));
    }
}
