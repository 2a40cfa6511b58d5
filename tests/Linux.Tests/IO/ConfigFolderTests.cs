using System.Diagnostics;
using System.Text;
using K8sNetfilter.IO;

namespace K8sNetfilter.Tests.IO;

public sealed class ConfigFolderTests
{
    private static readonly string[] Directories = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

    [Fact]
    public void Files_come_merged_with_what_they_replace()
    {
        using var root = new TemporaryRoot().File("/etc/sysctl.d/20-b.conf", "b").File("/usr/lib/sysctl.d/10-a.conf", "a").File("/usr/lib/sysctl.d/20-b.conf", "old").Link("/lib", "usr/lib");
        var set = ConfigFolder.Read(root.Root, Directories, ".conf");
        Assert.Equal(["/usr/lib/sysctl.d/10-a.conf=a", "/etc/sysctl.d/20-b.conf=b"], set.Files.Select(f => $"{f.Path}={Encoding.UTF8.GetString(f.Content.Span)}"));
        var replaced = Assert.Single(set.Replaced);
        Assert.Equal("/usr/lib/sysctl.d/20-b.conf", replaced.File.Path);
        Assert.Equal("/etc/sysctl.d/20-b.conf", replaced.By);
    }

    [Fact]
    public void A_link_to_dev_null_masks_also_where_there_are_no_devices()
    {
        using var root = new TemporaryRoot().Link("/etc/sysctl.d/a.conf", "/dev/null").File("/usr/lib/sysctl.d/a.conf", "x");
        var file = Assert.Single(ConfigFolder.Read(root.Root, Directories, ".conf").Files);
        Assert.Equal(("/etc/sysctl.d/a.conf", 0, null), (file.Path, file.Content.Length, file.Problem));
    }

    [Fact]
    public void What_is_no_file_is_named_and_never_opened()
    {
        using var root = new TemporaryRoot().Folder("/etc/sysctl.d/a.conf").Link("/etc/sysctl.d/b.conf", "nowhere").Link("/etc/sysctl.d/c.conf", "c.conf").Link("/etc/sysctl.d/e.conf", "/etc/passwd");
        using (var mkfifo = Process.Start("mkfifo", root.At("/etc/sysctl.d/d.conf")))
        {
            mkfifo.WaitForExit();
        }

        using (var large = File.Create(root.At("/etc/sysctl.d/f.conf")))
        {
            large.SetLength(BoundedFile.LargestConfiguration + 1);
        }

        var files = ConfigFolder.Read(root.Root, Directories, ".conf").Files;
        Assert.Equal(
            ["it is a directory", "it is not there, or is a link that leads nowhere", "its links lead in a circle", "it is not a regular file", "it is not there, or is a link that leads nowhere", "it is larger than 16 MiB"],
            files.Select(f => f.Problem));
        Assert.All(files, f => Assert.Equal(0, f.Content.Length));
    }

    [Fact]
    public void A_name_that_is_not_UTF_8_is_read_all_the_same()
    {
        using var root = new TemporaryRoot().Folder("/etc/sysctl.d");
        using (var shell = Process.Start("sh", ["-c", $"printf x > '{root.Path}/etc/sysctl.d/'$(printf '\\377').conf"]))
        {
            shell.WaitForExit();
        }

        var file = Assert.Single(ConfigFolder.Read(root.Root, Directories, ".conf").Files);
        Assert.Equal("/etc/sysctl.d/\udcff.conf", file.Path);
        Assert.Equal(1, file.Content.Length);
        File.Delete(root.At("/etc/sysctl.d/none"));
        using var remove = Process.Start("rm", ["-r", root.At("/etc/sysctl.d")]);
        remove.WaitForExit();
    }
}
