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

        var parts = new Parts { Table = header.table };
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
            case FRA_DST:
                parts.Destination = attribute.AsAddress();
                break;
            case FRA_SRC:
                parts.Source = attribute.AsAddress();
                break;
            case FRA_IIFNAME:
                parts.Input = attribute.AsText();
                break;
            case FRA_OIFNAME:
                parts.Output = attribute.AsText();
                break;
            case FRA_PRIORITY:
                parts.Priority = attribute.AsUInt32();
                break;
            case FRA_TABLE:
                parts.Table = attribute.AsUInt32();
                break;
            case FRA_GOTO:
                parts.Target = attribute.AsUInt32();
                break;
            case FRA_FWMARK:
                parts.Mark = attribute.AsUInt32();
                break;
            case FRA_FWMASK:
                parts.Mask = attribute.AsUInt32();
                break;
            case FRA_SUPPRESS_PREFIXLEN:
                // All ones, or a negative number, is off.
                parts.Suppress = attribute.AsInt32() is >= 0 and var length ? length : null;
                break;
            case FRA_SUPPRESS_IFGROUP:
                parts.Group = attribute.AsInt32() is >= 0 and var number ? (uint)number : null;
                break;
            case FRA_L3MDEV:
                parts.IsL3Mdev = attribute.AsByte() != 0;
                break;
            default:
                ReadSelector(attribute, ref parts);
                break;
        }
    }

    // What came to the selectors over time.
    private static void ReadSelector(NetlinkAttribute attribute, ref Parts parts)
    {
        switch (attribute.Type)
        {
            case FRA_IP_PROTO:
                parts.Protocol = attribute.AsByte();
                break;
            case FRA_SPORT_RANGE:
                parts.SourcePorts = Ports(attribute);
                break;
            case FRA_DPORT_RANGE:
                parts.DestinationPorts = Ports(attribute);
                break;
            case FRA_UID_RANGE:
                var range = attribute.Read<FibRuleUidRange>();
                parts.Users = range is { start: 0, end: uint.MaxValue } ? null : (range.start, range.end);
                break;
            case FRA_TUN_ID:
                parts.Tunnel = attribute.AsUInt64BigEndian();
                break;
            case FRA_DSCP:
                parts.Other = "dscp";
                break;
            case FRA_SPORT_MASK or FRA_DPORT_MASK:
                // All ones where a port or a range of them was asked for.
                parts.Other = attribute.AsUInt16() == ushort.MaxValue ? parts.Other : attribute.Type == FRA_SPORT_MASK
                    ? "sport_mask" : "dport_mask";
                break;
            case FRA_FLOWLABEL:
                parts.Other = "flowlabel";
                break;
            case > FRA_DSCP_MASK:
                parts.Other = "unknown_selector";
                break;
        }
    }

    private static RoutingRule Make(in FibRuleHeader header, in Parts parts)
    {
        var action = (RoutingRuleAction)header.action;
        return new RoutingRule
        {
            Family = header.family == AF_INET ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6,
            Priority = parts.Priority,
            Action = action,
            Table = action == RoutingRuleAction.Lookup ? parts.Table : null,
            GotoPriority = action == RoutingRuleAction.Goto ? parts.Target : null,
            IsInverted = (header.flags & FIB_RULE_INVERT) != 0,
            Source = parts.Source,
            SourcePrefixLength = header.src_len,
            Destination = parts.Destination,
            DestinationPrefixLength = header.dst_len,
            InInterface = parts.Input,
            OutInterface = parts.Output,
            // The kernel sends a mark of 0 with a mask if only the bits of the mask are looked at.
            Mark = parts.Mark is null or 0 && parts.Mask == 0 ? null : parts.Mark ?? 0,
            MarkMask = parts.Mask,
            TypeOfService = header.tos,
            IPProtocol = parts.Protocol,
            SourcePorts = parts.SourcePorts,
            DestinationPorts = parts.DestinationPorts,
            Users = parts.Users,
            TunnelId = parts.Tunnel,
            OtherSelector = parts.Other,
            SuppressGroup = parts.Group,
            SuppressPrefixLength = parts.Suppress,
            IsL3Mdev = parts.IsL3Mdev,
        };
    }

    private static (ushort From, ushort To) Ports(NetlinkAttribute attribute)
    {
        var range = attribute.Read<FibRulePortRange>();
        return (range.start, range.end);
    }

    // The attributes of one message.
    private struct Parts
    {
        public IPAddress? Source;
        public IPAddress? Destination;
        public string? Input;
        public string? Output;
        public uint Priority;
        public uint Table;
        public uint? Mark;
        public uint Mask;
        public uint? Target;
        public int? Suppress;
        public uint? Group;
        public ulong? Tunnel;
        public (uint From, uint To)? Users;
        public string? Other;
        public byte? Protocol;
        public (ushort From, ushort To)? SourcePorts;
        public (ushort From, ushort To)? DestinationPorts;
        public bool IsL3Mdev;
    }
}
