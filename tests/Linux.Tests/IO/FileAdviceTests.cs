using System.Diagnostics;
using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;

namespace K8sNetfilter.Tests.IO;

/// <summary>What an error advises helps against the reason that the kernel had.</summary>
public sealed class FileAdviceTests : IDisposable
{
    private readonly TemporaryRoot _root = new();

    public void Dispose()
    {
        Chattr("-R", "-i", _root.Root.Path);
        _root.Dispose();
    }

    private static bool Chattr(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("chattr", arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private NodeException Refused(string path) => Assert.Throws<NodeException>(() => new AtomicFile(_root.Root).Edit(path, _ => "x = 1\n"u8.ToArray()));

    [Theory]
    [InlineData("/etc/sysctl.d/k8s.conf", "/etc/sysctl.d/k8s.conf")]
    [InlineData("/etc/sysctl.d", "/etc/sysctl.d/k8s.conf")]
    [InlineData("/etc", "/etc/new/k8s.conf")]
    public void An_immutable_file_needs_chattr_and_no_right(string held, string path)
    {
        Directory.CreateDirectory(_root.At("/etc/sysctl.d"));
        File.WriteAllText(_root.At("/etc/sysctl.d/k8s.conf"), "a = 1\n");
        Assert.SkipUnless(Chattr("+i", _root.At(held)), "this file system, or this user, sets no attributes");
        var failure = Refused(path);
        Assert.Equal("NotPermitted", failure.ErrorId);
        Assert.Contains($"chattr -i -a {held}", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("CAP_", failure.RecommendedAction, StringComparison.Ordinal);
        Chattr("-i", _root.At(held));
        new AtomicFile(_root.Root).Edit(path, _ => "x = 1\n"u8.ToArray());
    }

    [Fact]
    public void A_file_in_the_place_of_a_folder_is_named()
    {
        File.WriteAllText(_root.At("/etc"), "");
        Assert.Contains("is a file", Refused("/etc/sysctl.d/a.conf").RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_only_file_system_is_to_be_mounted_writable()
    {
        var failure = FileFailure.From(_root.Root, K8sNetfilter.Interop.Errno.EROFS, "Making the directory", "/var/lib/k8snetfilter");
        Assert.Equal("ReadOnly", failure.ErrorId);
        Assert.Contains("/var/lib/k8snetfilter writable", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("/proc/sys", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_file_system_says_nothing_of_what_was_changed() =>
        Assert.DoesNotContain("changed", FileFailure.From(_root.Root, K8sNetfilter.Interop.Errno.ENOSPC, "Replacing the file", "/etc/a").RecommendedAction, StringComparison.Ordinal);

    [Fact]
    public void A_journal_that_is_no_file_is_named_as_one()
    {
        Directory.CreateDirectory(_root.At(Journal.Path));
        var failure = Assert.Throws<NodeException>(() => Journal.Read(Journal.FilesOf(_root.Root)));
        Assert.Equal("JournalInvalid", failure.ErrorId);
        Assert.Contains("not a regular file", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("-Path", failure.RecommendedAction, StringComparison.Ordinal);
    }
}
