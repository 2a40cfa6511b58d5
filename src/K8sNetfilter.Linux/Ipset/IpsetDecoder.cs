using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Ipset;

/// <summary>Reads the messages of a dump of sets. Attributes that are not known here are passed over.</summary>
internal static class IpsetDecoder
{
    /// <summary>Takes one message: the next set, or more elements of the current one.</summary>
    /// <returns>The set that the message was about; null if it was no such message.</returns>
    public static NodeIpset? Take(NetlinkMessage message, IpsetCatalog sets, NodeIpset? current)
    {
        if (message.Type >> 8 != IpSet.NFNL_SUBSYS_IPSET)
        {
            return current;
        }

        string name = "", type = "";
        byte family = 0;
        NetlinkAttributes header = default, elements = default;
        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            switch (attribute.Type)
            {
                case IpSet.IPSET_ATTR_SETNAME:
                    name = Text(attribute.Payload);
                    break;
                case IpSet.IPSET_ATTR_TYPENAME:
                    type = Text(attribute.Payload);
                    break;
                case IpSet.IPSET_ATTR_FAMILY:
                    family = attribute.AsByte();
                    break;
                case IpSet.IPSET_ATTR_DATA:
                    header = attribute.Children;
                    break;
                case IpSet.IPSET_ATTR_ADT:
                    elements = attribute.Children;
                    break;
            }
        }

        if (type.Length > 0)
        {
            current = new NodeIpset(Header(name, type, family, header));
            sets.Add(current);
        }
        else if (current?.Name != name)
        {
            current = sets.Find(name);
        }

        if (current is not null)
        {
            ReadElements(current, elements);
        }

        return current;
    }

    /// <summary>The name in a message of a list of names.</summary>
    public static string? ReadName(NetlinkMessage message)
    {
        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            if (attribute.Type == IpSet.IPSET_ATTR_SETNAME)
            {
                return Text(attribute.Payload);
            }
        }

        return null;
    }

    private static IpsetHeader Header(string name, string type, byte family, NetlinkAttributes attributes)
    {
        bool hasFamily = IpsetType.Find(type) is { HasFamily: true };
        var header = new IpsetHeader
        {
            Name = name,
            TypeName = type,
            Family = !hasFamily ? IPFamily.Unspecified : family == NfTables.NFPROTO_IPV6 ? IPFamily.IPv6 : IPFamily.IPv4,
        };
        foreach (var attribute in attributes)
        {
            header = attribute.Type switch
            {
                IpSet.IPSET_ATTR_IP => header with { RangeFirst = (uint)Address(attribute) },
                IpSet.IPSET_ATTR_IP_TO => header with { RangeLast = (uint)Address(attribute) },
                IpSet.IPSET_ATTR_PORT => header with { RangeFirst = attribute.AsUInt16BigEndian() },
                IpSet.IPSET_ATTR_PORT_TO => header with { RangeLast = attribute.AsUInt16BigEndian() },
                IpSet.IPSET_ATTR_TIMEOUT => header with { Timeout = attribute.AsUInt32BigEndian() },
                IpSet.IPSET_ATTR_CADT_FLAGS => Flags(header, attribute.AsUInt32BigEndian()),

                // In the host's order, unlike all others (mtype_head in ip_set_hash_gen.h).
                IpSet.IPSET_ATTR_MARKMASK => header with { MarkMask = attribute.AsUInt32() },
                IpSet.BitMask => header with { BitMask = AddressOf(attribute) },
                IpSet.IPSET_ATTR_INITVAL => header with { InitialValue = attribute.AsUInt32BigEndian() },
                IpSet.IPSET_ATTR_HASHSIZE => header with { HashSize = attribute.AsUInt32BigEndian() },
                IpSet.IPSET_ATTR_MAXELEM => header with { MaxElements = attribute.AsUInt32BigEndian() },
                IpSet.IPSET_ATTR_NETMASK => header with { NetMask = attribute.AsByte() },
                IpSet.IPSET_ATTR_BUCKETSIZE => header with { BucketSize = attribute.AsByte() },
                IpSet.IPSET_ATTR_SIZE => header with { Size = attribute.AsUInt32BigEndian() },
                IpSet.IPSET_ATTR_REFERENCES => header with { References = attribute.AsUInt32BigEndian() },
                _ => header,
            };
        }

        return header;
    }

    private static IpsetHeader Flags(IpsetHeader header, uint flags) => header with
    {
        HasCounters = (flags & IpSet.IPSET_FLAG_WITH_COUNTERS) != 0,
        HasComment = (flags & IpSet.IPSET_FLAG_WITH_COMMENT) != 0,
        HasSkbInfo = (flags & IpSet.IPSET_FLAG_WITH_SKBINFO) != 0,
        ForceAdd = (flags & IpSet.IPSET_FLAG_WITH_FORCEADD) != 0,
    };

    private static void ReadElements(NodeIpset set, NetlinkAttributes elements)
    {
        byte host = set.IsV6 ? (byte)128 : (byte)32;
        foreach (var data in elements)
        {
            if (data.Type != IpSet.IPSET_ATTR_DATA)
            {
                continue;
            }

            var element = new IpsetElement { FirstLength = host, SecondLength = host };
            foreach (var attribute in data.Children)
            {
                if (!TryKey(attribute, set, ref element))
                {
                    Extension(attribute, ref element);
                }
            }

            set.Add(element);
        }
    }

    private static bool TryKey(NetlinkAttribute attribute, NodeIpset set, ref IpsetElement element)
    {
        switch (attribute.Type)
        {
            // hash:ip,port,net has its address first and its prefix second; the kernel numbers them alike.
            case IpSet.IPSET_ATTR_IP:
                element.First = Address(attribute);
                return true;
            case IpSet.IPSET_ATTR_IP2:
                element.Second = Address(attribute);
                return true;
            case IpSet.IPSET_ATTR_CIDR:
                element.FirstLength = Length(attribute, set);
                return true;
            case IpSet.IPSET_ATTR_CIDR2:
                element.SecondLength = Length(attribute, set);
                return true;
            case IpSet.IPSET_ATTR_PORT:
                element.Port = attribute.AsUInt16BigEndian();
                return true;
            case IpSet.IPSET_ATTR_PROTO:
                element.Protocol = attribute.AsByte();
                return true;
            case IpSet.IPSET_ATTR_MARK:
                element.Mark = attribute.AsUInt32BigEndian();
                return true;
            case IpSet.IPSET_ATTR_ETHER when attribute.Payload.Length >= 6:
                element.Mac = ((ulong)BinaryPrimitives.ReadUInt16BigEndian(attribute.Payload) << 32)
                    | BinaryPrimitives.ReadUInt32BigEndian(attribute.Payload[2..]);
                element.HasMac = true;
                return true;
            case IpSet.IPSET_ATTR_NAME or IpSet.IPSET_ATTR_IFACE:
                element.Name = Text(attribute.Payload);
                return true;
            default:
                return false;
        }
    }

    private static void Extension(NetlinkAttribute attribute, ref IpsetElement element)
    {
        switch (attribute.Type)
        {
            case IpSet.IPSET_ATTR_CADT_FLAGS:
                uint flags = attribute.AsUInt32BigEndian();
                element.IsPhysical = (flags & IpSet.IPSET_FLAG_PHYSDEV) != 0;
                element.IsNomatch = (flags & IpSet.IPSET_FLAG_NOMATCH) != 0;
                element.IsWildcard = (flags & IpSet.IPSET_FLAG_IFACE_WILDCARD) != 0;
                break;
            case IpSet.IPSET_ATTR_TIMEOUT:
                element.Timeout = attribute.AsUInt32BigEndian();
                break;
            case IpSet.IPSET_ATTR_PACKETS:
                element.Packets = attribute.AsUInt64BigEndian();
                break;
            case IpSet.IPSET_ATTR_BYTES:
                element.Bytes = attribute.AsUInt64BigEndian();
                break;
            case IpSet.IPSET_ATTR_COMMENT:
                element.Comment = Text(attribute.Payload);
                break;
            case IpSet.IPSET_ATTR_SKBMARK:
                element.SkbMark = attribute.AsUInt64BigEndian();
                break;
            case IpSet.IPSET_ATTR_SKBPRIO:
                element.SkbPriority = attribute.AsUInt32BigEndian();
                break;
            case IpSet.IPSET_ATTR_SKBQUEUE:
                element.SkbQueue = attribute.AsUInt16BigEndian();
                break;
        }
    }

    private static byte Length(NetlinkAttribute attribute, NodeIpset set) => Math.Min(attribute.AsByte(), set.IsV6 ? (byte)128 : (byte)32);

    private static Bits128 Address(NetlinkAttribute attribute)
    {
        foreach (var inner in attribute.Children)
        {
            switch (inner.Payload.Length)
            {
                case 4:
                    return BinaryPrimitives.ReadUInt32BigEndian(inner.Payload);
                case 16:
                    return Bits128.ReadBigEndian(inner.Payload);
            }
        }

        throw NetlinkFailure.Malformed("an address of ipset that is not of 4 or 16 bytes");
    }

    private static IPAddress? AddressOf(NetlinkAttribute attribute)
    {
        foreach (var inner in attribute.Children)
        {
            return inner.AsAddress();
        }

        return null;
    }

    // As it is: a name has to be found again under the spelling that rules have for it. What shows it makes it safe.
    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
