using System.Diagnostics;
using System.Text;
using K8sNetfilter.Baselines;
using K8sNetfilter.IO;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>A change whose process the kernel ends in the middle of it: each costs a process, so they are not with the quick tests.</summary>
public sealed class BaselineKillTests
{
    private const string KillVariable = "K8SNF_TEST_KILL";
    private const string RootVariable = "K8SNF_TEST_ROOT";

    private static readonly Baseline Kubernetes = BaselineResolver.Resolve(ShippedBaselines.Find("Kubernetes")!, (name, _) => ShippedBaselines.Find(name)!);

    /// <summary>Each kind of moment once, since every one costs processes; the last two end in the middle of replacing a file.</summary>
    public static TheoryData<string> Kills => ["Start 2", "Journaled 1", "Journaled 4", "Done 1", "Complete 0", "Rename 2", "FlushDirectory 3"];

    /// <summary>Every way in which a file can stand in the way: overridden by later files of both kinds, masked, and a link.</summary>
    private static TemporaryRoot Drifted()
    {
        var root = new TemporaryRoot()
            .File("/etc/sysctl.conf", "# the distribution's\nnet.ipv4.ip_forward = 0\n")
            .Link("/etc/sysctl.d/zz-last.conf", "../sysctl.conf")
            .File("/etc/sysctl.d/z.conf", "net.bridge.bridge-nf-call-iptables=0\nkernel.panic = 10")
            .File("/usr/lib/sysctl.d/z1.conf", "net.bridge.bridge-nf-call-ip6tables=0\n")
            .Link("/etc/modules-load.d/k8s.conf", "/dev/null")
            .Folder("/var/lib").Folder("/run");
        File.SetUnixFileMode(root.At("/etc/sysctl.d/z.conf"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        return root;
    }

    private static BaselinePlan Plan(BaselineControl control, params Baseline[] baselines) =>
        control.Plan(baselines.Length == 0 ? [Kubernetes] : baselines, null, _ => { }, CancellationToken.None);

    private static List<BaselineStep> Set(BaselineControl control, params Baseline[] baselines)
    {
        var done = new List<BaselineStep>();
        Assert.True(control.Apply(Plan(control, baselines), () => Plan(control, baselines), done.Add, null, CancellationToken.None));
        return done;
    }

    private static void Undo(BaselineControl control, bool force = false) =>
        control.Undo(force, new HashSet<int>(), _ => { }, _ => { }, null, CancellationToken.None);

    /// <summary>All that is below a root: names, kinds, permissions, contents. The journal's folder apart.</summary>
    private static string Sight(TemporaryRoot root)
    {
        var text = new StringBuilder();
        foreach (string name in root.Names())
        {
            var file = new FileInfo(root.At(name));
            string content = file.LinkTarget is { } target ? "-> " + target : Directory.Exists(file.FullName) ? "/" : Convert.ToHexString(File.ReadAllBytes(file.FullName));
            text.Append(name).Append(' ').Append(file.LinkTarget is null ? File.GetUnixFileMode(file.FullName) : default).Append(' ').AppendLine(content);
        }

        return text.ToString();
    }

    [Theory]
    [MemberData(nameof(Kills))]
    public void A_process_that_is_killed_at_any_step_is_undone_by_the_next(string at)
    {
        using var root = Drifted();
        string before = Sight(root);
        KillAt(root, at);
        Undo(new BaselineControl(new KernelRoot(root.Path)));
        Assert.Equal(before, Sight(root));

        // And where it is set again first, the state before the killed change is what comes back.
        KillAt(root, at);
        Set(new BaselineControl(new KernelRoot(root.Path)));
        Assert.All(Plan(new BaselineControl(new KernelRoot(root.Path))).Findings, f => Assert.True(f.IsInDesiredState));
        Undo(new BaselineControl(new KernelRoot(root.Path)));
        Assert.Equal(before, Sight(root));
    }

    [Theory]
    [InlineData("Undo 3")]
    [InlineData("Undone 0")]
    public void An_undo_that_is_killed_is_finished_by_the_next(string at)
    {
        using var root = Drifted();
        string before = Sight(root);
        Set(new BaselineControl(new KernelRoot(root.Path)));
        KillAt(root, at);
        Undo(new BaselineControl(new KernelRoot(root.Path)));
        Assert.Equal(before, Sight(root));
    }

    /// <summary>The process that is killed: it runs this one test, which no other run does.</summary>
    [Fact(Explicit = true)]
    public void Child()
    {
        string at = Environment.GetEnvironmentVariable(KillVariable)!;
        var root = new KernelRoot(Environment.GetEnvironmentVariable(RootVariable)!);
        int current = 0;
        var files = new AtomicFile(root)
        {
            Fault = step =>
            {
                KillIf($"{step} {current}" == at);
                return 0;
            },
        };
        var control = new BaselineControl(root, null, files)
        {
            At = (moment, step) =>
            {
                current = step;
                KillIf($"{moment} {step}" == at);
            },
        };

        static void KillIf(bool isTime)
        {
            if (isTime)
            {
                Process.GetCurrentProcess().Kill();
                Thread.Sleep(Timeout.Infinite);
            }
        }

        if (at.StartsWith("Undo", StringComparison.Ordinal))
        {
            Undo(control);
        }
        else
        {
            Set(control);
        }
    }

    private static void KillAt(TemporaryRoot root, string at)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[typeof(BaselineKillTests).Assembly.Location, "-noLogo", "-explicit", "only", "-method", "*.BaselineKillTests.Child"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[KillVariable] = at;
        start.Environment[RootVariable] = root.Path;
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 128 + 9, $"it was not killed: {process.ExitCode} {output}");
    }
}
