using System.Buffers;
using System.Runtime.InteropServices;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;

namespace K8sNetfilter.Netlink;

/// <summary>
/// A conversation with one netlink family in one network namespace, one request at a time. Not for use by several threads at once.
/// </summary>
internal sealed class NetlinkConnection : IDisposable
{
    private readonly Func<INetlinkTransport> _open;
    private INetlinkTransport? _transport;
    private NetlinkExchange? _exchange;
    private byte[]? _buffer;
    private uint _sequence;
    private bool _disposed;

    /// <summary>
    /// Makes a connection over what <paramref name="open"/> gives; it is called again where a request was left unfinished.
    /// </summary>
    internal NetlinkConnection(Func<INetlinkTransport> open, NetlinkOptions? options = null)
    {
        _open = open;
        Options = options ?? NetlinkOptions.Default;
        _transport = open();
    }

    /// <summary>How it behaves.</summary>
    internal NetlinkOptions Options { get; }

    /// <summary>This end's address.</summary>
    internal uint PortId => Transport.PortId;

    /// <summary>What carries it.</summary>
    internal INetlinkTransport Transport
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _transport ??= _open();
        }
    }

    /// <summary>What datagrams are read into.</summary>
    internal byte[] Buffer => _buffer ??= ArrayPool<byte>.Shared.Rent(Options.ReceiveBufferSize);

    /// <summary>
    /// A connection in the calling thread's network namespace. It stays in that namespace only while no request is left unfinished.
    /// </summary>
    internal static NetlinkConnection OpenHere(NetlinkProtocol protocol, NetlinkOptions? options = null) =>
        new(() => NetlinkTrace.Open(protocol, options ?? NetlinkOptions.Default), options);

    /// <summary>
    /// Sends one request and gives its answer, message by message. A request that is no dump gets NLM_F_ACK, so that its answer has an end.
    /// </summary>
    /// <param name="request">One finished message; sequence number and port id are written into it.</param>
    /// <param name="operation">What it does, for a failure's message.</param>
    /// <param name="cancellation">Stops the reading.</param>
    internal NetlinkExchange Start(Span<byte> request, NetlinkOperation operation, CancellationToken cancellation)
    {
        if (_exchange is not null)
        {
            throw new InvalidOperationException(NetlinkMessages.RequestOpen);
        }

        cancellation.ThrowIfCancellationRequested();
        // NLM_F_DUMP's two bits mean something else in a request that creates.
        int flags = MemoryMarshal.Read<ushort>(request[6..]) & (NetlinkFlags.Dump | NetlinkFlags.Create);
        if (flags != NetlinkFlags.Dump)
        {
            AddFlag(request, NetlinkFlags.Ack);
        }

        Send(request, operation);
        return _exchange = new NetlinkExchange(this, operation, _sequence, _sequence, cancellation);
    }

    /// <summary>Sends one request that changes something and waits until the kernel has done it.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    internal void Execute(Span<byte> request, NetlinkOperation operation, CancellationToken cancellation = default)
    {
        using var exchange = Start(request, operation, cancellation);
        while (exchange.MoveNext())
        {
            // Some requests answer with the object that they made (NLM_F_ECHO); nobody asked for it.
        }
    }

    /// <summary>
    /// Sends a dump and collects its objects. A dump that the kernel's own changes interrupt, or that overruns the socket, is asked
    /// again a bounded number of times; then the data comes with a mark, or the overrun is the failure.
    /// </summary>
    internal NetlinkResult<T> Collect<T>(
        Span<byte> request, NetlinkDecoder<T> decode, NetlinkOperation operation, CancellationToken cancellation = default)
        where T : class
    {
        var items = new List<T>();
        for (int attempt = 0; ; attempt++)
        {
            items.Clear();
            try
            {
                using var exchange = Start(request, operation, cancellation);
                while (exchange.MoveNext())
                {
                    if (decode(exchange.Current) is { } item)
                    {
                        items.Add(item);
                    }
                }

                if (!exchange.IsInterrupted || attempt >= Options.Retries)
                {
                    return new NetlinkResult<T>(items, exchange.IsInterrupted);
                }
            }
            catch (NodeException failure) when (failure.Errno is Errno.ENOBUFS or Errno.EMSGSIZE && attempt < Options.Retries)
            {
                // The rest of that answer is lost with its socket: ask on a new one.
            }
        }
    }

    /// <summary>
    /// Sends messages that the kernel takes as one change, all or nothing (NFNL_MSG_BATCH_BEGIN … NFNL_MSG_BATCH_END,
    /// net/netfilter/nfnetlink.c), and waits for its answer to the last one.
    /// </summary>
    /// <param name="messages">The messages; sequence numbers and port ids are written into them.</param>
    /// <param name="operation">What they do, for a failure's message.</param>
    /// <param name="cancellation">Stops the waiting; the change may then be made or not.</param>
    /// <exception cref="NetlinkException">The kernel refused; <see cref="NetlinkException.MessageIndex"/> says which message.</exception>
    internal void ExecuteBatch(Span<byte> messages, NetlinkOperation operation, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_exchange is not null)
        {
            throw new InvalidOperationException(NetlinkMessages.RequestOpen);
        }

        // The last message before the batch's end is acknowledged; refusals are answered unasked, in the order of the messages.
        int end = -1, last = -1;
        for (int offset = 0; offset < messages.Length; offset += LengthAt(messages, offset))
        {
            last = end;
            end = offset;
        }

        if (last <= 0)
        {
            throw new ArgumentException(NetlinkMessages.BatchIncomplete, nameof(messages));
        }

        AddFlag(messages[last..], NetlinkFlags.Ack);
        uint begin = _sequence + 1;
        Send(messages, operation);
        using var exchange = _exchange = new NetlinkExchange(this, operation, begin, _sequence, cancellation);
        exchange.WaitForBatch(begin, _sequence - 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            Abandon();
            _disposed = true;
            if (_buffer is { } buffer)
            {
                _buffer = null;
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>An exchange has ended; where it did not come to its end, its remaining messages go with the socket.</summary>
    internal void End(NetlinkExchange exchange)
    {
        if (_exchange == exchange)
        {
            _exchange = null;
            if (!exchange.IsFinished)
            {
                Abandon();
            }
        }
    }

    /// <summary>Makes the buffer hold datagrams of <paramref name="length"/> bytes, for the next attempt.</summary>
    internal void GrowBuffer(int length)
    {
        byte[] small = Buffer;
        _buffer = ArrayPool<byte>.Shared.Rent(length);
        ArrayPool<byte>.Shared.Return(small);
    }

    private void Send(Span<byte> messages, NetlinkOperation operation)
    {
        var transport = Transport;
        for (int offset = 0; offset < messages.Length;)
        {
            BitConverter.TryWriteBytes(messages[(offset + 8)..], ++_sequence);
            BitConverter.TryWriteBytes(messages[(offset + 12)..], transport.PortId);
            offset += LengthAt(messages, offset);
        }

        int sent = transport.Send(messages);
        if (sent < 0)
        {
            throw NetlinkFailure.Refused(-sent, operation);
        }
    }

    private static int LengthAt(ReadOnlySpan<byte> messages, int offset) =>
        NetlinkAttributes.Align((int)MemoryMarshal.Read<uint>(messages[offset..]));

    private static void AddFlag(Span<byte> message, ushort flag) =>
        BitConverter.TryWriteBytes(message[6..], (ushort)(MemoryMarshal.Read<ushort>(message[6..]) | flag));

    private void Abandon()
    {
        _transport?.Dispose();
        _transport = null;
    }
}
