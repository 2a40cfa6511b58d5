using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using static K8sNetfilter.Interop.Netlink.RtNetlink;

namespace K8sNetfilter.Links;

/// <summary>Reads RTM_NEWLINK, rtnetlink(7).</summary>
internal static class LinkDecoder
{
    /// <summary>Makes a link of a message; null where it is about something else.</summary>
    internal static Link? Decode(NetlinkMessage message)
    {
        if (message.Type != RTM_NEWLINK)
        {
            return null;
        }

        var header = message.Header<IfInfoMessage>();
        var parts = new Parts { Name = "", Kind = "", State = LinkState.Unknown };
        foreach (var attribute in message.Attributes(16))
        {
            Read(attribute, ref parts);
        }

        return Make(header, parts);
    }

    private static void Read(NetlinkAttribute attribute, ref Parts parts)
    {
        switch (attribute.Type)
        {
            case IFLA_IFNAME:
                parts.Name = attribute.AsText();
                break;
            case IFLA_ADDRESS:
                parts.Mac = Mac(attribute.Payload);
                break;
            case IFLA_MTU:
                parts.Mtu = attribute.AsInt32();
                break;
            case IFLA_OPERSTATE:
                parts.State = (LinkState)attribute.AsByte();
                break;
            case IFLA_PROMISCUITY:
                parts.Promiscuity = attribute.AsInt32();
                break;
            case IFLA_GROUP:
                parts.Group = attribute.AsUInt32();
                break;
            case IFLA_MASTER:
                parts.Master = attribute.AsInt32();
                break;
            case IFLA_LINK:
                parts.Peer = attribute.AsInt32();
                break;
            case IFLA_LINK_NETNSID:
                parts.PeerNamespace = attribute.AsInt32();
                break;
            case IFLA_IFALIAS:
                parts.Alias = attribute.AsText();
                break;
            case IFLA_PROP_LIST:
                foreach (var property in attribute.Children)
                {
                    if (property.Type == IFLA_ALT_IFNAME)
                    {
                        (parts.Names ??= []).Add(property.AsText());
                    }
                }

                break;
            case IFLA_LINKINFO:
                ReadInfo(attribute.Children, ref parts);
                break;
        }
    }

    private static void ReadInfo(NetlinkAttributes attributes, ref Parts parts)
    {
        string portKind = "";
        foreach (var info in attributes)
        {
            switch (info.Type)
            {
                case IFLA_INFO_KIND:
                    parts.Kind = Kind(info.Payload);
                    break;
                case IFLA_INFO_DATA when parts.Kind == "bridge":
                    parts.Bridge = Bridge(info.Children);
                    break;
                case IFLA_INFO_SLAVE_KIND:
                    portKind = Kind(info.Payload);
                    break;
                case IFLA_INFO_SLAVE_DATA when portKind == "bridge":
                    parts.Port = Port(info.Children);
                    break;
            }
        }
    }

    private static Link Make(in IfInfoMessage header, in Parts parts)
    {
        bool loopback = (header.ifi_flags & IFF_LOOPBACK) != 0;
        return new Link
        {
            Index = header.ifi_index,
            Name = parts.Name,
            Kind = parts.Kind.Length == 0 ? null : parts.Kind,
            MacAddress = parts.Mac,
            Mtu = parts.Mtu,
            State = parts.State,
            IsUp = (header.ifi_flags & IFF_UP) != 0,
            HasCarrier = (header.ifi_flags & IFF_LOWER_UP) != 0,
            IsLoopback = loopback,
            IsPromiscuous = (header.ifi_flags & IFF_PROMISC) != 0,
            IsNoArp = (header.ifi_flags & IFF_NOARP) != 0,
            IsPointToPoint = (header.ifi_flags & IFF_POINTOPOINT) != 0,
            Group = parts.Group,
            Promiscuity = parts.Promiscuity,
            MasterIndex = parts.Master is null or 0 ? null : parts.Master,
            // A tunnel without a device below says 0.
            PeerIndex = parts.Peer is null or 0 ? null : parts.Peer,
            PeerNamespaceId = parts.PeerNamespace is null or < 0 ? null : parts.PeerNamespace,
            Alias = parts.Alias,
            AlternativeNames = parts.Names?.ToArray() ?? [],
            Bridge = parts.Bridge,
            Port = parts.Port,
        };
    }

    /// <summary>A link layer address as text: <c>0a:58:0a:f4:00:01</c>; null where it has no bytes.</summary>
    internal static string? Mac(ReadOnlySpan<byte> bytes)
    {
        const int Longest = 32; // MAX_ADDR_LEN
        if (bytes.IsEmpty)
        {
            return null;
        }

        bytes = bytes[..Math.Min(bytes.Length, Longest)];
        Span<char> text = stackalloc char[(Longest * 3) - 1];
        for (int i = 0; i < bytes.Length; i++)
        {
            text[i * 3] = Digit(bytes[i] >> 4);
            text[(i * 3) + 1] = Digit(bytes[i] & 15);
            if (i + 1 < bytes.Length)
            {
                text[(i * 3) + 2] = ':';
            }
        }

        return new string(text[..((bytes.Length * 3) - 1)]);
        static char Digit(int value) => (char)(value < 10 ? '0' + value : 'a' + value - 10);
    }

    // The kinds of a node with hundreds of pods: one string for all of them.
    private static string Kind(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("veth\0"u8) ? "veth" : text.SequenceEqual("bridge\0"u8) ? "bridge" : KernelText.Decode(text);

    private static BridgeSettings Bridge(NetlinkAttributes attributes)
    {
        bool? ip = null, ip6 = null, arp = null, vlan = null, stp = null, snooping = null;
        TimeSpan? ageing = null;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case IFLA_BR_NF_CALL_IPTABLES:
                    ip = attribute.AsByte() != 0;
                    break;
                case IFLA_BR_NF_CALL_IP6TABLES:
                    ip6 = attribute.AsByte() != 0;
                    break;
                case IFLA_BR_NF_CALL_ARPTABLES:
                    arp = attribute.AsByte() != 0;
                    break;
                case IFLA_BR_VLAN_FILTERING:
                    vlan = attribute.AsByte() != 0;
                    break;
                case IFLA_BR_STP_STATE:
                    stp = attribute.AsUInt32() != 0;
                    break;
                case IFLA_BR_MCAST_SNOOPING:
                    snooping = attribute.AsByte() != 0;
                    break;
                case IFLA_BR_AGEING_TIME:
                    // In hundredths of a second (USER_HZ).
                    ageing = TimeSpan.FromMilliseconds(attribute.AsUInt32() * 10L);
                    break;
            }
        }

        return new BridgeSettings
        {
            NfCallIptables = ip, NfCallIp6tables = ip6, NfCallArptables = arp, VlanFiltering = vlan, Stp = stp,
                MulticastSnooping = snooping,
            AgeingTime = ageing,
        };
    }

    private static BridgePortSettings Port(NetlinkAttributes attributes)
    {
        BridgePortState? state = null;
        bool? hairpin = null, isolated = null, learning = null, unicast = null, multicast = null, broadcast = null, suppression = null,
            proxy = null;
        foreach (var attribute in attributes)
        {
            switch (attribute.Type)
            {
                case IFLA_BRPORT_STATE:
                    state = (BridgePortState)attribute.AsByte();
                    break;
                case IFLA_BRPORT_MODE:
                    hairpin = attribute.AsByte() != 0;
                    break;
                case IFLA_BRPORT_ISOLATED:
                    isolated = attribute.AsByte() != 0;
                    break;
                case IFLA_BRPORT_LEARNING:
                    learning = attribute.AsByte() != 0;
                    break;
                case IFLA_BRPORT_UNICAST_FLOOD:
                    unicast = attribute.AsByte() != 0;
                    break;
                case IFLA_BRPORT_MCAST_FLOOD:
                    multicast = attribute.AsByte() != 0;
                    break;
                case IFLA_BRPORT_BCAST_FLOOD:
                    broadcast = attribute.AsByte() != 0;
                    break;
                case IFLA_BRPORT_NEIGH_SUPPRESS:
                    suppression = attribute.AsByte() != 0;
                    break;
                case IFLA_BRPORT_PROXYARP:
                    proxy = attribute.AsByte() != 0;
                    break;
            }
        }

        return new BridgePortSettings
        {
            State = state, Hairpin = hairpin, Isolated = isolated, Learning = learning, UnicastFlood = unicast, MulticastFlood = multicast,
            BroadcastFlood = broadcast, NeighborSuppression = suppression, ProxyArp = proxy,
        };
    }

    // The attributes of one message.
    private struct Parts
    {
        public string Name;
        public string Kind;
        public string? Mac;
        public string? Alias;
        public int Mtu;
        public int? Master;
        public int? Peer;
        public int? PeerNamespace;
        public int? Promiscuity;
        public uint Group;
        public LinkState State;
        public List<string>? Names;
        public BridgeSettings? Bridge;
        public BridgePortSettings? Port;
    }
}
