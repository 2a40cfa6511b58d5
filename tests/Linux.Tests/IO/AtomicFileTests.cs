using System.Diagnostics;
using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;

namespace K8sNetfilter.Tests.IO;

public sealed class AtomicFileTests
{
    private const string Path = "/etc/sysctl.d/k8s.conf";

    private static byte[]? Text(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    [Fact]
    public void A_new_file_is_readable_by_all_and_its_directory_is_made()
    {
        using var root = new TemporaryRoot();
        Assert.True(new AtomicFile(root.Root).Edit(Path, _ => Text("new")));
        Assert.Equal("new", root.Read(Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(root.At(Path)));
        Assert.Equal(["/etc", "/etc/sysctl.d", Path], root.Names());
    }

    [Fact]
    public void Nothing_to_change_is_nothing_written()
    {
        using var root = new TemporaryRoot();
        Assert.False(new AtomicFile(root.Root).Edit(Path, _ => null));
        Assert.Empty(root.Names());
        root.File(Path, "same");
        File.SetLastWriteTimeUtc(root.At(Path), DateTime.UnixEpoch);
        Assert.False(new AtomicFile(root.Root).Edit(Path, old => old));
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(root.At(Path)));
    }

    [Fact]
    public void Owner_mode_and_attributes_stay()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "changing an owner needs root");
        using var root = new TemporaryRoot().File(Path, "old");
        File.SetUnixFileMode(root.At(Path), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        Run("chown", "12:34", root.At(Path));
        int attribute = Run("python3", "-c", $"import os; os.setxattr('{root.At(Path)}', 'user.note', b'kept'); os.setxattr('{root.At(Path)}', 'security.selinux', b'label')");
        Assert.True(new AtomicFile(root.Root).Edit(Path, old => [.. old!, (byte)'+']));
        Assert.Equal("old+", root.Read(Path));
        Assert.Equal("12:34 460", Output("stat", "-c", "%u:%g %a", root.At(Path)));
        if (attribute == 0)
        {
            Assert.Equal("kept label", Output("python3", "-c", $"import os; print(os.getxattr('{root.At(Path)}', 'user.note').decode(), os.getxattr('{root.At(Path)}', 'security.selinux').decode())"));
        }
    }

    [Fact]
    public void A_link_stays_and_what_it_leads_to_inside_the_root_is_replaced()
    {
        using var root = new TemporaryRoot().File("/etc/sysctl.conf", "old").Link("/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf").Link("/etc/sysctl.d/absolute.conf", "/etc/sysctl.conf");
        Assert.True(new AtomicFile(root.Root).Edit("/etc/sysctl.d/99-sysctl.conf", _ => Text("1")));
        Assert.True(new AtomicFile(root.Root).Edit("/etc/sysctl.d/absolute.conf", old => [.. old!, (byte)'2']));
        Assert.Equal("12", root.Read("/etc/sysctl.conf"));
        Assert.Equal("../sysctl.conf", new FileInfo(root.At("/etc/sysctl.d/99-sysctl.conf")).LinkTarget);
    }

    [Theory]
    [InlineData("/dev/null", nameof(Messages.FileIsMask))]
    [InlineData("/dev/zero", nameof(Messages.NotThere))]
    [InlineData("/etc", nameof(Messages.FileNotRegular))]
    public void What_is_no_file_is_refused(string target, string error)
    {
        using var root = new TemporaryRoot().Link(Path, target).Folder("/etc");
        var failure = Assert.Throws<NodeException>(() => new AtomicFile(root.Root).Edit(Path, _ => Text("x")));
        Assert.Equal(error, failure.ErrorId);
        Assert.NotNull(failure.RecommendedAction);
    }

    [Theory]
    [InlineData(nameof(AtomicFileStep.Create))]
    [InlineData(nameof(AtomicFileStep.Write))]
    [InlineData(nameof(AtomicFileStep.Label))]
    [InlineData(nameof(AtomicFileStep.Flush))]
    [InlineData(nameof(AtomicFileStep.Rename))]
    [InlineData(nameof(AtomicFileStep.FlushDirectory))]
    public void A_step_that_fails_leaves_the_old_file_and_nothing_else(string step)
    {
        foreach (string? before in new[] { "old", null })
        {
            using var root = new TemporaryRoot().Folder("/etc/sysctl.d");
            if (before is not null)
            {
                root.File(Path, before);
            }

            string[] names = root.Names();
            var file = new AtomicFile(root.Root) { Fault = s => s.ToString() == step ? Errno.EIO : 0 };
            var failure = Assert.Throws<NodeException>(() => file.Edit(Path, _ => Text("new")));
            Assert.Equal(Errno.EIO, failure.Errno);
            Assert.Equal(names, root.Names());
            Assert.Equal(before, before is null ? null : root.Read(Path));
        }
    }

    /// <summary>The other half of the next test, run in a process of its own, which it ends at the step named.</summary>
    [Fact(Explicit = true)]
    public void The_child_process_writes_until_it_is_killed()
    {
        string root = Environment.GetEnvironmentVariable("K8SNF_TEST_ROOT")!, step = Environment.GetEnvironmentVariable("K8SNF_TEST_STEP")!;
        var file = new AtomicFile(new KernelRoot(root))
        {
            Fault = s =>
            {
                if (s.ToString() == step)
                {
                    Process.GetCurrentProcess().Kill();
                    Thread.Sleep(Timeout.Infinite);
                }

                return 0;
            },
        };
        file.Edit(Path, _ => Text("new"));
    }

    [Theory]
    [InlineData(nameof(AtomicFileStep.Create), "old")]
    [InlineData(nameof(AtomicFileStep.Write), "old")]
    [InlineData(nameof(AtomicFileStep.Label), "old")]
    [InlineData(nameof(AtomicFileStep.Flush), "old")]
    [InlineData(nameof(AtomicFileStep.Rename), "old")]
    [InlineData(nameof(AtomicFileStep.FlushDirectory), "new")]
    public void A_kill_leaves_one_file_or_the_other_and_the_next_writer_cleans_up(string step, string expected)
    {
        using var root = new TemporaryRoot().File(Path, "old");
        var start = new ProcessStartInfo("dotnet", [typeof(AtomicFileTests).Assembly.Location, "-noLogo", "-explicit", "only", "-method", "*.The_child_process_writes_until_it_is_killed"])
        {
            RedirectStandardOutput = true,
            Environment = { ["K8SNF_TEST_ROOT"] = root.Path, ["K8SNF_TEST_STEP"] = step },
        };
        using (var child = Process.Start(start)!)
        {
            child.StandardOutput.ReadToEnd();
            child.WaitForExit();
            Assert.Equal(128 + 9, child.ExitCode);
        }

        Assert.Equal(expected, root.Read(Path));
        Assert.Equal(step is nameof(AtomicFileStep.Create) or nameof(AtomicFileStep.FlushDirectory) ? 3 : 4, root.Names().Length);
        Assert.True(new AtomicFile(root.Root).Edit(Path, _ => Text("next")));
        Assert.Equal("next", root.Read(Path));
        Assert.Equal(["/etc", "/etc/sysctl.d", Path], root.Names());
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text.Trim();
    }
}
