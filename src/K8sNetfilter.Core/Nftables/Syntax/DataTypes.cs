namespace K8sNetfilter.Nftables.Syntax;

/// <summary>The data types of nft 1.1. The numbers are those that nft keeps beside sets.</summary>
internal static class DataTypes
{
    public static readonly DataType Verdict = new("verdict", 1, 0, ValueOrder.Host, ValueForm.Verdict);
    public static readonly DataType NfProto = new DataType("nf_proto", 2, 8, ValueOrder.Host).With("ipv4=2 ipv6=10");
    public static readonly DataType Bitmask = new("bitmask", 3, 0, ValueOrder.Host, ValueForm.Hexadecimal);
    public static readonly DataType Integer = new("integer", 4, 0, ValueOrder.Network);
    public static readonly DataType Hexadecimal = new("integer", 4, 0, ValueOrder.Network, ValueForm.Hexadecimal);
    public static readonly DataType Text = new("string", 5, 0, ValueOrder.Host, ValueForm.Text);
    public static readonly DataType LinkAddress = new("ll_addr", 6, 0, ValueOrder.Network, ValueForm.LinkAddress);
    public static readonly DataType IPv4 = new("ipv4_addr", 7, 32, ValueOrder.Network, ValueForm.IPv4) { HasPrefixes = true };
    public static readonly DataType IPv6 = new("ipv6_addr", 8, 128, ValueOrder.Network, ValueForm.IPv6) { HasPrefixes = true };
    public static readonly DataType Ether = new("ether_addr", 9, 48, ValueOrder.Network, ValueForm.LinkAddress);
    public static readonly DataType EtherType = new DataType("ether_type", 10, 16, ValueOrder.Network,
        ValueForm.Hexadecimal) { Digits = 4 }
        .With("ip=2048 arp=2054 ip6=34525 8021q=33024 8021ad=34984 vlan=33024");

    public static readonly DataType ArpOperation = new DataType("arp_op", 11, 16, ValueOrder.Network)
        .With("request=1 reply=2 rrequest=3 rreply=4 inrequest=8 inreply=9 nak=10");

    public static readonly DataType Protocol = new DataType("inet_proto", 12, 8, ValueOrder.Network).With(
        "ip=0 hopopt=0 icmp=1 igmp=2 ggp=3 ipencap=4 st=5 tcp=6 egp=8 igp=9 pup=12 udp=17 hmp=20 xns-idp=22 rdp=27 iso-tp4=29 " +
        "dccp=33 xtp=36 " +
        "ddp=37 idpr-cmtp=38 ipv6=41 ipv6-route=43 ipv6-frag=44 idrp=45 rsvp=46 gre=47 esp=50 ah=51 skip=57 ipv6-icmp=58 icmpv6=58 " +
        "ipv6-nonxt=59 ipv6-opts=60 rspf=73 vmtp=81 eigrp=88 ospf=89 ax.25=93 ipip=94 etherip=97 encap=98 pim=103 ipcomp=108 " +
        "comp=108 vrrp=112 " +
        "l2tp=115 isis=124 sctp=132 fc=133 mobility-header=135 udplite=136 mpls-in-ip=137 manet=138 hip=139 shim6=140 wesp=141 rohc=142 " +
        "ethernet=143");

    public static readonly DataType Service = new("inet_service", 13, 16, ValueOrder.Network);
    public static readonly DataType IcmpType = new DataType("icmp_type", 14, 8, ValueOrder.Network).With(
        "echo-reply=0 destination-unreachable=3 source-quench=4 redirect=5 echo-request=8 router-advertisement=9 router-solicitation=10 " +
        "time-exceeded=11 parameter-problem=12 timestamp-request=13 timestamp-reply=14 info-request=15 info-reply=16 " +
        "address-mask-request=17 address-mask-reply=18");

    public static readonly DataType TcpFlag = new DataType("tcp_flag", 15, 8, ValueOrder.Network,
        ValueForm.Hexadecimal) { IsBitmask = true }
        .With("fin=1 syn=2 rst=4 psh=8 ack=16 urg=32 ecn=64 cwr=128");

    public static readonly DataType DccpType = new DataType("dccp_pkttype", 16, 4, ValueOrder.Network)
        .With("request=0 response=1 data=2 ack=3 dataack=4 closereq=5 close=6 reset=7 sync=8 syncack=9");

    public static readonly DataType MobilityType = new DataType("mh_type", 17, 8, ValueOrder.Network).With(
        "binding-refresh-request=0 home-test-init=1 careof-test-init=2 home-test=3 careof-test=4 binding-update=5 " +
        "binding-acknowledgement=6 binding-error=7 fast-binding-update=8 fast-binding-acknowledgement=9 " +
        "fast-binding-advertisement=10 experimental-mobility-header=11 home-agent-switch-message=12");

    public static readonly DataType Time = new("time", 18, 32, ValueOrder.Host, ValueForm.Time);
    public static readonly DataType Mark = new("mark", 19, 32, ValueOrder.Host, ValueForm.Hexadecimal) { Digits = 8, HasPrefixes = true };
    public static readonly DataType Interface = new("iface_index", 20, 32, ValueOrder.Host, ValueForm.Interface);
    public static readonly DataType InterfaceType = new DataType("iface_type", 21, 16, ValueOrder.Host)
        .With("ether=1 ppp=512 ipip=768 ipip6=769 loopback=772 sit=776 ipgre=778");

    public static readonly DataType Realm = new DataType("realm", 22, 32, ValueOrder.Host) { QuotesNames = true,
        HasPrefixes = true }.With("cosmos=0");
    public static readonly DataType ClassId = new DataType("classid", 23, 32, ValueOrder.Host, ValueForm.ClassId)
        .With("none=0 root=4294967295");
    public static readonly DataType UserId = new("uid", 24, 32, ValueOrder.Host);
    public static readonly DataType GroupId = new("gid", 25, 32, ValueOrder.Host);
    public static readonly DataType CtState = new DataType("ct_state", 26, 32, ValueOrder.Host,
        ValueForm.Hexadecimal) { IsBitmask = true }
        .With("invalid=1 new=8 established=2 related=4 untracked=64");

    public static readonly DataType CtDirection = new DataType("ct_dir", 27, 8, ValueOrder.Host).With("original=0 reply=1");
    public static readonly DataType CtStatus = new DataType("ct_status", 28, 32, ValueOrder.Host,
        ValueForm.Hexadecimal) { IsBitmask = true }
        .With("expected=1 seen-reply=2 assured=4 confirmed=8 snat=16 dnat=32 dying=512");

    public static readonly DataType IcmpV6Type = new DataType("icmpv6_type", 29, 8, ValueOrder.Network).With(
        "destination-unreachable=1 packet-too-big=2 time-exceeded=3 parameter-problem=4 echo-request=128 echo-reply=129 " +
        "mld-listener-query=130 mld-listener-report=131 mld-listener-done=132 mld-listener-reduction=132 nd-router-solicit=133 " +
        "nd-router-advert=134 nd-neighbor-solicit=135 nd-neighbor-advert=136 nd-redirect=137 router-renumbering=138 " +
        "ind-neighbor-solicit=141 ind-neighbor-advert=142 mld2-listener-report=143");

    public static readonly DataType CtLabel = new("ct_label", 30, 128, ValueOrder.Host, ValueForm.Bit) { IsBitmask = true };
    public static readonly DataType PacketType = new DataType("pkt_type", 31, 8, ValueOrder.Host)
        .With("host=0 unicast=0 broadcast=1 multicast=2 other=3");

    public static readonly DataType IcmpCode = new DataType("icmp_code", 32, 8, ValueOrder.Network).With(
        "net-unreachable=0 host-unreachable=1 prot-unreachable=2 port-unreachable=3 net-prohibited=9 host-prohibited=10 " +
        "admin-prohibited=13 frag-needed=4");

    public static readonly DataType IcmpV6Code = new DataType("icmpv6_code", 33, 8, ValueOrder.Network)
        .With("no-route=0 admin-prohibited=1 addr-unreachable=3 port-unreachable=4 policy-fail=5 reject-route=6");

    public static readonly DataType IcmpXCode = new DataType("icmpx_code", 34, 8, ValueOrder.Network)
        .With("port-unreachable=1 admin-prohibited=3 no-route=0 host-unreachable=2");

    public static readonly DataType DeviceGroup = new DataType("devgroup", 35, 32, ValueOrder.Host) { QuotesNames = true,
        HasPrefixes = true }
        .With("default=0");

    public static readonly DataType Dscp = new DataType("dscp", 36, 6, ValueOrder.Network, ValueForm.Hexadecimal) { Digits = 2 }.With(
        "cs0=0 cs1=8 cs2=16 cs3=24 cs4=32 cs5=40 cs6=48 cs7=56 df=0 be=0 lephb=1 af11=10 af12=12 af13=14 af21=18 af22=20 af23=22 " +
        "af31=26 af32=28 af33=30 af41=34 af42=36 af43=38 va=44 ef=46");

    public static readonly DataType Ecn = new DataType("ecn", 37, 2, ValueOrder.Network, ValueForm.Hexadecimal)
        .With("not-ect=0 ect1=1 ect0=2 ce=3");

    public static readonly DataType FibAddressType = new DataType("fib_addrtype", 38, 32, ValueOrder.Host)
        .With("unspec=0 unicast=1 local=2 broadcast=3 anycast=4 multicast=5 blackhole=6 unreachable=7 prohibit=8");

    public static readonly DataType Boolean = new DataType("boolean", 39, 1, ValueOrder.Host).With("exists=1 missing=0");
    public static readonly DataType CtEvent = new DataType("ct_event", 40, 32, ValueOrder.Host,
        ValueForm.Hexadecimal) { IsBitmask = true }.With(
        "new=1 related=2 destroy=4 reply=8 assured=16 protoinfo=32 helper=64 mark=128 seqadj=256 secmark=512 label=1024");

    public static readonly DataType InterfaceName = new("ifname", 41, 128, ValueOrder.Host, ValueForm.Text);
    public static readonly DataType IgmpType = new DataType("igmp_type", 42, 8, ValueOrder.Network)
        .With("membership-query=17 membership-report-v1=18 membership-report-v2=22 membership-report-v3=34 leave-group=23");

    public static readonly DataType Date = new("time", 43, 64, ValueOrder.Host, ValueForm.Date);
    public static readonly DataType Hour = new("hour", 44, 32, ValueOrder.Host, ValueForm.Hour);
    public static readonly DataType Day = new DataType("day", 45, 8, ValueOrder.Host) { QuotesNames = true }
        .With("Sunday=0 Monday=1 Tuesday=2 Wednesday=3 Thursday=4 Friday=5 Saturday=6");

    public static readonly DataType Cgroup = new("cgroupsv2", 46, 64, ValueOrder.Host) { QuotesNames = true };

    private static readonly Dictionary<string, DataType> Named = ByName();

    /// <summary>The type that <c>type NAME</c> of a set names; null if nft 1.1 has no such type.</summary>
    public static DataType? Find(string name) => Named.GetValueOrDefault(name);

    private static Dictionary<string, DataType> ByName()
    {
        var types = new Dictionary<string, DataType>(StringComparer.Ordinal);
        foreach (var type in (DataType[])
            [
                Verdict, NfProto, Bitmask, Integer, Text, LinkAddress, IPv4, IPv6, Ether, EtherType, ArpOperation, Protocol, Service,
                IcmpType,
                TcpFlag, DccpType, MobilityType, Time, Mark, Interface, InterfaceType, Realm, ClassId, UserId, GroupId, CtState,
                CtDirection,
                CtStatus, IcmpV6Type, CtLabel, PacketType, IcmpCode, IcmpV6Code, IcmpXCode, DeviceGroup, Dscp, Ecn, FibAddressType,
                Boolean,
                CtEvent, InterfaceName, IgmpType, Hour, Day, Cgroup,
            ])
        {
            types.Add(type.Name, type);
        }

        // "type time" is the time of day of "meta time"; the time that conntrack counts down has the same name, and comes first in nft.
        return types;
    }
}
