using K8sNetfilter.Addressing;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Conntrack;

/// <summary>Writes the request that removes one entry (ctnetlink_del_conntrack in net/netfilter/nf_conntrack_netlink.c).</summary>
internal static class ConntrackDelete
{
    /// <summary>Writes it. It always names the tuple: a delete request without one empties the whole table.</summary>
    internal static void Write(ref NetlinkWriter writer, in ConntrackRecord record)
    {
        writer.BeginMessage(Ctnetlink.Delete, 0);
        writer.Header(new NfGenMessage(ConntrackQuery.FamilyNumber(record.Family)));
        WriteTuple(ref writer, Ctnetlink.CTA_TUPLE_ORIG, record, record.Original, ConntrackZoneDirection.Original);
        if (record.Has(ConntrackParts.Id))
        {
            writer.PutBigEndian(Ctnetlink.CTA_ID, record.Id);
        }

        if (record.Zone != 0 && record.ZoneDirection == ConntrackZoneDirection.Both)
        {
            writer.PutBigEndian(Ctnetlink.CTA_ZONE, record.Zone);
        }

        writer.EndMessage();
    }

    /// <summary>Writes a whole tuple.</summary>
    internal static void WriteTuple(
        ref NetlinkWriter writer, int type, in ConntrackRecord record, in ConntrackTuple tuple, ConntrackZoneDirection direction)
    {
        int outer = writer.BeginNested(type);
        int addresses = writer.BeginNested(Ctnetlink.CTA_TUPLE_IP);
        bool four = record.Family == IPFamily.IPv4;
        writer.Put(four ? Ctnetlink.CTA_IP_V4_SRC : Ctnetlink.CTA_IP_V6_SRC, AddressPrefix.ToAddress(record.Family, tuple.Source));
        writer.Put(four ? Ctnetlink.CTA_IP_V4_DST : Ctnetlink.CTA_IP_V6_DST, AddressPrefix.ToAddress(record.Family, tuple.Destination));
        writer.EndNested(addresses);
        int protocol = writer.BeginNested(Ctnetlink.CTA_TUPLE_PROTO);
        writer.Put(Ctnetlink.CTA_PROTO_NUM, record.Protocol);
        switch (record.Protocol)
        {
            case IPProtocolName.Icmp:
                writer.PutBigEndian(Ctnetlink.CTA_PROTO_ICMP_ID, tuple.First);
                writer.Put(Ctnetlink.CTA_PROTO_ICMP_TYPE, (byte)(tuple.Second >> 8));
                writer.Put(Ctnetlink.CTA_PROTO_ICMP_CODE, (byte)tuple.Second);
                break;
            case IPProtocolName.IcmpV6:
                writer.PutBigEndian(Ctnetlink.CTA_PROTO_ICMPV6_ID, tuple.First);
                writer.Put(Ctnetlink.CTA_PROTO_ICMPV6_TYPE, (byte)(tuple.Second >> 8));
                writer.Put(Ctnetlink.CTA_PROTO_ICMPV6_CODE, (byte)tuple.Second);
                break;
            default:
                // Ports, or GRE's keys. A kernel that does not know the protocol's ports passes them over.
                writer.PutBigEndian(Ctnetlink.CTA_PROTO_SRC_PORT, tuple.First);
                writer.PutBigEndian(Ctnetlink.CTA_PROTO_DST_PORT, tuple.Second);
                break;
        }

        writer.EndNested(protocol);
        if (record.Zone != 0 && record.ZoneDirection == direction)
        {
            writer.PutBigEndian(Ctnetlink.CTA_TUPLE_ZONE, record.Zone);
        }

        writer.EndNested(outer);
    }
}
