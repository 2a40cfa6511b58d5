using System.Diagnostics;
using System.Globalization;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Namespaces;

// Counts threads and descriptors of the whole process, so nothing else may run beside it.
[Collection("alone")]
public sealed class NetworkNamespaceTests
{
    private static ulong Here() => NetworkNamespace.InodeAt("/proc/thread-self/ns/net")!.Value;

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static int ThreadsInside(ulong inode) =>
        Directory.GetDirectories("/proc/self/task").Count(t => NetworkNamespace.InodeAt(t + "/ns/net") == inode);

    // The kernel's thread ends a moment after the runtime's has been joined.
    private static void AssertThreadsInside(int count, ulong inode) =>
        Assert.True(SpinWait.SpinUntil(() => ThreadsInside(inode) == count, TimeSpan.FromSeconds(30)), $"{ThreadsInside(inode)} threads inside, not {count}");

    [Fact]
    public void Work_runs_inside_and_the_caller_stays_outside()
    {
        using var space = Privilege.MakeNamespace();
        ulong before = Here();
        Assert.NotEqual(before, space.Inode);
        Assert.Equal(space.Inode, space.Run(Here));
        Assert.Equal(before, Here());
        Assert.True(space.Run(() => space.IsCurrent));
        Assert.False(space.IsCurrent);
    }

    [Fact]
    public void What_the_work_throws_is_thrown_to_the_caller()
    {
        using var space = Privilege.MakeNamespace();
        var thrown = Assert.Throws<InvalidDataException>(() => space.Run(() => throw new InvalidDataException("so")));
        Assert.Equal("so", thrown.Message);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => space.Run(stop.Token.ThrowIfCancellationRequested));
    }

    [Fact]
    public void A_thousand_entries_leave_no_thread_and_no_descriptor()
    {
        using var space = Privilege.MakeNamespace();
        space.Run(Here);
        using (space.Connect(NetlinkProtocol.Route))
        {
        }

        int threads = Directory.GetDirectories("/proc/self/task").Length, descriptors = Descriptors();
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(space.Inode, space.Run(Here));
            using var opened = NetworkNamespace.OpenCurrent();
            using var connection = space.Connect(NetlinkProtocol.Route);
            if (i % 10 == 0)
            {
                Assert.Throws<InvalidDataException>(() => space.Run(() => throw new InvalidDataException()));
                using var thread = space.StartThread();
                Assert.Equal(space.Inode, thread.Run(Here));
            }
        }

        AssertThreadsInside(0, space.Inode);
        // The runtime may start a thread of its own meanwhile; a leak would be a thousand.
        Assert.InRange(Directory.GetDirectories("/proc/self/task").Length, 1, threads + 5);
        Assert.InRange(Descriptors(), 1, descriptors + 5);
    }

    [Fact]
    public void A_thread_stays_inside_until_it_is_disposed()
    {
        using var space = Privilege.MakeNamespace();
        using (var thread = space.StartThread())
        {
            // The one that made the namespace may still be ending.
            AssertThreadsInside(1, space.Inode);
            Assert.Equal(thread.Run(() => Environment.CurrentManagedThreadId), thread.Run(() => Environment.CurrentManagedThreadId));
            Assert.Throws<InvalidDataException>(() => thread.Run<int>(() => throw new InvalidDataException()));
            Assert.Equal(space.Inode, thread.Run(Here));
            Assert.Equal(1, thread.Run(() => thread.Run(() => 1)));
        }

        AssertThreadsInside(0, space.Inode);
    }

    [Fact]
    public void A_socket_made_inside_stays_there()
    {
        using var space = Privilege.MakeNamespace();
        using var connection = space.Connect(NetlinkProtocol.Route);
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(18, NetlinkFlags.Dump);
        writer.Header<(ulong, ulong)>(default);
        writer.EndMessage();
        // A new namespace has the loopback device alone.
        Assert.Single(connection.Collect<object>(writer.Written, _ => new object(), new NetlinkOperation("Reading the links", "inside")).Items);
    }

    [Fact]
    public void A_namespace_is_gone_with_the_object_that_made_it()
    {
        ulong inode;
        using (var space = Privilege.MakeNamespace())
        {
            inode = space.Inode;
        }

        Assert.DoesNotContain(NetworkNamespaces.Find(KernelRoot.Live), n => n.Inode == inode);
    }

    [Fact]
    public void A_namespace_is_opened_by_name_process_and_path()
    {
        using var space = Privilege.MakeNamespace();
        // The process is inside, and the test's folder stands for a node's root with a name for the namespace in it.
        using var process = space.Run(() => Process.Start("sleep", "60"));
        try
        {
            string pid = process.Id.ToString(CultureInfo.InvariantCulture);
            using var byProcess = NetworkNamespace.Open(KernelRoot.Live, pid);
            using var byPath = NetworkNamespace.Open(KernelRoot.Live, $"/proc/{pid}/ns/net");
            Assert.Equal((space.Inode, space.Inode), (byProcess.Inode, byPath.Inode));

            string folder = Directory.CreateTempSubdirectory("root").FullName;
            Directory.CreateDirectory(folder + "/run/netns");
            File.CreateSymbolicLink(folder + "/run/netns/blue", $"/proc/{pid}/ns/net");
            File.CreateSymbolicLink(folder + "/run/netns/77", $"/proc/{pid}/ns/net");
            File.WriteAllText(folder + "/run/netns/stale", "");
            var root = new KernelRoot(folder);
            using var byName = NetworkNamespace.Open(root, "blue");
            using var byDigits = NetworkNamespace.Open(root, "77");
            Assert.Equal((space.Inode, space.Inode), (byName.Inode, byDigits.Inode));
            Assert.Equal("NotANetworkNamespace", Assert.Throws<NodeException>(() => NetworkNamespace.Open(root, "stale")).ErrorId);
            Assert.Equal("77", Assert.Single(NetworkNamespaces.Find(root)).Name);
            Directory.Delete(folder, true);

            var found = Assert.Single(NetworkNamespaces.Find(KernelRoot.Live), n => n.Inode == space.Inode);
            Assert.Equal(process.Id, found.Pid);
            using var again = NetworkNamespace.Open(KernelRoot.Live, found);
            Assert.Throws<NodeException>(() => NetworkNamespace.Open(KernelRoot.Live, found with { Inode = 1 }));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    [Fact]
    public void A_name_made_by_ip_is_found_and_opened()
    {
        Privilege.MakeNamespace().Dispose();
        Tool.Require("ip");
        Exception? failure = null;
        // ip netns works below /run: a private mount namespace, which ends with its thread, keeps the machine's own /run out of it.
        var thread = new Thread(() =>
        {
            try
            {
                Assert.Equal(0, NamespaceFile.Unshare(NamespaceFile.CLONE_NEWNS));
                foreach (string command in new[] { "mount --make-rprivate /", "mount -t tmpfs none /run", "ip netns add blue", "ip netns add 12", "touch /run/netns/stale" })
                {
                    using var process = Process.Start(command.Split(' ')[0], command.Split(' ')[1..]);
                    process.WaitForExit();
                    Assert.Equal(0, process.ExitCode);
                }

                using var blue = NetworkNamespace.Open(KernelRoot.Live, "blue");
                using var digits = NetworkNamespace.Open(KernelRoot.Live, "12");
                Assert.Equal(blue.Inode, blue.Run(Here));
                Assert.Equal(digits.Inode, digits.Run(Here));
                Assert.NotEqual(blue.Inode, digits.Inode);
                var found = NetworkNamespaces.Find(KernelRoot.Live);
                Assert.Equal(blue.Inode, Assert.Single(found, n => n.Name == "blue").Inode);
                Assert.Equal("12", Assert.Single(found, n => n.Inode == digits.Inode).ToString());
                Assert.DoesNotContain(found, n => n.Name == "stale");
                Assert.Equal("NotANetworkNamespace", Assert.Throws<NodeException>(() => NetworkNamespace.Open(KernelRoot.Live, "stale")).ErrorId);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    [Theory]
    [InlineData("/dev/zero", "NotANetworkNamespace")]
    [InlineData("no-such-name", "NamespaceNotFound")]
    [InlineData("..", "NamespaceNotFound")]
    [InlineData("a\0b", "NamespaceNotFound")]
    [InlineData("999999999", "NamespaceNotFound")]
    [InlineData("99999999999999999999", "NamespaceNotFound")]
    [InlineData("/proc/self/ns/mnt", "NotANetworkNamespace")]
    [InlineData("/dev/null", "NotANetworkNamespace")]
    [InlineData("/no/such/file", "NamespaceNotFound")]
    [InlineData("/etc/passwd/x", "NamespaceNotFound")]
    public void What_is_no_namespace_is_refused(string name, string errorId) =>
        Assert.Equal(errorId, Assert.Throws<NodeException>(() => NetworkNamespace.Open(KernelRoot.Live, name)).ErrorId);

    [Fact]
    public void Every_namespace_is_found_once()
    {
        var found = NetworkNamespaces.Find(KernelRoot.Live);
        Assert.Equal(found.Count, found.Select(n => n.Inode).Distinct().Count());
        // The process's own, by its first thread: a thread of the pool that was started from inside a namespace stays there.
        ulong own = NetworkNamespace.InodeAt("/proc/self/ns/net")!.Value;
        Assert.Contains(found, n => n.Inode == own);
        var byHand = Directory.GetDirectories("/proc").Select(p => NetworkNamespace.InodeAt(p + "/ns/net")).OfType<ulong>().ToHashSet();
        // Processes come and go while the two lists are made.
        Assert.Contains(own, byHand);
    }
}
