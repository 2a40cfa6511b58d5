using System.Diagnostics;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Tests.Netlink.ScriptedTransport;

namespace K8sNetfilter.Tests.Netlink;

public sealed class NetlinkConnectionTests
{
    private const ushort Thing = 20;
    private static readonly NetlinkOperation Reading = new("Reading the things", "here");

    private sealed class Item(byte value)
    {
        public byte Value { get; } = value;
    }

    private static Item? Decode(NetlinkMessage message) => new(message.Payload[0]);

    private static byte[] Request(ushort flags)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(18, flags);
        writer.Put(1, 7u);
        writer.EndMessage();
        return writer.Written.ToArray();
    }

    private static NetlinkConnection Connect(Func<byte[], IEnumerable<Reply>> kernel, out List<ScriptedTransport> transports, NetlinkOptions? options = null)
    {
        var opened = transports = [];
        return new NetlinkConnection(
            () =>
            {
                var transport = new ScriptedTransport(kernel);
                opened.Add(transport);
                return transport;
            },
            options ?? new NetlinkOptions { Timeout = TimeSpan.FromMilliseconds(200) });
    }

    private static List<byte> Collect(NetlinkConnection connection, out bool interrupted)
    {
        var result = connection.Collect<Item>(Request(NetlinkFlags.Dump), Decode, Reading);
        interrupted = result.IsInterrupted;
        return [.. result.Items.Select(i => i.Value)];
    }

    [Fact]
    public void A_request_goes_out_with_its_sequence_number_and_port()
    {
        using var connection = Connect(r => [Ack(r)], out var transports);
        connection.Execute(Request(0), Reading);
        connection.Execute(Request(0), Reading);
        Assert.Equal(
            "18000000" + "1200" + "0500" + "01000000" + "67120000" + "0800" + "0100" + "07000000",
            Convert.ToHexString(transports[0].Requests[0]).ToLowerInvariant());
        Assert.Equal(2u, BitConverter.ToUInt32(transports[0].Requests[1], 8));
    }

    [Fact]
    public void A_dump_of_several_datagrams_and_messages_is_one_answer()
    {
        using var connection = Connect(
            r => [(byte[])[.. Message(r, Thing, 2, 1), .. Message(r, Thing, 2, 2)], Message(r, Thing, 2, 3), (byte[])[.. Message(r, Thing, 2, 4), .. Done(r)]],
            out var transports);
        Assert.Equal([1, 2, 3, 4], Collect(connection, out bool interrupted));
        Assert.False(interrupted);
        // A dump ends with NLMSG_DONE, so it asks for no acknowledgement.
        Assert.Equal(NetlinkFlags.Request | NetlinkFlags.Dump, BitConverter.ToUInt16(transports[0].Requests[0], 6));
    }

    [Fact]
    public void Messages_for_others_and_late_ones_are_left_out()
    {
        using var connection = Connect(
            r =>
            {
                byte[] late = Message(r, Thing, 2, 8), other = Message(r, Thing, 2, 9);
                late[8]--;
                other[12]++;
                return [late, other, Message(r, NetlinkMessageType.Noop, 0), Message(r, Thing, 2, 1), Done(r)];
            },
            out _);
        Assert.Equal([1], Collect(connection, out _));
    }

    [Fact]
    public void An_answer_and_its_acknowledgement_end_a_request_for_one_object()
    {
        using var connection = Connect(r => [Message(r, Thing, 0, 5), Ack(r)], out _);
        var result = connection.Collect<Item>(Request(0), Decode, Reading);
        Assert.Equal(5, Assert.Single(result.Items).Value);
    }

    [Fact]
    public void A_refusal_says_what_the_kernel_says_and_where()
    {
        byte[] words = [16, 0, 1, 0, .. "no\u001bsuch key"u8, 0, 8, 0, 2, 0, 20, 0, 0, 0];
        using var connection = Connect(r => [Error(r, Errno.ENOENT, words)], out _);
        var failure = Assert.Throws<NetlinkException>(() => connection.Execute(Request(0), Reading));
        Assert.Equal(Errno.ENOENT, failure.Errno);
        Assert.Equal("no\\x1bsuch key", failure.KernelText);
        Assert.Equal(20u, failure.Offset);
        Assert.Contains("Reading the things", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no\\x1bsuch key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_that_repeats_the_request_is_read_beyond_it()
    {
        using var connection = Connect(
            r => [Message(r, NetlinkMessageType.Error, NetlinkFlags.AckAttributes, [.. BitConverter.GetBytes(-Errno.EINVAL), .. r, 7, 0, 1, 0, .. "no"u8, 0, 0])],
            out _);
        Assert.Equal("no", Assert.Throws<NetlinkException>(() => connection.Execute(Request(0), Reading)).KernelText);
    }

    [Fact]
    public void Eperm_names_the_capability()
    {
        using var connection = Connect(r => [Error(r, Errno.EPERM)], out _);
        var failure = Assert.Throws<NetlinkException>(() => connection.Execute(Request(0), Reading));
        Assert.Equal(NodeErrorCategory.PermissionDenied, failure.Category);
        Assert.Contains("CAP_NET_ADMIN", failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dump_that_fails_at_its_end_is_a_failure()
    {
        using var connection = Connect(r => [Message(r, Thing, 2, 1), Message(r, NetlinkMessageType.Done, 2, BitConverter.GetBytes(-Errno.EIO))], out _);
        Assert.Equal(Errno.EIO, Assert.Throws<NetlinkException>(() => Collect(connection, out _)).Errno);
    }

    [Theory]
    [InlineData(2, false, 3)]
    [InlineData(100, true, 6)]
    public void An_interrupted_dump_is_asked_again_and_then_comes_with_a_mark(int interruptions, bool expected, int requests)
    {
        int asked = 0;
        using var connection = Connect(
            r => [Message(r, Thing, (ushort)(2 | (++asked <= interruptions ? NetlinkFlags.DumpInterrupted : 0)), (byte)asked), Done(r)], out _);
        Assert.Equal([(byte)requests], Collect(connection, out bool interrupted));
        Assert.Equal(expected, interrupted);
        Assert.Equal(requests, asked);
    }

    [Fact]
    public void An_interruption_told_at_the_end_counts_too()
    {
        int asked = 0;
        using var connection = Connect(r => [Message(r, Thing, 2, 1), Done(r, ++asked == 1 ? NetlinkFlags.DumpInterrupted : (ushort)0)], out _);
        Assert.Equal([1], Collect(connection, out bool interrupted));
        Assert.False(interrupted);
        Assert.Equal(2, asked);
    }

    [Fact]
    public void An_overrun_is_asked_again_on_a_new_socket()
    {
        int asked = 0;
        using var connection = Connect(
            r => ++asked == 1 ? [Message(r, Thing, 2, 9), Reply.Error(Errno.ENOBUFS), Message(r, Thing, 2, 9), Done(r)] : [Message(r, Thing, 2, 1), Done(r)],
            out var transports);
        Assert.Equal([1], Collect(connection, out _));
        Assert.Equal([true, false], transports.Select(t => t.IsDisposed));
    }

    [Fact]
    public void An_overrun_without_end_is_a_failure()
    {
        using var connection = Connect(_ => [Reply.Error(Errno.ENOBUFS)], out var transports);
        Assert.Equal("NetlinkOverrun", Assert.Throws<NodeException>(() => Collect(connection, out _)).ErrorId);
        Assert.Equal(6, transports.Count);
    }

    [Fact]
    public void A_datagram_larger_than_the_buffer_is_asked_again_with_room_for_it()
    {
        using var connection = Connect(
            r => [Message(r, Thing, 2, new byte[100_000]), Done(r)], out var transports, new NetlinkOptions { ReceiveBufferSize = 4096 });
        Assert.Equal([0], Collect(connection, out _));
        Assert.Equal(2, transports.Count);
    }

    [Fact]
    public void A_silent_kernel_is_a_timeout()
    {
        using var connection = Connect(_ => [], out _);
        Assert.Equal(NodeErrorCategory.Timeout, Assert.Throws<NodeException>(() => connection.Execute(Request(0), Reading)).Category);
    }

    [Fact]
    public void Cancellation_ends_a_wait_long_before_its_timeout()
    {
        using var connection = Connect(_ => [], out _, new NetlinkOptions { Timeout = TimeSpan.FromMinutes(5) });
        using var stop = new CancellationTokenSource(50);
        long start = Stopwatch.GetTimestamp();
        Assert.Throws<OperationCanceledException>(() => connection.Execute(Request(0), Reading, stop.Token));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_dump_left_early_does_not_reach_into_the_next_one()
    {
        using var connection = Connect(r => [Message(r, Thing, 2, 1), Message(r, Thing, 2, 2), Done(r)], out var transports);
        using (var exchange = connection.Start(Request(NetlinkFlags.Dump), Reading, default))
        {
            Assert.True(exchange.MoveNext());
        }

        Assert.Equal([1, 2], Collect(connection, out _));
        Assert.Equal([true, false], transports.Select(t => t.IsDisposed));
    }

    [Fact]
    public void Only_one_request_runs_at_a_time()
    {
        using var connection = Connect(r => [Done(r)], out _);
        using var exchange = connection.Start(Request(NetlinkFlags.Dump), Reading, default);
        Assert.Throws<InvalidOperationException>(() => connection.Execute(Request(0), Reading));
    }

    [Theory]
    [InlineData("0f000000")]
    [InlineData("0f0000001400020001000000671200000000")]
    [InlineData("ff000000140002000100000067120000")]
    [InlineData("00000000140002000100000067120000")]
    public void A_malformed_datagram_is_a_failure(string datagram)
    {
        using var connection = Connect(_ => [Convert.FromHexString(datagram)], out _);
        Assert.Equal("NetlinkMalformed", Assert.Throws<NodeException>(() => Collect(connection, out _)).ErrorId);
    }

    private static byte[] Batch(int changes)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        for (int i = 0; i < changes + 2; i++)
        {
            writer.BeginMessage((ushort)(i == 0 ? 16 : i == changes + 1 ? 17 : Thing), 0);
            writer.EndMessage();
        }

        return writer.Written.ToArray();
    }

    private static IEnumerable<byte[]> Split(byte[] datagram)
    {
        for (int offset = 0; offset < datagram.Length; offset += BitConverter.ToInt32(datagram, offset))
        {
            yield return datagram[offset..(offset + BitConverter.ToInt32(datagram, offset))];
        }
    }

    [Fact]
    public void A_batch_is_done_when_its_last_change_is_acknowledged()
    {
        using var connection = Connect(r => [Ack(Split(r).ElementAt(3))], out var transports);
        connection.ExecuteBatch(Batch(3), Reading);
        var sent = Split(transports[0].Requests[0]).ToList();
        Assert.Equal([1u, 2, 3, 4, 5], sent.Select(m => BitConverter.ToUInt32(m, 8)));
        Assert.Equal([false, false, false, true, false], sent.Select(m => (BitConverter.ToUInt16(m, 6) & NetlinkFlags.Ack) != 0));
        connection.ExecuteBatch(Batch(3), Reading);
        Assert.Single(transports);
    }

    [Fact]
    public void A_refused_batch_says_which_change_was_refused_first()
    {
        using var connection = Connect(
            r => [Error(Split(r).ElementAt(2), Errno.ENOENT), Error(Split(r).ElementAt(3), Errno.EEXIST), Error(Split(r).ElementAt(4), Errno.EBUSY)], out _);
        var failure = Assert.Throws<NetlinkException>(() => connection.ExecuteBatch(Batch(4), Reading));
        Assert.Equal((Errno.ENOENT, 1), (failure.Errno, failure.MessageIndex));
    }

    [Fact]
    public void A_batch_refused_as_a_whole_is_told_of_its_beginning()
    {
        using var connection = Connect(r => [Error(r, Errno.EPERM)], out _);
        Assert.Equal(Errno.EPERM, Assert.Throws<NetlinkException>(() => connection.ExecuteBatch(Batch(2), Reading)).Errno);
    }
}
