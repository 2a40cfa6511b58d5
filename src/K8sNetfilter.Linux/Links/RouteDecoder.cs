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
    /// <summary>Makes a route of a message; null where it is about something else, or about what the kernel copied from a route for one destination.</summary>
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

        IPAddress? destination = null, source = null, gateway = null, preferred = null;
        uint table = header.rtm_table, metric = 0;
        uint? nextHopId = null;
        int? link = null, mtu = null;
        List<RouteNextHop>? hops = null;
        foreach (var attribute in message.Attributes(12))
        {
            switch (attribute.Type)
            {
                case RTA_DST:
                    destination = attribute.AsAddress();
                    break;
                case RTA_SRC:
                    source = attribute.AsAddress();
                    break;
                case RTA_GATEWAY:
                    gateway = attribute.AsAddress();
                    break;
                case RTA_VIA:
                    gateway = Via(attribute);
                    break;
                case RTA_PREFSRC:
                    preferred = attribute.AsAddress();
                    break;
                case RTA_OIF:
                    link = attribute.AsInt32();
                    break;
                case RTA_PRIORITY:
                    metric = attribute.AsUInt32();
                    break;
                case RTA_TABLE:
                    table = attribute.AsUInt32();
                    break;
                case RTA_NH_ID:
                    nextHopId = attribute.AsUInt32();
                    break;
                case RTA_METRICS:
                    foreach (var measure in attribute.Children)
                    {
                        mtu = measure.Type == RTAX_MTU && measure.AsInt32() is > 0 and var bytes ? bytes : mtu;
                    }

                    break;
                case RTA_MULTIPATH:
                    hops = NextHops(attribute.Payload);
                    break;
            }
        }

        return new Route
        {
            Family = header.rtm_family == AF_INET ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6,
            Destination = destination ?? (header.rtm_family == AF_INET ? IPAddress.Any : IPAddress.IPv6Any),
            PrefixLength = header.rtm_dst_len,
            Table = table,
            Kind = (RouteKind)header.rtm_type,
            Scope = (RouteScope)header.rtm_scope,
            Protocol = header.rtm_protocol,
            TypeOfService = header.rtm_tos,
            Gateway = gateway,
            LinkIndex = link,
            PreferredSource = preferred,
            Source = source,
            SourcePrefixLength = header.rtm_src_len,
            Metric = metric,
            Mtu = mtu,
            NextHops = hops?.ToArray() ?? [],
            NextHopId = nextHopId,
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
}
