using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Diagnosis.Probe;

/// <summary>
/// One real call from a pod: a TCP connection or a UDP datagram, from the network namespace of the thread that makes it. In the lab the
/// far side sends everything back, so that the data's way is tried as well as the handshake's; a probe of a running Service only connects.
/// </summary>
internal sealed class ServiceCall : IDisposable
{
    private const int PollMicroseconds = 10_000;
    private readonly Socket _socket;
    private readonly IPEndPoint _service;

    /// <summary>Prepares a call. Nothing is sent yet.</summary>
    public ServiceCall(IPEndPoint service, ProtocolType protocol)
    {
        _service = service;
        _socket = new Socket(service.AddressFamily, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol) { Blocking = false };
        // Bound first, so that the conntrack entry can be found by its port also when the call never ends.
        _socket.Bind(new IPEndPoint(service.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
    }

    /// <summary>The port that the call comes from.</summary>
    public int SourcePort => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>The address that the call comes from, once it has been made; null where there was no route.</summary>
    public IPAddress? SourceAddress =>
        _socket.LocalEndPoint is IPEndPoint { Address: var address } && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) ? address : null;

    /// <summary>Makes the call. An ICMP error ends it: poll(2) returns at once for one, and it is not data.</summary>
    /// <param name="payload">What to send. It is wanted back when <paramref name="wantEcho"/>.</param>
    /// <param name="wantEcho">The far side sends back what it gets.</param>
    /// <param name="timeout">How long to wait in all.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public LabObservation Make(ReadOnlySpan<byte> payload, bool wantEcho, TimeSpan timeout, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            try
            {
                _socket.Connect(_service);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                if (!Wait(SelectMode.SelectWrite))
                {
                    return LabObservation.TimedOut;
                }

                if (_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int number and not 0)
                {
                    return Describe((SocketError)number);
                }
            }

            if (payload.IsEmpty)
            {
                return LabObservation.Connected;
            }

            int sent = 0, received = 0;
            Span<byte> answer = new byte[Math.Max(payload.Length, 2048)];
            while (sent < payload.Length)
            {
                if (!Wait(SelectMode.SelectWrite))
                {
                    return LabObservation.TimedOut;
                }

                sent += _socket.Send(payload[sent..]);
            }

            while (received < (wantEcho ? payload.Length : 1))
            {
                if (!Wait(SelectMode.SelectRead))
                {
                    return LabObservation.TimedOut;
                }

                int length = _socket.Receive(answer[received..]);
                if (length == 0)
                {
                    return LabObservation.Refused;
                }

                received += length;
            }

            return !wantEcho || answer[..received].SequenceEqual(payload) ? LabObservation.Connected : LabObservation.Refused;
        }
        catch (SocketException error)
        {
            return Describe(error.SocketErrorCode);
        }

        bool Wait(SelectMode mode)
        {
            while (clock.Elapsed < timeout)
            {
                cancellation.ThrowIfCancellationRequested();
                if (_socket.Poll(PollMicroseconds, mode) || _socket.Poll(0, SelectMode.SelectError))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Ended by a reset: a probe leaves no connection behind in the pod's TIME_WAIT table.
        if (_socket.SocketType == SocketType.Stream)
        {
            _socket.LingerState = new LingerOption(true, 0);
        }

        _socket.Dispose();
    }

    private static LabObservation Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused or SocketError.ConnectionReset => LabObservation.Refused,
        SocketError.TimedOut => LabObservation.TimedOut,
        _ => LabObservation.Unreachable,
    };
}
