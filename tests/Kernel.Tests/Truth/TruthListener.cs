using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace K8sNetfilter.Tests.Truth;

/// <summary>
/// A listening socket of a machine. It takes a message that begins with its length and a token, and answers with the machine's name and the
/// address that the message came from.
/// </summary>
internal sealed class TruthListener : IDisposable
{
    private const int Head = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private readonly Socket _socket;
    private readonly List<Socket> _waiting = [];
    private readonly string _name;
    private readonly bool _answers;
    private readonly Thread _thread;
    private volatile bool _ends;

    public TruthListener(TruthMachine machine, IPEndPoint at, ProtocolType protocol, bool answers, bool? isDual, bool isFull = false)
    {
        _name = machine.Name;
        _answers = answers;
        _socket = machine.Space.Run(() =>
        {
            var socket = new Socket(at.AddressFamily, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
            if (isDual is { } dual)
            {
                socket.DualMode = dual;
            }

            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(at);
            if (protocol == ProtocolType.Tcp)
            {
                socket.Listen(isFull ? 1 : 64);
            }

            for (int i = 0; isFull && i < 3; i++)
            {
                var waiting = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _waiting.Add(waiting);
                try
                {
                    waiting.Connect(new IPEndPoint(at.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, at.Port));
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                    // It goes on by itself.
                }
            }

            return socket;
        });
        _ends = isFull;
        _thread = new Thread(Serve, 256 * 1024) { IsBackground = true, Name = "truth server" };
        _thread.Start();
    }

    /// <summary>The tokens of the messages that came.</summary>
    public ConcurrentDictionary<Guid, bool> Received { get; } = new();

    public void Dispose()
    {
        _ends = true;
        _thread.Join();
        _waiting.ForEach(w => w.Dispose());
        _socket.Dispose();
    }

    private void Serve()
    {
        byte[] buffer = new byte[65536];
        while (!_ends)
        {
            try
            {
                if (!_socket.Poll(20_000, SelectMode.SelectRead))
                {
                    continue;
                }

                if (_socket.SocketType == SocketType.Stream)
                {
                    var connection = _socket.Accept();
                    // Born on a thread outside the machine, whose sockets work all the same.
                    new Thread(() => Talk(connection), 256 * 1024) { IsBackground = true, Name = "truth talk" }.Start();
                    continue;
                }

                EndPoint from = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any,
                0);
                int length = _socket.ReceiveFrom(buffer, ref from);
                if (length >= Head)
                {
                    Received[new Guid(buffer.AsSpan(4, 16))] = true;
                    if (_answers)
                    {
                        _socket.SendTo(Answer((IPEndPoint)from), from);
                    }
                }
            }
            catch (SocketException)
            {
                // A client that is gone, or an ICMP error that tells of one.
            }
        }
    }

    private void Talk(Socket connection)
    {
        using (connection)
        {
            try
            {
                connection.ReceiveTimeout = (int)Patience.TotalMilliseconds;
                byte[] buffer = new byte[65536];
                int got = 0;
                do
                {
                    int length = connection.Receive(buffer, got, buffer.Length - got, SocketFlags.None);
                    if (length == 0)
                    {
                        return;
                    }

                    got += length;
                }
                while (got < Head || got < BitConverter.ToInt32(buffer));
                Received[new Guid(buffer.AsSpan(4, 16))] = true;
                connection.Send(Answer((IPEndPoint)connection.RemoteEndPoint!));
            }
            catch (SocketException)
            {
                // The client has given up.
            }
        }
    }

    private byte[] Answer(IPEndPoint from) =>
        Encoding.ASCII.GetBytes($"{_name}|{(from.Address.IsIPv4MappedToIPv6 ? from.Address.MapToIPv4() : from.Address)}");
}
