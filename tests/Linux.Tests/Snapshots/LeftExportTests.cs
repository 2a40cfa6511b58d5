using K8sNetfilter.Snapshots.Writing;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>What an export leaves on the disk: nobody else may look into it, and what one that was killed left is gone after the next.</summary>
public sealed class LeftExportTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf-left-").FullName;

    private string Target => Path.Combine(_folder, "node");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_folder_of_an_export_is_the_owners_alone()
    {
        using (var writer = SnapshotTarget.Open(Target, force: false))
        {
            writer.Create("etc/sysctl.d/deep/a.conf").Dispose();
            writer.Complete();
        }

        // Whatever the umask is: without it the folders on the way had 0777 less the umask.
        Assert.All(
            Directory.EnumerateDirectories(Target, "*", SearchOption.AllDirectories).Append(Target),
            d => Assert.Equal(OwnerOnly, File.GetUnixFileMode(d)));
    }

    [Theory]
    [InlineData("node")]
    [InlineData("node.tar.gz")]
    public void What_a_killed_export_left_is_removed_by_the_next(string name)
    {
        string target = Path.Combine(_folder, name);
        string left = Path.Combine(_folder, $".{name}.k8snf-0123456789AB"), file = Path.Combine(_folder, $".{name}.k8snf-BA9876543210"), part = file + ".part";
        Directory.CreateDirectory(Path.Combine(left, "etc"));
        File.WriteAllText(Path.Combine(left, "etc/hosts"), "x");
        File.WriteAllText(file, "x");
        File.WriteAllText(part, "x");
        string others = Path.Combine(_folder, ".other.k8snf-0123456789AB"), hand = Path.Combine(_folder, $".{name}.k8snf-notes");
        File.WriteAllText(others, "x");
        File.WriteAllText(hand, "x");
        SnapshotTarget.Open(target, force: false).Dispose();
        Assert.Equal([hand, others], Directory.EnumerateFileSystemEntries(_folder).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("node")]
    [InlineData("node.tar.gz")]
    public void What_another_export_is_at_work_on_stays(string name)
    {
        string target = Path.Combine(_folder, name);
        using var first = SnapshotTarget.Open(target, force: false);
        using (first.Create("uname.txt"))
        {
            int before = Directory.EnumerateFileSystemEntries(_folder).Count();
            SnapshotTarget.Open(target, force: false).Dispose();
            Assert.Equal(before, Directory.EnumerateFileSystemEntries(_folder).Count());
        }

        first.Complete();
        Assert.True(Path.Exists(target));
    }

    /// <summary>Where the export ended between its two moves, what it left is the only snapshot that there is.</summary>
    [Fact]
    public void The_snapshot_of_before_is_kept_where_nothing_has_its_name()
    {
        string before = Path.Combine(_folder, ".node.k8snf-0123456789AB");
        Directory.CreateDirectory(before);
        File.WriteAllText(Path.Combine(before, SnapshotTarget.Mark), "whole");
        SnapshotTarget.Open(Target, force: false).Dispose();
        Assert.True(Directory.Exists(before));
    }
}
