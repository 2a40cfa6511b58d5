using K8sNetfilter.Interop;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Tests.Netlink;

/// <summary>A kernel played by a function: a request goes in, the datagrams that answer it come out. A reply may also be an error number.</summary>
internal sealed class ScriptedTransport(Func<byte[], IEnumerable<ScriptedTransport.Reply>> kernel) : INetlinkTransport
{
    private readonly Queue<Reply> _replies = new();

    /// <summary>All requests, as they went out.</summary>
    public List<byte[]> Requests { get; } = [];

    public bool IsDisposed { get; private set; }

    public uint PortId => 4711;

    public int Send(ReadOnlySpan<byte> datagram)
    {
        Assert.False(IsDisposed);
        byte[] request = datagram.ToArray();
        Requests.Add(request);
        foreach (var reply in kernel(request))
        {
            _replies.Enqueue(reply);
        }

        return datagram.Length;
    }

    public int Receive(Span<byte> buffer)
    {
        if (!_replies.TryDequeue(out var reply))
        {
            return -Errno.EAGAIN;
        }

        if (reply.Errno != 0)
        {
            return -reply.Errno;
        }

        reply.Datagram.AsSpan(0, Math.Min(reply.Datagram.Length, buffer.Length)).CopyTo(buffer);
        return reply.Datagram.Length;
    }

    public bool Wait(TimeSpan timeout)
    {
        if (_replies.Count == 0)
        {
            Thread.Sleep(timeout < TimeSpan.FromMilliseconds(20) ? timeout : TimeSpan.FromMilliseconds(20));
        }

        return _replies.Count > 0;
    }

    public void Dispose() => IsDisposed = true;

    internal sealed record Reply(byte[] Datagram, int Errno = 0)
    {
        public static implicit operator Reply(byte[] datagram) => new(datagram);

        public static Reply Error(int errno) => new([], errno);
    }

    /// <summary>One message of an answer to <paramref name="request"/>.</summary>
    public static byte[] Message(byte[] request, ushort type, ushort flags, params byte[] payload)
    {
        byte[] message = new byte[NetlinkAttributes.Align(16 + payload.Length)];
        BitConverter.TryWriteBytes(message, 16 + payload.Length);
        BitConverter.TryWriteBytes(message.AsSpan(4), type);
        BitConverter.TryWriteBytes(message.AsSpan(6), flags);
        request.AsSpan(8, 8).CopyTo(message.AsSpan(8));
        payload.CopyTo(message.AsSpan(16));
        return message;
    }

    public static byte[] Done(byte[] request, ushort flags = 0) => Message(request, NetlinkMessageType.Done, (ushort)(NetlinkFlags.Multi | flags), 0, 0, 0, 0);

    public static byte[] Ack(byte[] request) => Error(request, 0);

    public static byte[] Error(byte[] request, int errno, params byte[] attributes) =>
        Message(
            request, NetlinkMessageType.Error, (ushort)(NetlinkFlags.Capped | (attributes.Length > 0 ? NetlinkFlags.AckAttributes : 0)),
            [.. BitConverter.GetBytes(-errno), .. request.AsSpan(0, 16), .. attributes]);
}
