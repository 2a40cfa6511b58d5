using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>Sends back what it gets, over TCP or UDP, from inside a namespace, until it is gone.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly Socket _socket;
    private readonly Thread _thread;
    private volatile bool _stopped;

    public EchoServer(NetworkNamespace space, bool udp, IPEndPoint address)
    {
        _socket = space.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
            socket.Bind(address);
            if (!udp)
            {
                socket.Listen(16);
            }

            return socket;
        });
        _thread = new Thread(() => Serve(udp)) { IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _stopped = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Serve(bool udp)
    {
        byte[] text = new byte[64];
        while (!_stopped)
        {
            if (!_socket.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectRead))
            {
                continue;
            }

            try
            {
                if (udp)
                {
                    EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                    int length = _socket.ReceiveFrom(text, ref from);
                    _socket.SendTo(text.AsSpan(0, length), from);
                    continue;
                }

                using var client = _socket.Accept();
                client.ReceiveTimeout = 1000;
                int count = client.Receive(text);
                client.Send(text.AsSpan(0, count));
            }
            catch (SocketException)
            {
                // A caller that went away is the next one's no hindrance.
            }
        }
    }
}
