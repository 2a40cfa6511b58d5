using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Makes a call with a real socket of the calling machine.</summary>
internal static class TruthCaller
{
    // linux/in.h: IP_MTU_DISCOVER, IP_PMTUDISC_DONT and _DO; linux/in6.h: IPV6_MTU_DISCOVER, IPV6_DONTFRAG.
    private const int MtuDiscover = 10, MtuDiscover6 = 23, NeverFragment = 2, MayFragment = 0;

    public static TruthOutcome Make(TruthCall call, IReadOnlyList<TruthListener> listeners, TimeSpan wait)
    {
        var token = Guid.NewGuid();
        byte[] message = new byte[Math.Max(call.Bytes, 20)];
        BitConverter.TryWriteBytes(message, message.Length);
        token.TryWriteBytes(message.AsSpan(4));
        var outcome = call.From.Space.Run(() => Talk(call, message, wait));
        if (call.OneWay && outcome.Kind == TruthKind.TimesOut)
        {
            return listeners.Any(l => l.Received.ContainsKey(token)) ? new TruthOutcome(TruthKind.Arrives) : outcome;
        }

        return outcome;
    }

    private static TruthOutcome Talk(TruthCall call, byte[] message, TimeSpan wait)
    {
        var clock = Stopwatch.StartNew();
        bool isTcp = call.Protocol == ProtocolType.Tcp;
        using var socket = new Socket(call.To.AddressFamily, isTcp ? SocketType.Stream : SocketType.Dgram,
            call.Protocol) { Blocking = false };
        try
        {
            Prepare(socket, call, isTcp);
            try
            {
                socket.Connect(call.To, call.Port);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                if (!Wait(SelectMode.SelectWrite))
                {
                    return new TruthOutcome(TruthKind.TimesOut);
                }

                if (socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int number and not 0)
                {
                    return Describe((SocketError)number);
                }
            }

            for (int sent = 0; sent < message.Length; sent += socket.Send(message.AsSpan(sent)))
            {
                if (!Wait(SelectMode.SelectWrite))
                {
                    return new TruthOutcome(TruthKind.TimesOut);
                }
            }

            // An error alone does not count as readable; the receive says which it is.
            _ = Wait(SelectMode.SelectRead);
            byte[] answer = new byte[200];
            int length = socket.Receive(answer);
            string[] parts = Encoding.ASCII.GetString(answer, 0, length).Split('|');
            return parts.Length == 2 ? new TruthOutcome(TruthKind.Works, parts[0], parts[1]) : new TruthOutcome(TruthKind.Refused);
        }
        catch (SocketException error)
        {
            return Describe(error.SocketErrorCode);
        }

        bool Wait(SelectMode mode)
        {
            var left = wait - clock.Elapsed;
            return left > TimeSpan.Zero && socket.Poll((int)left.TotalMicroseconds, mode);
        }
    }

    private static void Prepare(Socket socket, TruthCall call, bool isTcp)
    {
        if (isTcp)
        {
            // Ended by a reset: no connection stays behind.
            socket.LingerState = new LingerOption(true, 0);
        }
        else
        {
            byte[] value = BitConverter.GetBytes(call.MayFragment ? MayFragment : NeverFragment);
            bool v6 = call.To.AddressFamily == AddressFamily.InterNetworkV6;
            socket.SetRawSocketOption(v6 ? 41 : 0, v6 ? MtuDiscover6 : MtuDiscover, value);
        }

        if (call.SourcePort > 0 || (call.Source is not null && call.BindsSource))
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(call.BindsSource && call.Source is not null ? call.Source : Any(call), call.SourcePort));
        }
    }

    private static IPAddress Any(TruthCall call) => call.To.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;

    private static TruthOutcome Describe(SocketError error) => new(error switch
    {
        SocketError.ConnectionRefused or SocketError.ConnectionReset => TruthKind.Refused,
        SocketError.TimedOut or SocketError.WouldBlock => TruthKind.TimesOut,
        _ => TruthKind.Unreachable,
    });
}
