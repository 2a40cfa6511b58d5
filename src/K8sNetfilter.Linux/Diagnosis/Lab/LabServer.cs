using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>
/// The pod behind a Service: sends back whatever it gets. It belongs to the network namespace of the thread that makes it, and serves on
/// whichever thread runs it.
/// </summary>
internal sealed class LabServer : IDisposable
{
    private const int PollMicroseconds = 20_000;
    private const int BindMilliseconds = 1000;
    private readonly Socket _socket;
    private readonly ProtocolType _protocol;
    private readonly byte[] _buffer = new byte[65_536];

    /// <summary>Listens on every address of the calling thread's network namespace.</summary>
    public LabServer(AddressFamily family, ProtocolType protocol, int port)
    {
        _protocol = protocol;
        _socket = new Socket(family, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
        Bind(new IPEndPoint(family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        if (protocol == ProtocolType.Tcp)
        {
            _socket.Listen();
        }
    }

    /// <summary>Serves until cancelled.</summary>
    public void Serve(CancellationToken cancellation)
    {
        var any = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                if (!_socket.Poll(PollMicroseconds, SelectMode.SelectRead))
                {
                    continue;
                }

                if (_protocol == ProtocolType.Udp)
                {
                    EndPoint from = any;
                    int length = _socket.ReceiveFrom(_buffer, ref from);
                    _socket.SendTo(_buffer, 0, length, SocketFlags.None, from);
                }
                else
                {
                    using var connection = _socket.Accept();
                    Echo(connection, cancellation);
                }
            }
            catch (SocketException)
            {
                // A client that went away; the next one is served.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // The namespace is the lab's own, so that only the server before this one can have the port. Its socket was closed, but a program that
    // another thread starts at that moment has a copy of it between fork and exec.
    private void Bind(IPEndPoint at)
    {
        for (long started = Environment.TickCount64; ;)
        {
            try
            {
                _socket.Bind(at);
                return;
            }
            catch (SocketException failure)
                when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse && Environment.TickCount64 - started < BindMilliseconds)
            {
                Thread.Sleep(5);
            }
        }
    }

    private void Echo(Socket connection, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            if (!connection.Poll(PollMicroseconds, SelectMode.SelectRead))
            {
                continue;
            }

            int length = connection.Receive(_buffer);
            if (length == 0)
            {
                return;
            }

            connection.Send(_buffer, length, SocketFlags.None);
        }
    }
}
