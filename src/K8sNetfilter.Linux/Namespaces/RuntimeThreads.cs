using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace K8sNetfilter.Namespaces;

/// <summary>
/// A thread is born in the network namespace of the one that starts it. The runtime starts some of its own at first use, for good: from
/// a thread that works inside a namespace they would keep that namespace alive until the process ends. Here they are started before
/// anything is entered.
/// </summary>
internal static class RuntimeThreads
{
    private static readonly Lazy<bool> Signals = new(() =>
    {
        // Whoever registers first starts the thread that hears of signals, a child's end among them.
        if (!OperatingSystem.IsWindows())
        {
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => { }).Dispose();
        }

        return true;
    });

    private static readonly Lazy<bool> Sockets = new(() =>
    {
        // A wait that cannot end at once starts the thread that polls all sockets. This one has no name and no peer.
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        using var wait = new SocketAsyncEventArgs();
        wait.SetBuffer(new byte[1]);
        _ = socket.ReceiveAsync(wait);
        return true;
    });

    /// <summary>
    /// To be called before a process is started inside a namespace: a read of its output that has to wait is polled as sockets are.
    /// </summary>
    public static void StartForProcesses() => _ = Signals.Value && Sockets.Value;

    /// <summary>To be called before a <see cref="Socket"/> is made inside a namespace.</summary>
    public static void StartForSockets() => _ = Sockets.Value;
}
