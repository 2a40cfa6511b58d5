using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Links;
using K8sNetfilter.Netlink;
using K8sNetfilter.Tests.Links;
using K8sNetfilter.Tests.Namespaces;

namespace K8sNetfilter.Tests.Netlink;

public sealed class NetlinkSocketTests
{
    private const int RTNLGRP_LINK = 1;
    private static readonly NetlinkOperation Reading = new("Reading the links", "here");

    private static byte[] DumpLinks()
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RtNetlink.RTM_GETLINK, NetlinkFlags.Dump);
        writer.Header(new IfInfoMessage());
        writer.EndMessage();
        return writer.Written.ToArray();
    }

    [Fact]
    public void A_socket_whose_buffer_overran_says_so_and_the_next_reading_is_whole()
    {
        using var node = new NodeFixture(2);
        int opened = 0;
        NetlinkSocket? listening = null;
        using var connection = new NetlinkConnection(() => node.Node.Run<INetlinkTransport>(() =>
        {
            var socket = new NetlinkSocket(NetlinkProtocol.Route, new NetlinkOptions { SocketBufferSize = 4096 });
            if (++opened == 1)
            {
                socket.Join(RTNLGRP_LINK);
                listening = socket;
            }

            return socket;
        }));
        // Nobody reads the announcements of these changes, and the smallest buffer holds few of them.
        for (int i = 0; i < 200; i++)
        {
            node.Link.SetUp("veth0", i % 2 == 0);
        }

        Assert.NotNull(listening);
        var result = connection.Collect(DumpLinks(), LinkDecoder.Decode, Reading);
        Assert.Equal(["cni0", "lo", "veth0", "veth1"], result.Items.Select(l => l.Name).Order(StringComparer.Ordinal));
        Assert.Equal(2, opened);
    }

    [Fact]
    public void A_table_that_changes_while_it_is_read_is_read_again_or_marked()
    {
        using var space = Privilege.MakeNamespace();
        using var link = RouteNetlink.Open(space);
        link.AddBridge("br0");
        link.AddAddress("br0", IPAddress.Parse("10.0.0.1"), 24);
        for (int i = 0; i < 1500; i++)
        {
            link.AddAddress("br0", new IPAddress([10, 9, (byte)(i >> 8), (byte)i]), 32);
        }

        using var stop = new CancellationTokenSource();
        var churn = new Thread(() =>
        {
            using var other = RouteNetlink.Open(space);
            while (!stop.IsCancellationRequested)
            {
                other.AddAddress("br0", IPAddress.Parse("10.8.0.1"), 32);
                other.RemoveAddress("br0", IPAddress.Parse("10.8.0.1"), 32);
            }
        });
        churn.Start();
        int marked = 0, whole = 0;
        try
        {
            for (int i = 0; i < 30; i++)
            {
                var result = link.ReadAddresses();
                if (result.IsInterrupted)
                {
                    marked++;
                }
                else
                {
                    whole++;
                    // What was not being changed is there exactly once.
                    Assert.Equal(1500, result.Items.Where(a => a.IPAddress.GetAddressBytes() is [10, 9, ..]).DistinctBy(a => a.IPAddress).Count());
                    Assert.Equal(1500, result.Items.Count(a => a.IPAddress.GetAddressBytes() is [10, 9, ..]));
                }
            }
        }
        finally
        {
            stop.Cancel();
            churn.Join();
        }

        Assert.Equal(30, marked + whole);
        Assert.False(link.ReadAddresses().IsInterrupted);
    }

    [Fact]
    public void A_small_buffer_grows_to_what_the_kernel_sends()
    {
        using var node = new NodeFixture(4);
        using var connection = node.Node.Connect(NetlinkProtocol.Route, new NetlinkOptions { ReceiveBufferSize = 512 });
        Assert.Equal(6, connection.Collect(DumpLinks(), LinkDecoder.Decode, Reading).Items.Count);
    }

    [Fact]
    public void Only_the_kernels_messages_are_read()
    {
        using var space = Privilege.MakeNamespace();
        space.Run(() =>
        {
            using var socket = new NetlinkSocket(NetlinkProtocol.Route, NetlinkOptions.Default);
            // Another process on the machine may send to the socket's address.
            using var stranger = new NetlinkStranger();
            stranger.SendTo(socket.PortId, DumpLinks());
            Assert.Equal(-Errno.EAGAIN, socket.Receive(new byte[100]));
            Assert.False(socket.Wait(TimeSpan.Zero));
        });
    }

    [Fact]
    public void Memory_for_a_message_is_not_taken_anew()
    {
        using var node = new NodeFixture(20);
        using var connection = node.Node.Connect(NetlinkProtocol.Route);
        byte[] request = DumpLinks();
        int Count()
        {
            int messages = 0;
            using var exchange = connection.Start(request, Reading, default);
            while (exchange.MoveNext())
            {
                messages += exchange.Current.Type == RtNetlink.RTM_NEWLINK ? 1 : 0;
                foreach (var attribute in exchange.Current.Attributes(16))
                {
                    messages += attribute.Type < 0 ? 1 : 0;
                }
            }

            return messages;
        }

        Assert.Equal(22, Count());
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Count();
        }

        // The exchange itself is an object; 2,200 messages are none.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 400);
    }

    [Fact]
    public void A_family_that_the_kernel_lacks_is_an_error() =>
        Assert.Throws<NodeException>(() => new NetlinkSocket((NetlinkProtocol)31, NetlinkOptions.Default));

    /// <summary>Sends to another socket of the same family, as any process may.</summary>
    private sealed unsafe class NetlinkStranger : IDisposable
    {
        private readonly SafeDescriptor _socket = new(Sockets.Open(16, 3, 0));

        public void SendTo(uint port, byte[] bytes)
        {
            var address = new NetlinkSocket.SocketAddress { Family = 16, PortId = port };
            Sockets.SendTo(_socket, bytes, &address, (uint)sizeof(NetlinkSocket.SocketAddress));
        }

        public void Dispose() => _socket.Dispose();
    }
}
