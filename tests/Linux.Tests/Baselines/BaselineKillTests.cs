using System.Diagnostics;
using K8sNetfilter.Baselines;
using K8sNetfilter.IO;
using static K8sNetfilter.Tests.Baselines.DriftedRoot;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>A change whose process the kernel ends in the middle of it: each costs a process.</summary>
public sealed class BaselineKillTests
{
    private const string KillVariable = "K8SNF_TEST_KILL";
    private const string RootVariable = "K8SNF_TEST_ROOT";

    /// <summary>Each kind of moment once, since every one costs processes; the last two end in the middle of replacing a file.</summary>
    public static TheoryData<string> Kills => ["Start 2", "Journaled 1", "Journaled 4", "Done 1", "Complete 0", "Rename 2", "FlushDirectory 3"];

    [Theory]
    [MemberData(nameof(Kills))]
    public void A_process_that_is_killed_at_any_step_is_undone_by_the_next(string at)
    {
        using var root = Drifted();
        string before = Sight(root);
        KillAt(root, at);
        Undo(new BaselineControl(root.Root));
        Assert.Equal(before, Sight(root));

        // And where it is set again first, the state before the killed change is what comes back.
        KillAt(root, at);
        Set(new BaselineControl(root.Root));
        Assert.All(Plan(new BaselineControl(root.Root)).Findings, f => Assert.True(f.IsInDesiredState));
        Undo(new BaselineControl(root.Root));
        Assert.Equal(before, Sight(root));
    }

    [Theory]
    [InlineData("Undo 3")]
    [InlineData("Undone 0")]
    public void An_undo_that_is_killed_is_finished_by_the_next(string at)
    {
        using var root = Drifted();
        string before = Sight(root);
        Set(new BaselineControl(root.Root));
        KillAt(root, at);
        Undo(new BaselineControl(root.Root));
        Assert.Equal(before, Sight(root));
    }

    /// <summary>The process that is killed: it runs this one test, which no other run does.</summary>
    [Fact(Explicit = true)]
    public void The_child_process_applies_a_baseline_until_it_is_killed()
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
        foreach (string argument in (string[])[typeof(BaselineKillTests).Assembly.Location, "-noLogo", "-explicit", "only", "-method", "*.BaselineKillTests.The_child_process_applies_a_baseline_until_it_is_killed"])
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
