using System.Diagnostics;
using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Tests.Sysctl;
using static K8sNetfilter.Tests.Baselines.DriftedRoot;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>Set- and Undo-NodeBaseline where the file system is full, read-only, or holds the journal fast.</summary>
public sealed class FullDiskTests
{
    private const string Large = "/etc/sysctl.d/z.conf";

    private static void Inside(Action<TemporaryRoot> test)
    {
        Assert.SkipUnless(SysctlSandbox.Unavailable is null, SysctlSandbox.Unavailable ?? "");
        using var root = Drifted();
        SysctlSandbox.Run(() => test(root));
    }

    // A file system of its own for a folder of the root, with what is in it.
    private static void Mount(TemporaryRoot root, string folder, string size)
    {
        var files = Directory.GetFiles(root.At(folder)).Where(f => new FileInfo(f).LinkTarget is null).ToDictionary(f => f, File.ReadAllText);
        var links = Directory.GetFiles(root.At(folder)).Where(f => new FileInfo(f).LinkTarget is not null).ToDictionary(f => f, f => new FileInfo(f).LinkTarget!);
        SysctlSandbox.Hide(root.At(folder), size);
        foreach (var (path, content) in files)
        {
            File.WriteAllText(path, content);
        }

        foreach (var (path, target) in links)
        {
            File.CreateSymbolicLink(path, target);
        }
    }

    private static string Fill(TemporaryRoot root, string folder)
    {
        string path = root.At(folder) + "/.filling";
        using var file = File.Create(path, 1);
        try
        {
            for (byte[] page = new byte[4096]; ; file.Write(page))
            {
            }
        }
        catch (IOException)
        {
            return path;
        }
    }

    [Fact]
    public void What_a_full_disk_keeps_from_being_undone_is_named_with_the_rest_and_undone_once_there_is_room() => Inside(root =>
    {
        root.File(Large, "net.bridge.bridge-nf-call-iptables=0\n" + string.Concat(Enumerable.Repeat("# why this is so is a long story\n", 2000)));
        Mount(root, "/etc/sysctl.d", "256k");
        string before = Sight(root);
        var control = new BaselineControl(root.Root);
        Set(control);
        string filling = Fill(root, "/etc/sysctl.d");
        var failure = Assert.Throws<NodeException>(() => Undo(control));
        Assert.Equal(("JournalNotUndone", NodeErrorCategory.ResourceUnavailable, Errno.ENOSPC), (failure.ErrorId, failure.Category, failure.Errno));
        Assert.Contains($"{Large} (Replacing the file failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no room left", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Undone: /etc/sysctl.d/zz-k8s.conf, /etc/sysctl.conf, /etc/sysctl.d/k8s.conf, /etc/modules-load.d/zz-k8s.conf.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Free some space (df -h, df -i), then run Undo-NodeBaseline again", failure.RecommendedAction, StringComparison.Ordinal);

        // The file that could not be put back is whole, as the change left it; nothing half written is beside it.
        Assert.Contains("# K8sNetfilter (baseline Kubernetes): net.bridge.bridge-nf-call-iptables=0", root.Read(Large), StringComparison.Ordinal);
        Assert.DoesNotContain(root.Names(), n => n.Contains(".k8snf-", StringComparison.Ordinal));
        Assert.Equal(Large, Assert.Single(control.PlanUndo().Steps).Target);

        File.Delete(filling);
        Undo(control);
        Assert.Equal(before, Sight(root));
        Assert.False(control.PlanUndo().IsThere);
    });

    [Fact]
    public void A_journal_that_does_not_fit_stops_the_change_before_its_first_step() => Inside(root =>
    {
        SysctlSandbox.Hide(root.At("/var/lib"), "64k");
        Fill(root, "/var/lib");
        string before = Sight(root);
        var failure = Assert.Throws<NodeException>(() => Set(new BaselineControl(root.Root)));
        Assert.Equal(("BaselineNotApplied", Errno.ENOSPC), (failure.ErrorId, failure.Errno));
        Assert.Contains("All that was done before it is undone.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Free some space", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(before, Sight(root));
    });

    [Fact]
    public void A_full_disk_does_not_keep_the_journal() => Inside(root =>
    {
        SysctlSandbox.Hide(root.At("/var/lib"), "64k");
        string before = Sight(root);
        var control = new BaselineControl(root.Root);
        Set(control);
        string filling = Fill(root, "/var/lib");
        Undo(control);
        File.Delete(filling);
        Assert.Equal(before, Sight(root));
    });

    [Fact]
    public void A_journal_on_a_read_only_file_system_stays_and_goes_with_the_next_undo() => Inside(root =>
    {
        SysctlSandbox.Hide(root.At("/var/lib"), "1m");
        string before = Sight(root);
        var control = new BaselineControl(root.Root);
        Set(control);
        SysctlSandbox.SetReadOnly(root.At("/var/lib"), true);
        var failure = Assert.Throws<NodeException>(() => Undo(control));
        Assert.Equal(("JournalNotRemoved", NodeErrorCategory.ResourceUnavailable, Errno.EROFS), (failure.ErrorId, failure.Category, failure.Errno));
        AssertKept(control, failure, "read-only");
        SysctlSandbox.SetReadOnly(root.At("/var/lib"), false);
        Undo(control);
        Assert.Equal(before, Sight(root));
        Assert.False(control.PlanUndo().IsThere);
    });

    [Fact]
    public void An_immutable_journal_stays_and_the_way_to_remove_it_is_named() => Inside(root =>
    {
        string before = Sight(root);
        var control = new BaselineControl(root.Root);
        Set(control);
        Assert.SkipUnless(Chattr("+i", root.At(Journal.Path)), "this file system, or this user, sets no attributes");
        try
        {
            var failure = Assert.Throws<NodeException>(() => Undo(control));
            Assert.Equal(("JournalNotRemoved", Errno.EPERM), (failure.ErrorId, failure.Errno));
            AssertKept(control, failure, Journal.Path);
            Assert.Contains($"chattr -i -a {Journal.Path}", failure.RecommendedAction, StringComparison.Ordinal);
        }
        finally
        {
            Chattr("-i", root.At(Journal.Path));
        }

        Undo(control);
        Assert.Equal(before, Sight(root));
    });

    // All else is undone, and another try changes nothing of it.
    private static void AssertKept(BaselineControl control, NodeException failure, string why)
    {
        Assert.Contains("All of the last change is undone, but its journal /var/lib/k8snetfilter/last-change.json could not be removed", failure.Message, StringComparison.Ordinal);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        Assert.Contains("Undo-NodeBaseline again", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(control.PlanUndo().Steps);
        Assert.Equal("JournalNotRemoved", Assert.Throws<NodeException>(() => Undo(control)).ErrorId);
    }

    private static bool Chattr(string change, string path)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("chattr", [change, path]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
