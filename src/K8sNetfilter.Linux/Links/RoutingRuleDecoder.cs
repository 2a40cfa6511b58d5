using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.RtNetlink;

namespace K8sNetfilter.Links;

/// <summary>Reads RTM_NEWRULE (include/uapi/linux/fib_rules.h).</summary>
internal static class RoutingRuleDecoder
{
    /// <summary>Makes a rule of a message; null where it is about something else.</summary>
    internal static RoutingRule? Decode(NetlinkMessage message)
    {
        if (message.Type != RTM_NEWRULE)
        {
            return null;
        }

        var header = message.Header<FibRuleHeader>();
        if (header.family is not (AF_INET or AF_INET6))
        {
            return null;
        }

        IPAddress? source = null, destination = null;
        string? input = null, output = null;
        uint priority = 0, table = header.table, mask = 0;
        uint? mark = null, target = null;
        int? suppress = null;
        uint? group = null;
        ulong? tunnel = null;
        (uint From, uint To)? users = null;
        string? other = null;
        byte? protocol = null;
        (ushort From, ushort To)? sourcePorts = null, destinationPorts = null;
        bool l3mdev = false;
        foreach (var attribute in message.Attributes(12))
        {
            switch (attribute.Type)
            {
                case FRA_DST:
                    destination = attribute.AsAddress();
                    break;
                case FRA_SRC:
                    source = attribute.AsAddress();
                    break;
                case FRA_IIFNAME:
                    input = attribute.AsText();
                    break;
                case FRA_OIFNAME:
                    output = attribute.AsText();
                    break;
                case FRA_PRIORITY:
                    priority = attribute.AsUInt32();
                    break;
                case FRA_TABLE:
                    table = attribute.AsUInt32();
                    break;
                case FRA_GOTO:
                    target = attribute.AsUInt32();
                    break;
                case FRA_FWMARK:
                    mark = attribute.AsUInt32();
                    break;
                case FRA_FWMASK:
                    mask = attribute.AsUInt32();
                    break;
                case FRA_SUPPRESS_PREFIXLEN:
                    // All ones, or a negative number, is off.
                    suppress = attribute.AsInt32() is >= 0 and var length ? length : null;
                    break;
                case FRA_IP_PROTO:
                    protocol = attribute.AsByte();
                    break;
                case FRA_SPORT_RANGE:
                    sourcePorts = Ports(attribute);
                    break;
                case FRA_DPORT_RANGE:
                    destinationPorts = Ports(attribute);
                    break;
                case FRA_SUPPRESS_IFGROUP:
                    group = attribute.AsInt32() is >= 0 and var number ? (uint)number : null;
                    break;
                case FRA_UID_RANGE:
                    var range = attribute.Read<FibRuleUidRange>();
                    users = range is { start: 0, end: uint.MaxValue } ? null : (range.start, range.end);
                    break;
                case FRA_TUN_ID:
                    tunnel = attribute.AsUInt64BigEndian();
                    break;
                case FRA_DSCP:
                    other = "dscp";
                    break;
                case FRA_SPORT_MASK or FRA_DPORT_MASK:
                    // All ones where a port or a range of them was asked for.
                    other = attribute.AsUInt16() == ushort.MaxValue ? other : attribute.Type == FRA_SPORT_MASK ? "sport_mask" : "dport_mask";
                    break;
                case FRA_FLOWLABEL:
                    other = "flowlabel";
                    break;
                case > FRA_DSCP_MASK:
                    other = "unknown_selector";
                    break;
                case FRA_L3MDEV:
                    l3mdev = attribute.AsByte() != 0;
                    break;
            }
        }

        var action = (RoutingRuleAction)header.action;
        return new RoutingRule
        {
            Family = header.family == AF_INET ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6,
            Priority = priority,
            Action = action,
            Table = action == RoutingRuleAction.Lookup ? table : null,
            GotoPriority = action == RoutingRuleAction.Goto ? target : null,
            IsInverted = (header.flags & FIB_RULE_INVERT) != 0,
            Source = source,
            SourcePrefixLength = header.src_len,
            Destination = destination,
            DestinationPrefixLength = header.dst_len,
            InInterface = input,
            OutInterface = output,
            // The kernel sends a mark of 0 with a mask where only the bits of the mask are looked at.
            Mark = mark is null or 0 && mask == 0 ? null : mark ?? 0,
            MarkMask = mask,
            TypeOfService = header.tos,
            IPProtocol = protocol,
            SourcePorts = sourcePorts,
            DestinationPorts = destinationPorts,
            Users = users,
            TunnelId = tunnel,
            OtherSelector = other,
            SuppressGroup = group,
            SuppressPrefixLength = suppress,
            IsL3Mdev = l3mdev,
        };
    }

    private static (ushort From, ushort To) Ports(NetlinkAttribute attribute)
    {
        var range = attribute.Read<FibRulePortRange>();
        return (range.start, range.end);
    }
}
