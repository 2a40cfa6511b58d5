using System.Buffers.Binary;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using K8sNetfilter.Tests.Netlink;
using static K8sNetfilter.Tests.Netlink.ScriptedTransport;

namespace K8sNetfilter.Tests.Conntrack;

public sealed class ConntrackTableTests
{
    private static readonly byte[][] Messages = [.. CapturedEntries.All.Select(e => e.Message)];

    [Fact]
    public void All_entries_come_once_and_in_order()
    {
        var kernel = new Kernel();
        Assert.Equal(Messages.Length, kernel.Read(ConntrackFilter.All).Count);
        Assert.Empty(kernel.Warnings);
    }

    [Fact]
    public void What_the_kernel_repeats_at_the_start_of_a_bucket_comes_once()
    {
        var kernel = new Kernel { Dump = r => [Datagram(r, Messages[..5]), Datagram(r, Messages[2..]), Done(r)] };
        var entries = kernel.Read(ConntrackFilter.All);
        Assert.Equal(Messages.Length, entries.Count);
        Assert.Equal(entries.Count, entries.Select(e => e.ToString()).Distinct().Count());
    }

    [Fact]
    public void Two_connections_may_share_an_identifier()
    {
        byte[] other = [.. Messages[0]];
        // The source address' last byte: the tuple starts behind both headers, two nests and an attribute's header.
        other[16 + 4 + 4 + 4 + 4 + 3]++;
        var kernel = new Kernel { Dump = r => [Datagram(r, [Messages[0], other, Messages[0]]), Done(r)] };
        Assert.Equal(2, kernel.Read(ConntrackFilter.All).Count);
    }

    [Fact]
    public void A_lost_buffer_before_the_first_entry_is_asked_again()
    {
        int attempts = 0;
        var kernel = new Kernel { Dump = r => attempts++ < 2 ? [Reply.Error(Errno.ENOBUFS)] : [Datagram(r, Messages), Done(r)] };
        Assert.Equal(Messages.Length, kernel.Read(ConntrackFilter.All).Count);
        Assert.Equal(3, attempts);
    }

    [Fact]
    public void A_lost_buffer_after_entries_were_given_is_an_error_and_not_a_second_copy()
    {
        var kernel = new Kernel { Dump = r => [Datagram(r, Messages[..4]), Reply.Error(Errno.ENOBUFS)] };
        var got = new List<ConntrackEntry>();
        var failure = Assert.Throws<NodeException>(() =>
        {
            foreach (var entry in kernel.Entries(ConntrackFilter.All))
            {
                got.Add(entry);
            }
        });
        Assert.Equal("NetlinkOverrun", failure.ErrorId);
        Assert.Equal(4, got.Count);
    }

    [Fact]
    public void A_buffer_that_is_always_lost_is_an_error()
    {
        var kernel = new Kernel { Dump = _ => [Reply.Error(Errno.ENOBUFS)] };
        Assert.Equal("NetlinkOverrun", Assert.Throws<NodeException>(() => kernel.Read(ConntrackFilter.All)).ErrorId);
    }

    [Fact]
    public void An_interrupted_dump_comes_with_a_warning()
    {
        var kernel = new Kernel { Dump = r => [Datagram(r, Messages), Done(r, NetlinkFlags.DumpInterrupted)] };
        Assert.Equal(Messages.Length, kernel.Read(ConntrackFilter.All).Count);
        Assert.Contains("resized", Assert.Single(kernel.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Errno.EINVAL)]
    [InlineData(Errno.EOPNOTSUPP)]
    public void A_kernel_that_refuses_the_comparison_is_asked_for_all(int errno)
    {
        var kernel = new Kernel { Dump = r => HasFilter(r) ? [Error(r, errno)] : [Datagram(r, Messages), Done(r)] };
        Assert.Equal(4, kernel.Read(new ConntrackFilter { Protocols = [6] }).Count);
    }

    [Fact]
    public void A_kernel_that_ignores_the_comparison_gives_the_same_answer()
    {
        var kernel = new Kernel();
        Assert.Equal(4, kernel.Read(new ConntrackFilter { Protocols = [6] }).Count);
        Assert.Equal(4, kernel.Read(new ConntrackFilter { Protocols = [6, 132] }).Count - 1);
        Assert.Equal(2, kernel.Read(new ConntrackFilter { Translated = true }).Count);
        Assert.Single(kernel.Read(new ConntrackFilter { Mark = 0x4000, MarkMask = 0x4000 }));
        Assert.Single(kernel.Read(new ConntrackFilter { Zone = 5 }));
        Assert.Equal(Messages.Length - 1, kernel.Read(new ConntrackFilter { Unreplied = true }).Count);
    }

    [Fact]
    public void A_small_table_is_read_in_one_walk_and_a_large_one_compared_by_the_kernel()
    {
        var small = new Kernel { Count = 9_999 };
        small.Read(new ConntrackFilter { Protocols = [6] });
        Assert.DoesNotContain(small.Requests, HasFilter);
        var large = new Kernel { Count = 10_000 };
        large.Read(new ConntrackFilter { Protocols = [6] });
        Assert.Contains(large.Requests, HasFilter);
    }

    [Fact]
    public void Leaving_early_is_possible_and_closes_the_socket()
    {
        var kernel = new Kernel();
        Assert.Equal(3, kernel.Entries(ConntrackFilter.All).Take(3).Count());
        Assert.True(kernel.Transports.All(t => t.IsDisposed));
    }

    [Fact]
    public void A_cancelled_reading_ends()
    {
        using var stop = new CancellationTokenSource();
        var kernel = new Kernel { Dump = r => [Datagram(r, Messages[..4])], Stop = stop.Token };
        int count = 0;
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var _ in kernel.Entries(ConntrackFilter.All))
            {
                if (++count == 4)
                {
                    stop.Cancel();
                }
            }
        });
        Assert.Equal(4, count);
    }

    [Fact]
    public void A_delete_always_names_its_tuple()
    {
        foreach (byte[] message in Messages)
        {
            Assert.True(ConntrackDecoder.TryDecode(new NetlinkMessage(message), out var record));
            var kernel = new Kernel();
            Assert.True(kernel.Table.Remove(new ConntrackEntry(record), default));
            byte[] request = Assert.Single(kernel.Requests);
            Assert.Equal(Ctnetlink.Delete, BinaryPrimitives.ReadUInt16LittleEndian(request.AsSpan(4)));
            // The tuple as the kernel sent it, byte for byte, apart from padding and the zone's place.
            Assert.Equal(Ctnetlink.CTA_TUPLE_ORIG | 0x8000, BinaryPrimitives.ReadUInt16LittleEndian(request.AsSpan(22)));
            Assert.True(BinaryPrimitives.ReadUInt16LittleEndian(request.AsSpan(20)) > 4);
        }
    }

    [Fact]
    public void An_entry_that_has_gone_is_no_failure_and_an_offloaded_one_is()
    {
        Assert.True(ConntrackDecoder.TryDecode(new NetlinkMessage(Messages[0]), out var record));
        var entry = new ConntrackEntry(record);
        Assert.False(new Kernel { Delete = r => [Error(r, Errno.ENOENT)] }.Table.Remove(entry, default));
        var failure = Assert.Throws<NodeException>(() => new Kernel { Delete = r => [Error(r, Errno.EBUSY)] }.Table.Remove(entry, default));
        Assert.Equal("ConntrackOffloaded", failure.ErrorId);
        failure = Assert.ThrowsAny<NodeException>(() => new Kernel { Delete = r => [Error(r, Errno.EPERM)] }.Table.Remove(entry, default));
        Assert.Equal("NotPermitted", failure.ErrorId);
    }

    [Fact]
    public void Reading_allocates_the_objects_and_nothing_for_each_message()
    {
        const int Datagrams = 200;
        var kernel = new Kernel
        {
            // A small table is read on the thread that asks, so that its allocations can be counted.
            Count = 1,
            Dump = r => [.. Enumerable.Range(0, Datagrams).Select(i => (Reply)Datagram(r, [.. Messages.Select(m => Renumber(m, i))])), Done(r)],
        };
        var none = new ConntrackFilter { Mark = 12345 };
        // The scripted kernel's own allocations are made when the request is sent, before the first entry.
        foreach (var filter in new[] { ConntrackFilter.All, none, ConntrackFilter.All, none })
        {
            long start = 0, end = 0;
            int count = 0;
            foreach (var entry in kernel.Entries(filter))
            {
                start = start == 0 ? GC.GetAllocatedBytesForCurrentThread() : start;
                end = GC.GetAllocatedBytesForCurrentThread();
                count++;
            }

            Assert.Equal(filter == none ? 0 : Datagrams * Messages.Length, count);
            if (count > 0)
            {
                // 112 bytes, 80 more for IPv6's addresses and 56 more for the start time.
                Assert.InRange((end - start) / (double)count, 80, 220);
            }
        }
    }

    private const string FileLines =
        "ipv4     2 tcp      6 999 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=3 [UNREPLIED] src=10.3.3.3 dst=10.0.0.1 sport=99 dport=1 mark=5 zone=0 use=2\n"
        + "not an entry\n"
        + "ipv4     2 udp      17 99 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=3 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=3 dport=1 mark=0 zone=5 use=2\n";

    private static Dictionary<string, string> Node(params (string Path, string Text)[] more) =>
        new((IEnumerable<KeyValuePair<string, string>>)[
            new("/sys/module/nf_conntrack", ""), new("/proc/modules", "nf_conntrack 1 0 - Live 0x0\n"), new("/proc/sys/kernel/osrelease", "6.1.0\n"),
            new("/proc/thread-self/net/nf_conntrack", FileLines), new("/proc/sys/net/netfilter/nf_conntrack_count", "2\n"),
            .. more.Select(m => new KeyValuePair<string, string>(m.Path, m.Text)),
        ]);

    [Fact]
    public void Where_netlink_would_load_a_module_the_kernels_file_is_read_and_nothing_is_asked()
    {
        var kernel = new Kernel
        {
            Files = Node(
                ("/sys/module/nf_conntrack/initstate", "live\n"), ("/proc/thread-self/net/stat/nf_conntrack", "entries found drop\n00000002 0000000a 00000001\n00000002 00000010 00000000\n")),
        };
        Assert.Equal(2, kernel.Read(ConntrackFilter.All).Count);
        Assert.True(Assert.Single(kernel.Read(new ConntrackFilter { Translated = true })).IsDnat);
        Assert.Contains("nf_conntrack_netlink is not loaded", kernel.Warnings[0], StringComparison.Ordinal);
        var statistic = kernel.Table.ReadStatistic(default)!;
        Assert.Equal((2L, 26ul, 1ul), (statistic.Count, statistic.Found, statistic.Drop));
        Assert.Equal("ConntrackNoNetlink", Assert.Throws<NodeException>(() => kernel.Table.Remove(kernel.Read(ConntrackFilter.All)[0], default)).ErrorId);
        Assert.Empty(kernel.Transports);
    }

    [Fact]
    public void Netlink_is_used_where_it_is_loaded_or_built_in()
    {
        foreach (var files in new[]
        {
            Node(("/sys/module/nf_conntrack/initstate", "live\n"), ("/sys/module/nf_conntrack_netlink", "")),
            Node(("/lib/modules/6.1.0/modules.builtin", "kernel/net/netfilter/nf_conntrack.ko\nkernel/net/netfilter/nf_conntrack_netlink.ko\n")),
            Node(("/proc/kallsyms", "0000000000000000 t ctnetlink_dump_table\n")),
        })
        {
            Assert.Equal(Messages.Length, new Kernel { Files = files }.Read(ConntrackFilter.All).Count);
        }
    }

    [Theory]
    [InlineData("/lib/modules/6.1.0/modules.builtin", "kernel/net/netfilter/nf_conntrack.ko\n")]
    [InlineData("/proc/kallsyms", "0000000000000000 t nf_conntrack_in\n0000000000000000 t ctnetlink_dump_table\t[nf_conntrack_netlink]\n")]
    public void Netlink_is_not_used_where_it_is_a_module_that_may_not_be_loaded(string path, string text)
    {
        var kernel = new Kernel { Files = Node((path, text)) };
        Assert.Equal(2, kernel.Read(ConntrackFilter.All).Count);
        Assert.Empty(kernel.Transports);
    }

    [Fact]
    public void A_kernel_that_tracks_nothing_has_no_entries_and_is_not_asked()
    {
        var kernel = new Kernel { Files = [] };
        Assert.Empty(kernel.Read(ConntrackFilter.All));
        Assert.Contains("tracks no connections", Assert.Single(kernel.Warnings), StringComparison.Ordinal);
        Assert.Equal("ConntrackNotTracked", Assert.Throws<NodeException>(() => kernel.Table.ReadStatistic(default)).ErrorId);
        Assert.Empty(kernel.Transports);
    }

    [Fact]
    public void A_table_that_is_resized_meanwhile_comes_with_a_warning()
    {
        var files = Node(("/sys/module/nf_conntrack_netlink", ""), ("/proc/sys/net/netfilter/nf_conntrack_buckets", "1024\n"));
        var kernel = new Kernel { Files = files };
        foreach (var _ in kernel.Entries(ConntrackFilter.All))
        {
            files["/proc/sys/net/netfilter/nf_conntrack_buckets"] = "2048\n";
        }

        Assert.Contains("resized", Assert.Single(kernel.Warnings), StringComparison.Ordinal);
    }

    private static byte[] Renumber(byte[] message, int number)
    {
        byte[] other = [.. message];
        BinaryPrimitives.WriteInt32BigEndian(other.AsSpan(32), number + 1);
        return other;
    }

    private static bool HasFilter(byte[] request)
    {
        foreach (var attribute in new NetlinkMessage(request).Attributes(NfGenMessage.Size))
        {
            if (attribute.Type == Ctnetlink.CTA_FILTER)
            {
                return true;
            }
        }

        return false;
    }

    private static byte[] Datagram(byte[] request, byte[][] messages) =>
        [.. messages.SelectMany(m => Message(request, Ctnetlink.New, NetlinkFlags.Multi, m[16..]))];

    /// <summary>A kernel with the captured entries, which ignores every comparison, as those before Linux 5.8 do.</summary>
    private sealed class Kernel : IConntrackNamespace
    {
        public Kernel() => Table = new ConntrackTable(KernelRoot.Live, this);

        public ConntrackTable Table { get; }

        public uint Count { get; init; } = 1_000_000;

        public Func<byte[], Reply[]> Dump { get; init; } = r => [Datagram(r, Messages), Done(r)];

        public Func<byte[], Reply[]> Delete { get; init; } = r => [Ack(r)];

        public CancellationToken Stop { get; init; }

        public List<string> Warnings { get; } = [];

        public List<ScriptedTransport> Transports { get; } = [];

        public IEnumerable<byte[]> Requests => Transports.SelectMany(t => t.Requests);

        public IEnumerable<ConntrackEntry> Entries(ConntrackFilter filter) => Table.Read(filter, Warnings.Add, Stop)!;

        public List<ConntrackEntry> Read(ConntrackFilter filter) => [.. Entries(filter)];

        public NetlinkConnection Connect() => new(Open);

        // Settings are not there: the table's size is asked by netlink.
        public Stream OpenFile(string path) => Files.TryGetValue(path, out string? text)
            ? new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)) : throw new FileNotFoundException(path);

        public bool Exists(string path) => Files.ContainsKey(path);

        /// <summary>What the kernel shows: nf_conntrack, and no modules at all, until a test says otherwise.</summary>
        public Dictionary<string, string> Files { get; init; } = new() { ["/sys/module/nf_conntrack"] = "" };

        private ScriptedTransport Open()
        {
            var transport = new ScriptedTransport(Answer);
            Transports.Add(transport);
            return transport;
        }

        private IEnumerable<Reply> Answer(byte[] request) => BinaryPrimitives.ReadUInt16LittleEndian(request.AsSpan(4)) switch
        {
            Ctnetlink.Get => Dump(request),
            Ctnetlink.Delete => Delete(request),
            Ctnetlink.GetStatistic => [Message(request, Ctnetlink.GetStatistic, 0, [0, 0, 0, 0, 8, 0, 1, 0, .. BigEndian(Count)]), Ack(request)],
            _ => [Error(request, Errno.EINVAL)],
        };

        private static byte[] BigEndian(uint value)
        {
            byte[] bytes = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            return bytes;
        }
    }
}
