using System.Net;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.RtNetlink;

namespace K8sNetfilter.Links;

/// <summary>Reads RTM_NEWADDR, rtnetlink(7).</summary>
internal static class AddressDecoder
{
    /// <summary>Makes an address of a message; null where it is about something else.</summary>
    internal static Address? Decode(NetlinkMessage message)
    {
        if (message.Type != RTM_NEWADDR)
        {
            return null;
        }

        var header = message.Header<IfAddrMessage>();
        if (header.ifa_family is not (AF_INET or AF_INET6))
        {
            return null;
        }

        IPAddress? address = null, local = null, broadcast = null;
        string? label = null;
        uint flags = header.ifa_flags;
        TimeSpan? valid = null, preferred = null;
        foreach (var attribute in message.Attributes(8))
        {
            switch (attribute.Type)
            {
                case IFA_ADDRESS:
                    address = attribute.AsAddress();
                    break;
                case IFA_LOCAL:
                    local = attribute.AsAddress();
                    break;
                case IFA_BROADCAST:
                    broadcast = attribute.AsAddress();
                    break;
                case IFA_LABEL:
                    label = attribute.AsText();
                    break;
                case IFA_FLAGS:
                    flags = attribute.AsUInt32();
                    break;
                case IFA_CACHEINFO:
                    var cache = attribute.Read<IfAddrCacheInfo>();
                    valid = Lifetime(cache.ifa_valid);
                    preferred = Lifetime(cache.ifa_prefered);
                    break;
            }
        }

        // IFA_ADDRESS is the other end on a point-to-point link, where IFA_LOCAL is this one (include/uapi/linux/if_addr.h).
        return (local ?? address) is not { } own ? null : new Address
        {
            IPAddress = own,
            PrefixLength = header.ifa_prefixlen,
            LinkIndex = header.ifa_index,
            Peer = local is not null && address is not null && !local.Equals(address) ? address : null,
            Broadcast = broadcast,
            Scope = (RouteScope)header.ifa_scope,
            Flags = flags,
            Label = label,
            ValidLifetime = valid,
            PreferredLifetime = preferred,
        };
    }

    private static TimeSpan? Lifetime(uint seconds) => seconds == uint.MaxValue ? null : TimeSpan.FromSeconds(seconds);
}
