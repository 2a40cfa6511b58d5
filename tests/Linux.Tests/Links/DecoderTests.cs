using System.Net;
using System.Net.Sockets;
using CsCheck;
using K8sNetfilter.Errors;
using K8sNetfilter.Links;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Tests.Links;

public sealed class DecoderTests
{
    private static readonly ushort[] Types = [16, 20, 24, 28, 32, 2, 3];

    [Fact]
    public void A_bridge_is_decoded_with_its_settings()
    {
        var link = LinkDecoder.Decode(new NetlinkMessage(CapturedMessages.Bridge))!;
        Assert.Equal(
            new Link
            {
                Index = 2, Name = "cni0", Kind = "bridge", MacAddress = "0a:58:0a:f4:00:01", Mtu = link.Mtu, State = link.State, IsUp = true, HasCarrier = link.HasCarrier,
                Promiscuity = 0, AlternativeNames = link.AlternativeNames, Bridge = link.Bridge,
            },
            link);
        Assert.Equal(
            new BridgeSettings
            {
                NfCallIptables = true, NfCallIp6tables = false, NfCallArptables = false, VlanFiltering = false, Stp = false, MulticastSnooping = true,
                AgeingTime = TimeSpan.FromSeconds(10),
            },
            link.Bridge);
        Assert.Empty(link.AlternativeNames);
    }

    [Fact]
    public void A_port_with_its_other_end_in_another_namespace_is_decoded()
    {
        var link = LinkDecoder.Decode(new NetlinkMessage(CapturedMessages.Port))!;
        Assert.Equal(
            ("veth0", "veth", 3, 2, 2, 0, "pod a", 1450, "02:00:00:00:00:01"),
            (link.Name, link.Kind, link.Index, link.MasterIndex, link.PeerIndex, link.PeerNamespaceId, link.Alias, link.Mtu, link.MacAddress));
        Assert.False(link.IsPromiscuous);
        Assert.Equal(1, link.Promiscuity);
        Assert.Equal(
            new BridgePortSettings
            {
                State = BridgePortState.Disabled, Hairpin = true, Isolated = true, Learning = true, UnicastFlood = true, MulticastFlood = true, BroadcastFlood = true,
                NeighborSuppression = false, ProxyArp = false,
            },
            link.Port);
    }

    [Fact]
    public void The_loopback_link_is_decoded()
    {
        var link = LinkDecoder.Decode(new NetlinkMessage(CapturedMessages.Loopback))!;
        Assert.Equal(("lo", null, true, true, LinkState.Unknown, 65536, null), (link.Name, link.Kind, link.IsLoopback, link.IsUp, link.State, link.Mtu, link.MasterIndex));
    }

    [Fact]
    public void Addresses_of_both_families_are_decoded()
    {
        Assert.Equal(
            new Address { IPAddress = IPAddress.Parse("10.244.0.1"), PrefixLength = 24, LinkIndex = 2, Label = "cni0", Flags = 0x80 },
            AddressDecoder.Decode(new NetlinkMessage(CapturedMessages.Address4)));
        Assert.Equal(
            new Address { IPAddress = IPAddress.Parse("fd00::1"), PrefixLength = 64, LinkIndex = 2, Flags = 0x82 },
            AddressDecoder.Decode(new NetlinkMessage(CapturedMessages.Address6)));
    }

    [Fact]
    public void Routes_of_every_form_are_decoded()
    {
        var via6 = RouteDecoder.Decode(new NetlinkMessage(CapturedMessages.RouteVia6))!;
        Assert.Equal(
            new Route
            {
                Family = AddressFamily.InterNetwork, Destination = IPAddress.Parse("10.9.0.0"), PrefixLength = 16, Table = 1000, Kind = RouteKind.Unicast, Protocol = 3,
                Gateway = IPAddress.Parse("fd00::9"), LinkIndex = 2, Metric = 5, NextHops = via6.NextHops, Flags = via6.Flags,
            },
            via6);
        var several = RouteDecoder.Decode(new NetlinkMessage(CapturedMessages.RouteMultipath))!;
        // RTNH_F_LINKDOWN: the link had no carrier when the message was captured.
        Assert.Equal([new RouteNextHop(IPAddress.Parse("10.244.0.7"), 2, 2) { Flags = 16 }, new RouteNextHop(IPAddress.Parse("10.244.0.8"), 2, 1) { Flags = 16 }], several.NextHops);
        Assert.Equal((254u, null, null), (several.Table, several.Gateway, several.LinkIndex));
    }

    [Fact]
    public void A_routing_rule_is_decoded() =>
        Assert.Equal(
            new RoutingRule
            {
                Family = AddressFamily.InterNetwork, Priority = 100, Action = RoutingRuleAction.Lookup, Table = 1000, IsInverted = true, Source = IPAddress.Parse("10.244.0.0"),
                SourcePrefixLength = 16, InInterface = "cni0", Mark = 1, MarkMask = 0xff, IPProtocol = 6, DestinationPorts = (80, 90),
            },
            RoutingRuleDecoder.Decode(new NetlinkMessage(CapturedMessages.Rule)));

    [Fact]
    public void Neighbours_and_forwarding_entries_are_decoded()
    {
        Assert.Equal(
            new Neighbor { IPAddress = IPAddress.Parse("10.244.0.2"), LinkIndex = 2, MacAddress = "0a:58:0a:f4:00:02", State = NeighborState.Permanent },
            NeighborDecoder.Decode(new NetlinkMessage(CapturedMessages.Neighbor)));
        var entry = NeighborDecoder.DecodeForwarding(new NetlinkMessage(CapturedMessages.Forwarding))!;
        Assert.Equal(new ForwardingEntry { MacAddress = "0a:58:0a:f4:00:02", LinkIndex = 3, BridgeIndex = 2, State = NeighborState.NoArp }, entry);
        Assert.False(entry.IsLocal);
    }

    [Fact]
    public void A_message_of_another_kind_is_none()
    {
        Assert.Null(LinkDecoder.Decode(new NetlinkMessage(CapturedMessages.Rule)));
        Assert.Null(AddressDecoder.Decode(new NetlinkMessage(CapturedMessages.Rule)));
        Assert.Null(RouteDecoder.Decode(new NetlinkMessage(CapturedMessages.Rule)));
        Assert.Null(RoutingRuleDecoder.Decode(new NetlinkMessage(CapturedMessages.Bridge)));
        Assert.Null(NeighborDecoder.Decode(new NetlinkMessage(CapturedMessages.Forwarding)));
        Assert.Null(NeighborDecoder.DecodeForwarding(new NetlinkMessage(CapturedMessages.Neighbor)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public void An_attribute_of_a_newer_kernel_is_passed_over(int payload)
    {
        byte[] unknown = new byte[4 + NetlinkAttributes.Align(payload)];
        BitConverter.TryWriteBytes(unknown, (ushort)(4 + payload));
        BitConverter.TryWriteBytes(unknown.AsSpan(2), (ushort)(0x3ff0 | 0x8000));
        byte[] longer = [.. CapturedMessages.Forwarding, .. unknown];
        BitConverter.TryWriteBytes(longer, longer.Length);
        Assert.Equal(NeighborDecoder.DecodeForwarding(new NetlinkMessage(CapturedMessages.Forwarding)), NeighborDecoder.DecodeForwarding(new NetlinkMessage(longer)));
    }

    /// <summary>Every decoder over one message. Only a malformed message may fail, and only as one.</summary>
    internal static void DecodeAll(byte[] message)
    {
        Action<byte[]>[] decoders =
        [
            m => LinkDecoder.Decode(new NetlinkMessage(m)), m => AddressDecoder.Decode(new NetlinkMessage(m)), m => RouteDecoder.Decode(new NetlinkMessage(m)),
            m => RoutingRuleDecoder.Decode(new NetlinkMessage(m)), m => NeighborDecoder.Decode(new NetlinkMessage(m)), m => NeighborDecoder.DecodeForwarding(new NetlinkMessage(m)),
            m => NetlinkFailure.FromMessage(new NetlinkMessage(m), new NetlinkOperation("Reading", "bytes")),
        ];
        foreach (var decoder in decoders)
        {
            try
            {
                decoder(message);
            }
            catch (NodeException failure) when (failure.ErrorId == "NetlinkMalformed")
            {
            }
        }
    }

    [Fact]
    public void Decoding_changed_messages_throws_nothing_but_malformed() =>
        Gen.Select(Gen.Int[0, CapturedMessages.All.Length - 1], Gen.Select(Gen.Int[0, 2000], Gen.Byte).Array[0, 12], Gen.Int[0, 800]).Sample(
            (which, changes, cut) =>
            {
                byte[] message = [.. CapturedMessages.All[which]];
                foreach (var (at, value) in changes)
                {
                    // The type stays, so that its decoder is reached.
                    if (16 + at < message.Length)
                    {
                        message[16 + at] = value;
                    }
                }

                DecodeAll(cut < 200 ? message[..Math.Max(16, message.Length - cut)] : message);
            },
            iter: 20_000);

    [Fact]
    public void Decoding_random_bytes_throws_nothing_but_malformed() =>
        Gen.Select(Gen.Int[0, Types.Length - 1], Gen.Byte.Array[0, 300]).Sample(
            (type, bytes) =>
            {
                byte[] message = [.. new byte[16], .. bytes];
                BitConverter.TryWriteBytes(message, message.Length);
                BitConverter.TryWriteBytes(message.AsSpan(4), Types[type]);
                DecodeAll(message);
            },
            iter: 20_000);
}
