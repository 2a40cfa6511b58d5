namespace K8sNetfilter.Nftables.Syntax;

/// <summary>The keys of meta, ct, rt, socket and ipsec, with the kernel's numbers: linux/netfilter/nf_tables.h.</summary>
internal static class SelectorKeys
{
    private static readonly Dictionary<string, SelectorKey> MetaKeys = Table(
        Host("length", 0, DataTypes.Integer, 32),
        Network("protocol", 1, DataTypes.EtherType, 16),
        Host("priority", 2, DataTypes.ClassId, 32),
        Host("mark", 3, DataTypes.Mark, 32),
        Host("iif", 4, DataTypes.Interface, 32),
        Host("oif", 5, DataTypes.Interface, 32),
        Host("iifname", 6, DataTypes.InterfaceName, 128),
        Host("oifname", 7, DataTypes.InterfaceName, 128),
        Host("iiftype", 8, DataTypes.InterfaceType, 16),
        Host("oiftype", 9, DataTypes.InterfaceType, 16),
        Host("skuid", 10, DataTypes.UserId, 32),
        Host("skgid", 11, DataTypes.GroupId, 32),
        Host("nftrace", 12, DataTypes.Integer, 1),
        Host("rtclassid", 13, DataTypes.Realm, 32),
        Host("secmark", 14, DataTypes.Integer, 32),
        Host("nfproto", 15, DataTypes.NfProto, 8),
        Host("l4proto", 16, DataTypes.Protocol, 8),
        Host("ibrname", 17, DataTypes.InterfaceName, 128),
        Host("obrname", 18, DataTypes.InterfaceName, 128),
        Host("pkttype", 19, DataTypes.PacketType, 8),
        Host("cpu", 20, DataTypes.Integer, 32),
        Host("iifgroup", 21, DataTypes.DeviceGroup, 32),
        Host("oifgroup", 22, DataTypes.DeviceGroup, 32),
        Host("cgroup", 23, DataTypes.Integer, 32),
        Network("random", 24, DataTypes.Integer, 32),
        Host("ipsec", 25, DataTypes.Boolean, 8),
        Host("iifkind", 26, DataTypes.InterfaceName, 128),
        Host("oifkind", 27, DataTypes.InterfaceName, 128),
        Host("ibrpvid", 28, DataTypes.Integer, 16),
        Network("ibrvproto", 29, DataTypes.EtherType, 16),
        Host("time", 30, DataTypes.Date, 64),
        Host("day", 31, DataTypes.Day, 8),
        Host("hour", 32, DataTypes.Hour, 32),
        Host("sdif", 33, DataTypes.Interface, 32),
        Host("sdifname", 34, DataTypes.InterfaceName, 128),
        Host("broute", 35, DataTypes.Integer, 1),
        Network("ibrhwaddr", 36, DataTypes.Ether, 48));

    private static readonly Dictionary<string, SelectorKey> CtKeys = Table(
        Host("state", 0, DataTypes.CtState, 32),
        Host("direction", 1, DataTypes.CtDirection, 8),
        Host("status", 2, DataTypes.CtStatus, 32),
        Host("mark", 3, DataTypes.Mark, 32),
        Host("secmark", 4, DataTypes.Integer, 32),
        Host("expiration", 5, DataTypes.Time, 32),
        Host("helper", 6, DataTypes.Text, 128),
        Host("l3proto", 7, DataTypes.NfProto, 8),
        Network("saddr", 8, DataTypes.Integer, 0),
        Network("daddr", 9, DataTypes.Integer, 0),
        Network("protocol", 10, DataTypes.Protocol, 8),
        Network("proto-src", 11, DataTypes.Service, 16),
        Network("proto-dst", 12, DataTypes.Service, 16),
        Host("label", 13, DataTypes.CtLabel, 128),
        Host("packets", 14, DataTypes.Integer, 64),
        Host("bytes", 15, DataTypes.Integer, 64),
        Host("avgpkt", 16, DataTypes.Integer, 64),
        Host("zone", 17, DataTypes.Integer, 16),
        Host("event", 18, DataTypes.CtEvent, 32),
        Network("ip saddr", 19, DataTypes.IPv4, 32),
        Network("ip daddr", 20, DataTypes.IPv4, 32),
        Network("ip6 saddr", 21, DataTypes.IPv6, 128),
        Network("ip6 daddr", 22, DataTypes.IPv6, 128),
        Network("id", 23, DataTypes.Integer, 32));

    private static readonly Dictionary<string, SelectorKey> RtKeys = Table(
        Host("classid", 0, DataTypes.Realm, 32),
        Network("ip nexthop", 1, DataTypes.IPv4, 32),
        Network("ip6 nexthop", 2, DataTypes.IPv6, 128),
        Host("mtu", 3, DataTypes.Integer, 16),
        Host("ipsec", 4, DataTypes.Boolean, 8));

    private static readonly Dictionary<string, SelectorKey> SocketKeys = Table(
        Host("transparent", 0, DataTypes.Integer, 8),
        Host("mark", 1, DataTypes.Mark, 32),
        Host("wildcard", 2, DataTypes.Integer, 8),
        Host("cgroupv2", 3, DataTypes.Cgroup, 64));

    private static readonly Dictionary<string, SelectorKey> Ipsec = Table(
        Network("ip daddr", 1, DataTypes.IPv4, 32),
        Network("ip saddr", 3, DataTypes.IPv4, 32),
        Network("ip6 daddr", 2, DataTypes.IPv6, 128),
        Network("ip6 saddr", 4, DataTypes.IPv6, 128),
        Host("reqid", 5, DataTypes.Integer, 32),
        Network("spi", 6, DataTypes.Integer, 32));

    public static SelectorKey? Meta(string name) => MetaKeys.GetValueOrDefault(name);

    public static SelectorKey? Ct(string name) => CtKeys.GetValueOrDefault(name);

    public static SelectorKey? Rt(string name) => RtKeys.GetValueOrDefault(name);

    public static SelectorKey? Socket(string name) => SocketKeys.GetValueOrDefault(name);

    public static SelectorKey? IPsec(string name) => Ipsec.GetValueOrDefault(name);

    private static SelectorKey Host(string name, int number, DataType type, int bits) => new(name, number, type, bits, ValueOrder.Host);

    private static SelectorKey Network(string name, int number, DataType type, int bits) => new(name, number, type, bits,
        ValueOrder.Network);

    private static Dictionary<string, SelectorKey> Table(params SelectorKey[] keys) => keys.ToDictionary(k => k.Name,
        StringComparer.Ordinal);
}
