using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Snapshots.Reading;
using K8sNetfilter.Snapshots.Writing;
using K8sNetfilter.Tests.Namespaces;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// A node with the pods A (10.244.1.2, veth2) and B (10.244.1.3, veth3) on the bridge cni0, and beyond eth0 a machine X (192.168.50.9, and
/// 203.0.113.9 behind it); in IPv6 fd00:244::2, fd00:244::3, fd00:50::9 and 2001:db8:9::9. Each of them serves TCP and UDP on port 8080, and
/// calls are made with real sockets.
/// </summary>
internal sealed class GroundNode : IDisposable
{
    private const int Port = 8080;

    private const string Setup = """
        set -e
        quiet='for v in accept_dad=0 accept_ra=0; do sysctl -qw net.ipv6.conf.all.$v net.ipv6.conf.default.$v; done; ip link set lo up'
        eval "$quiet"; for p in $A $B $X; do nsenter -t $p -n bash -c "$quiet"; done
        ip link add cni0 address 02:aa:00:00:00:01 type bridge forward_delay 0 mcast_snooping 0
        ip addr add 10.244.1.1/24 dev cni0; ip addr add fd00:244::1/64 dev cni0 nodad; ip link set cni0 up
        for i in 2:$A 3:$B; do n=${i%%:*}; p=${i#*:}
          ip link add veth$n type veth peer name eth0 netns $p; ip link set veth$n master cni0 up
          nsenter -t $p -n bash -c "ip link set eth0 address 02:bb:00:00:00:0$n; ip addr add 10.244.1.$n/24 dev eth0; ip addr add fd00:244::$n/64 dev eth0 nodad; ip link set eth0 up
            ip route add default via 10.244.1.1; ip route add default via fd00:244::1"
        done
        ip link add eth0 type veth peer name eth0 netns $X
        ip addr add 192.168.50.1/24 dev eth0; ip addr add fd00:50::1/64 dev eth0 nodad; ip link set eth0 up
        nsenter -t $X -n bash -c "ip addr add 192.168.50.9/24 dev eth0; ip addr add fd00:50::9/64 dev eth0 nodad; ip addr add 203.0.113.9/32 dev lo; ip addr add 2001:db8:9::9/128 dev lo
          ip link set eth0 up; ip route add 10.244.0.0/16 via 192.168.50.1; ip route add fd00:244::/64 via fd00:50::1"
        ip route add default via 192.168.50.9; ip route add default via fd00:50::9
        sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.icmp_ratelimit=0
        for d in /proc/sys/net/ipv4/conf/*; do echo 0 > $d/rp_filter; echo 0 > $d/send_redirects; done

        """;

    private readonly Dictionary<char, NetworkNamespace> _spaces = [];
    private readonly List<Process> _holders = [];
    private readonly List<Socket> _servers = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf-ground-").FullName;

    public GroundNode()
    {
        foreach (char name in "NABX")
        {
            _spaces[name] = Privilege.MakeNamespace(name == 'N' ? "the node" : name.ToString());
            _holders.Add(_spaces[name].Run(() => Process.Start(new ProcessStartInfo("sleep", "3600"))!));
        }

        Shell(Setup);
        foreach (var space in _spaces.Values)
        {
            space.Run(() =>
            {
                Serve(SocketType.Stream, ProtocolType.Tcp);
                Serve(SocketType.Dgram, ProtocolType.Udp);
            });
        }
    }

    public LiveNode Live => new(KernelRoot.Live, _spaces['N']);

    /// <summary>Runs a script in the node's namespace, which knows the others by $A, $B and $X (processes in them).</summary>
    public void Shell(string script) => _spaces['N'].Run(() =>
    {
        var start = new ProcessStartInfo("bash", "-s") { RedirectStandardInput = true, RedirectStandardError = true };
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        for (int i = 0; i < 4; i++)
        {
            start.Environment["NABX"[i].ToString()] = _holders.Count > i ? _holders[i].Id.ToString(CultureInfo.InvariantCulture) : "";
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\n{errors}");
    });

    /// <summary>The node as a snapshot of it says.</summary>
    public SnapshotNode Snapshot()
    {
        string folder = $"{_folder}/{Guid.NewGuid():n}";
        SnapshotExport.Run(Live, folder, new SnapshotExportOptions { IncludePods = true }, CancellationToken.None);
        return new SnapshotNode(folder);
    }

    /// <summary>Calls, sends so many bytes, and waits for the two that say that all of them came.</summary>
    public bool Call(char from, string to, string protocol, int size, int sourcePort = 0, TimeSpan? wait = null) => _spaces[from].Run(() =>
    {
        bool tcp = protocol == "tcp";
        var end = new IPEndPoint(IPAddress.Parse(to), Port);
        int timeout = (int)(wait ?? TimeSpan.FromSeconds(1.2)).TotalMilliseconds;
        using var socket = new Socket(end.AddressFamily, tcp ? SocketType.Stream : SocketType.Dgram, tcp ? ProtocolType.Tcp : ProtocolType.Udp) { ReceiveTimeout = timeout, SendTimeout = timeout };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        if (sourcePort != 0)
        {
            socket.Bind(new IPEndPoint(end.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, sourcePort));
        }

        try
        {
            socket.LingerState = tcp ? new LingerOption(true, 0) : socket.LingerState!;
            if (!socket.ConnectAsync(end).Wait(timeout))
            {
                return false;
            }

            byte[] data = new byte[size];
            BitConverter.TryWriteBytes(data, size);
            socket.Send(data);
            return socket.Receive(new byte[16]) > 0;
        }
        catch (Exception failure) when (failure is SocketException or AggregateException)
        {
            return false;
        }
    });

    public void Dispose()
    {
        _servers.ForEach(s => s.Dispose());
        foreach (var holder in _holders)
        {
            holder.Kill();
            holder.WaitForExit();
            holder.Dispose();
        }

        foreach (var space in _spaces.Values)
        {
            space.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void Serve(SocketType type, ProtocolType protocol)
    {
        var server = new Socket(AddressFamily.InterNetworkV6, type, protocol) { DualMode = true };
        server.Bind(new IPEndPoint(IPAddress.IPv6Any, Port));
        _servers.Add(server);
        bool tcp = type == SocketType.Stream;
        if (tcp)
        {
            server.Listen(16);
        }

        new Thread(() =>
        {
            byte[] data = new byte[1 << 16];
            while (true)
            {
                try
                {
                    if (tcp)
                    {
                        var caller = server.Accept();
                        new Thread(() => Answer(caller)) { IsBackground = true }.Start();
                        continue;
                    }

                    EndPoint from = new IPEndPoint(IPAddress.IPv6Any, 0);
                    server.ReceiveFrom(data, ref from);
                    server.SendTo(data.AsSpan(0, 2), from);
                }
                catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
                {
                    if (failure is ObjectDisposedException || !server.IsBound)
                    {
                        return;
                    }
                }
            }
        })
        { IsBackground = true }.Start();
    }

    private static void Answer(Socket caller)
    {
        using (caller)
        {
            try
            {
                caller.ReceiveTimeout = 10000;
                byte[] data = new byte[1 << 16];
                int count = caller.Receive(data);
                int size = count < 4 ? 0 : BitConverter.ToInt32(data);
                while (count > 0 && count < size && caller.Receive(data) is > 0 and int more)
                {
                    count += more;
                }

                caller.Send(data.AsSpan(0, 2));
                caller.Receive(data);
            }
            catch (SocketException)
            {
                // The caller has gone.
            }
        }
    }
}
