using System.Net.Sockets;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.RtNetlink;

namespace K8sNetfilter.Links;

/// <summary>Writes RTM_NEWROUTE and RTM_DELROUTE, rtnetlink(7).</summary>
internal static class RouteEncoder
{
    /// <summary>A message of the type about a route, with all that the route says.</summary>
    internal static NetlinkWriter Begin(Span<byte> buffer, int type, ushort flags, Route route)
    {
        var writer = new NetlinkWriter(buffer);
        writer.BeginMessage((ushort)type, flags);
        var kind = route.Kind == RouteKind.Unspecified ? RouteKind.Unicast : route.Kind;
        writer.Header(new RtMessage
        {
            rtm_family = (byte)(route.Family == AddressFamily.InterNetwork ? AF_INET : AF_INET6),
            rtm_dst_len = (byte)route.PrefixLength,
            rtm_protocol = route.Protocol == 0 ? (byte)RTPROT_BOOT : route.Protocol,
            // As ip-route(8) chooses it: what is reached without a router is on the link.
            rtm_scope = route.Scope != RouteScope.Global ? (byte)route.Scope
                : kind == RouteKind.Local ? (byte)RT_SCOPE_HOST
                : kind == RouteKind.Unicast && route.Gateway is null && route.NextHops.Length == 0
                && route.Family == AddressFamily.InterNetwork
                    ? (byte)RT_SCOPE_LINK : (byte)RT_SCOPE_UNIVERSE,
            rtm_type = (byte)kind,
            rtm_flags = route is { Gateway: not null, LinkIndex: not null } ? RTNH_F_ONLINK : 0u,
        });
        if (route.PrefixLength > 0)
        {
            writer.Put(RTA_DST, route.Destination);
        }

        if (route.Gateway is { } gateway)
        {
            writer.Put(RTA_GATEWAY, gateway);
        }

        if (route.LinkIndex is { } link)
        {
            writer.Put(RTA_OIF, link);
        }

        if (route.PreferredSource is { } source)
        {
            writer.Put(RTA_PREFSRC, source);
        }

        if (route.Metric != 0)
        {
            writer.Put(RTA_PRIORITY, route.Metric);
        }

        if (route.NextHops.Length > 0)
        {
            int hops = writer.BeginNested(RTA_MULTIPATH, marked: false);
            foreach (var hop in route.NextHops)
            {
                ushort length = (ushort)(8 + (hop.Gateway is null ? 0 : hop.Gateway.AddressFamily == AddressFamily.InterNetwork ? 8 : 20));
                writer.Header(new RtNextHop { rtnh_len = length, rtnh_hops = (byte)(hop.Weight - 1), rtnh_ifindex = hop.LinkIndex });
                if (hop.Gateway is { } router)
                {
                    writer.Put(RTA_GATEWAY, router);
                }
            }

            writer.EndNested(hops);
        }

        writer.Put(RTA_TABLE, route.Table == 0 ? RT_TABLE_MAIN : route.Table);
        return writer;
    }
}
