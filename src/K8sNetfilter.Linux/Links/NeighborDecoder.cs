using System.Net;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.RtNetlink;

namespace K8sNetfilter.Links;

/// <summary>Reads RTM_NEWNEIGH, which describes neighbours and, in the bridge's family, forwarding entries; rtnetlink(7).</summary>
internal static class NeighborDecoder
{
    /// <summary>
    /// Makes a neighbour of a message; null where it is about something else, such as an address that is answered for (proxy).
    /// </summary>
    internal static Neighbor? Decode(NetlinkMessage message)
    {
        if (message.Type != RTM_NEWNEIGH)
        {
            return null;
        }

        var header = message.Header<NdMessage>();
        if (header.ndm_family is not (AF_INET or AF_INET6) || (header.ndm_flags & NTF_PROXY) != 0)
        {
            return null;
        }

        IPAddress? address = null;
        string? mac = null;
        foreach (var attribute in message.Attributes(12))
        {
            switch (attribute.Type)
            {
                case NDA_DST:
                    address = attribute.AsAddress();
                    break;
                case NDA_LLADDR:
                    mac = LinkDecoder.Mac(attribute.Payload);
                    break;
            }
        }

        return address is null ? null : new Neighbor
        {
            IPAddress = address,
            LinkIndex = header.ndm_ifindex,
            MacAddress = mac,
            State = (NeighborState)header.ndm_state,
            IsRouter = (header.ndm_flags & NTF_ROUTER) != 0,
            IsExternallyLearned = (header.ndm_flags & NTF_EXT_LEARNED) != 0,
        };
    }

    /// <summary>Makes a forwarding entry of a message; null where it is about something else.</summary>
    internal static ForwardingEntry? DecodeForwarding(NetlinkMessage message)
    {
        if (message.Type != RTM_NEWNEIGH)
        {
            return null;
        }

        var header = message.Header<NdMessage>();
        if (header.ndm_family != AF_BRIDGE)
        {
            return null;
        }

        string? mac = null;
        int? bridge = null, vlan = null;
        IPAddress? remote = null;
        foreach (var attribute in message.Attributes(12))
        {
            switch (attribute.Type)
            {
                case NDA_LLADDR:
                    mac = LinkDecoder.Mac(attribute.Payload);
                    break;
                case NDA_MASTER:
                    bridge = attribute.AsInt32();
                    break;
                case NDA_VLAN:
                    vlan = attribute.AsUInt16();
                    break;
                case NDA_DST:
                    remote = attribute.AsAddress();
                    break;
            }
        }

        return mac is null ? null : new ForwardingEntry
        {
            MacAddress = mac,
            LinkIndex = header.ndm_ifindex,
            BridgeIndex = bridge,
            VlanId = vlan,
            State = (NeighborState)header.ndm_state,
            RemoteAddress = remote,
            IsSelf = (header.ndm_flags & NTF_SELF) != 0,
            IsExternallyLearned = (header.ndm_flags & NTF_EXT_LEARNED) != 0,
            IsSticky = (header.ndm_flags & NTF_STICKY) != 0,
        };
    }
}
