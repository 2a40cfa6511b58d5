using K8sNetfilter.Interop;
using K8sNetfilter.IO;

namespace K8sNetfilter.Tests.IO;

public sealed class RootedPathTests
{
    private static string? Follow(TemporaryRoot root, string path, out int errno)
    {
        using var found = RootedPath.Follow(root.Root, path, out errno);
        return found is null ? null : (found.Exists ? "" : "missing ") + found.NodePath;
    }

    [Theory]
    [InlineData("/etc/a", "/etc/a")]
    [InlineData("//etc/./a", "/etc/a")]
    [InlineData("/etc/../etc/a", "/etc/a")]
    [InlineData("/../../../etc/a", "/etc/a")]
    [InlineData("/etc/absolute", "/etc/a")]
    [InlineData("/etc/relative", "/etc/a")]
    [InlineData("/etc/escaping", "/etc/a")]
    [InlineData("/lib/a", "/usr/lib/a")]
    [InlineData("/lib/../etc/a", "/usr/etc/a missing directory")]
    [InlineData("/etc/none", "missing /etc/none")]
    [InlineData("/etc/dangling", "missing /etc/nowhere")]
    [InlineData("/", "/")]
    [InlineData("/etc/..", "/")]
    [InlineData("/usr/lib/..", "/usr")]
    public void Links_are_followed_inside_the_root(string path, string expected)
    {
        using var root = new TemporaryRoot().File("/etc/a", "").File("/usr/lib/a", "").Link("/lib", "usr/lib")
            .Link("/etc/absolute", "/etc/a").Link("/etc/relative", "../etc/a").Link("/etc/escaping", "../../../../../../etc/a").Link("/etc/dangling", "nowhere");
        string? found = Follow(root, path, out int errno);
        if (expected.EndsWith("missing directory", StringComparison.Ordinal))
        {
            Assert.Null(found);
            Assert.Equal(Errno.ENOENT, errno);
        }
        else
        {
            Assert.Equal(expected, found);
        }
    }

    [Fact]
    public void A_circle_of_links_is_an_error()
    {
        using var root = new TemporaryRoot().Link("/etc/a", "b").Link("/etc/b", "a");
        Assert.Null(Follow(root, "/etc/a", out int errno));
        Assert.Equal(Errno.ELOOP, errno);
    }

    [Fact]
    public void Links_that_grow_are_an_error()
    {
        using var root = new TemporaryRoot().Link("/x", string.Join('/', Enumerable.Repeat("x", 1000)));
        Assert.Null(Follow(root, "/x", out int errno));
        Assert.Equal(Errno.ELOOP, errno);
    }

    [Fact]
    public void A_file_is_no_directory()
    {
        using var root = new TemporaryRoot().File("/etc/a", "");
        Assert.Null(Follow(root, "/etc/a/b", out int errno));
        Assert.Equal(Errno.ENOTDIR, errno);
    }

    [Fact]
    public void Following_a_path_leaves_no_descriptor_open()
    {
        using var root = new TemporaryRoot().File("/usr/lib/a", "").Link("/lib", "usr/lib").Link("/etc/a", "b").Link("/etc/b", "a");
        int before = Directory.GetFiles("/proc/self/fd").Length;
        for (int i = 0; i < 200; i++)
        {
            Follow(root, "/lib/a", out _);
            Follow(root, "/lib/none/b", out _);
            Follow(root, "/etc/a", out _);
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 50);
    }
}
