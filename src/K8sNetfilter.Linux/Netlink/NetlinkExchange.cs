using System.Diagnostics;
using System.Runtime.InteropServices;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;

namespace K8sNetfilter.Netlink;

/// <summary>
/// One request and the messages that answer it, read one at a time as they come: nothing is allocated for a message. Leaving before
/// the end costs the connection its socket, and the next request opens another.
/// </summary>
internal sealed class NetlinkExchange : IDisposable
{
    // Ctrl-C must stop a wait within a second.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);

    private readonly NetlinkConnection _connection;
    private readonly NetlinkOperation _operation;
    private readonly CancellationToken _cancellation;
    private readonly uint _first;
    private readonly uint _last;
    private int _position;
    private int _end;
    private int _start;
    private int _length;

    internal NetlinkExchange(NetlinkConnection connection, NetlinkOperation operation, uint first, uint last,
        CancellationToken cancellation)
    {
        _connection = connection;
        _operation = operation;
        _first = first;
        _last = last;
        _cancellation = cancellation;
    }

    /// <summary>The message that <see cref="MoveNext"/> found; valid until it is called again.</summary>
    internal NetlinkMessage Current => new(_connection.Buffer.AsSpan(_start, _length));

    /// <summary>True where the kernel said that its tables changed meanwhile: objects may be missing or there twice.</summary>
    internal bool IsInterrupted { get; private set; }

    /// <summary>True once the kernel has said all of its answer.</summary>
    internal bool IsFinished { get; private set; }

    /// <summary>Goes to the next message of the answer. False at its end.</summary>
    /// <exception cref="NodeException">The kernel refused, was silent for too long, or dropped messages.</exception>
    /// <exception cref="OperationCanceledException">The caller's token.</exception>
    internal bool MoveNext()
    {
        if (IsFinished)
        {
            return false;
        }

        Read();
        if (Current.Type is not (NetlinkMessageType.Error or NetlinkMessageType.Done))
        {
            return true;
        }

        IsFinished = true;
        return NetlinkFailure.FromMessage(Current, _operation) is { } failure ? throw failure : false;
    }

    /// <summary>
    /// Waits for the answer to a batch: to its last message, or an error for the whole batch, reported for its first message.
    /// </summary>
    /// <param name="begin">The sequence number of NFNL_MSG_BATCH_BEGIN.</param>
    /// <param name="last">The sequence number of the message that is acknowledged.</param>
    internal void WaitForBatch(uint begin, uint last)
    {
        NetlinkException? first = null;
        while (!IsFinished)
        {
            Read();
            if (Current.Type == NetlinkMessageType.Error)
            {
                uint about = Current.Sequence;
                var failure = NetlinkFailure.FromMessage(Current, _operation, Math.Max(0, (int)(about - begin) - 1));
                first ??= failure;
                IsFinished = about == last || (about == begin && failure is not null);
            }
        }

        if (first is not null)
        {
            throw first;
        }
    }

    /// <summary>Ends the exchange. The connection can be used for the next request then.</summary>
    public void Dispose() => _connection.End(this);

    // Goes to the next message that answers this request.
    private void Read()
    {
        while (true)
        {
            if (_position >= _end)
            {
                Fill();
            }

            var rest = _connection.Buffer.AsSpan(_position, _end - _position);
            uint length = rest.Length < NetlinkMessage.HeaderSize ? 0 : MemoryMarshal.Read<uint>(rest);
            if (length < NetlinkMessage.HeaderSize || length > rest.Length)
            {
                throw NetlinkFailure.Malformed(NetlinkMessages.MessageMalformed);
            }

            _start = _position;
            _length = (int)length;
            _position = Math.Min(_end, _start + NetlinkAttributes.Align(_length));
            var message = Current;
            // The others are late answers to a request that was given up, or announcements to a group.
            if (message.Sequence - _first > _last - _first || message.PortId != _connection.PortId)
            {
                continue;
            }

            if ((message.Flags & NetlinkFlags.DumpInterrupted) != 0)
            {
                IsInterrupted = true;
            }

            if (message.Type == NetlinkMessageType.Overrun)
            {
                throw NetlinkFailure.Overrun(_operation);
            }

            if (message.Type != NetlinkMessageType.Noop)
            {
                return;
            }
        }
    }

    private void Fill()
    {
        long silentSince = Stopwatch.GetTimestamp();
        while (true)
        {
            _cancellation.ThrowIfCancellationRequested();
            int received = _connection.Transport.Receive(_connection.Buffer);
            switch (received)
            {
                case > 0 when received > _connection.Buffer.Length:
                    _connection.GrowBuffer(received);
                    throw NetlinkFailure.Truncated(_operation, received);
                case > 0:
                    _position = 0;
                    _end = received;
                    return;
                case -Errno.ENOBUFS:
                    throw NetlinkFailure.Overrun(_operation);
                case 0 or -Errno.EAGAIN:
                    break;
                default:
                    throw NetlinkFailure.Refused(-received, _operation);
            }

            var timeout = _connection.Options.Timeout;
            var left = timeout - Stopwatch.GetElapsedTime(silentSince);
            if (left <= TimeSpan.Zero)
            {
                throw NetlinkFailure.TimedOut(_operation, timeout);
            }

            _connection.Transport.Wait(left < Slice ? left : Slice);
        }
    }
}
