using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.RtNetlink;

namespace K8sNetfilter.Links;

/// <summary>Reads RTM_NEWROUTE, rtnetlink(7).</summary>
internal static class RouteDecoder
{
    /// <summary>
    /// Makes a route of a message; null where it is about something else, or about what the kernel copied from a route for one destination.
    /// </summary>
    internal static Route? Decode(NetlinkMessage message)
    {
        if (message.Type != RTM_NEWROUTE)
        {
            return null;
        }

        var header = message.Header<RtMessage>();
        if (header.rtm_family is not (AF_INET or AF_INET6) || (header.rtm_flags & RTM_F_CLONED) != 0)
        {
            return null;
        }

        var parts = new Parts { Table = header.rtm_table };
        foreach (var attribute in message.Attributes(12))
        {
            Read(attribute, ref parts);
        }

        return Make(header, parts);
    }

    private static void Read(NetlinkAttribute attribute, ref Parts parts)
    {
        switch (attribute.Type)
        {
            case RTA_DST:
                parts.Destination = attribute.AsAddress();
                break;
            case RTA_SRC:
                parts.Source = attribute.AsAddress();
                break;
            case RTA_GATEWAY:
                parts.Gateway = attribute.AsAddress();
                break;
            case RTA_VIA:
                parts.Gateway = Via(attribute);
                break;
            case RTA_PREFSRC:
                parts.Preferred = attribute.AsAddress();
                break;
            case RTA_OIF:
                parts.Link = attribute.AsInt32();
                break;
            case RTA_PRIORITY:
                parts.Metric = attribute.AsUInt32();
                break;
            case RTA_TABLE:
                parts.Table = attribute.AsUInt32();
                break;
            case RTA_NH_ID:
                parts.NextHopId = attribute.AsUInt32();
                break;
            case RTA_METRICS:
                foreach (var measure in attribute.Children)
                {
                    parts.Mtu = measure.Type == RTAX_MTU && measure.AsInt32() is > 0 and var bytes ? bytes : parts.Mtu;
                }

                break;
            case RTA_MULTIPATH:
                parts.Hops = NextHops(attribute.Payload);
                break;
        }
    }

    private static Route Make(in RtMessage header, in Parts parts)
    {
        return new Route
        {
            Family = header.rtm_family == AF_INET ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6,
            Destination = parts.Destination ?? (header.rtm_family == AF_INET ? IPAddress.Any : IPAddress.IPv6Any),
            PrefixLength = header.rtm_dst_len,
            Table = parts.Table,
            Kind = (RouteKind)header.rtm_type,
            Scope = (RouteScope)header.rtm_scope,
            Protocol = header.rtm_protocol,
            TypeOfService = header.rtm_tos,
            Gateway = parts.Gateway,
            LinkIndex = parts.Link,
            PreferredSource = parts.Preferred,
            Source = parts.Source,
            SourcePrefixLength = header.rtm_src_len,
            Metric = parts.Metric,
            Mtu = parts.Mtu,
            NextHops = parts.Hops?.ToArray() ?? [],
            NextHopId = parts.NextHopId,
            Flags = header.rtm_flags,
        };
    }

    // struct rtvia: a family, then an address of that family; an IPv4 route may have an IPv6 gateway.
    private static IPAddress? Via(NetlinkAttribute attribute)
    {
        var payload = attribute.Payload;
        return payload.Length is 2 + 4 or 2 + 16 ? new IPAddress(payload[2..]) : null;
    }

    private static List<RouteNextHop> NextHops(ReadOnlySpan<byte> bytes)
    {
        var hops = new List<RouteNextHop>();
        while (MemoryMarshal.TryRead(bytes, out RtNextHop hop))
        {
            if (hop.rtnh_len < 8 || hop.rtnh_len > bytes.Length)
            {
                throw NetlinkFailure.Malformed(LinkMessages.HopMalformed);
            }

            IPAddress? gateway = null;
            foreach (var attribute in new NetlinkAttributes(bytes[8..hop.rtnh_len]))
            {
                gateway = attribute.Type switch
                {
                    RTA_GATEWAY => attribute.AsAddress(),
                    RTA_VIA => Via(attribute),
                    _ => gateway,
                };
            }

            hops.Add(new RouteNextHop(gateway, hop.rtnh_ifindex, hop.rtnh_hops + 1) { Flags = hop.rtnh_flags });
            int next = NetlinkAttributes.Align(hop.rtnh_len);
            bytes = next < bytes.Length ? bytes[next..] : default;
        }

        return hops;
    }

    // The attributes of one message.
    private struct Parts
    {
        public IPAddress? Destination;
        public IPAddress? Source;
        public IPAddress? Gateway;
        public IPAddress? Preferred;
        public uint Table;
        public uint Metric;
        public uint? NextHopId;
        public int? Link;
        public int? Mtu;
        public List<RouteNextHop>? Hops;
    }
}
