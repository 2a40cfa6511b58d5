using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Text;
using static K8sNetfilter.Interop.Netlink.RtNetlink;

namespace K8sNetfilter.Links;

// Changes: each waits until the kernel has made it, and throws NetlinkException with the kernel's words where it refuses.
internal sealed partial class RouteNetlink
{
    private const ushort New = NetlinkFlags.Create | NetlinkFlags.Exclusive;

    /// <summary>Makes a bridge and sets it up.</summary>
    internal void AddBridge(string name, BridgeSettings? settings = null)
    {
        var writer = BeginLink(stackalloc byte[256], New, name, IFF_UP, IFF_UP);
        int info = writer.BeginNested(IFLA_LINKINFO);
        writer.Put(IFLA_INFO_KIND, "bridge");
        Put(ref writer, settings ?? new BridgeSettings());
        writer.EndNested(info);
        Execute(ref writer, LinkMessages.MakingBridge, name);
    }

    /// <summary>Makes a veth pair, each end in its namespace.</summary>
    internal void AddVethPair(VethEnd near, VethEnd far)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        writer.BeginMessage(RTM_NEWLINK, New);
        Put(ref writer, near);
        int info = writer.BeginNested(IFLA_LINKINFO);
        writer.Put(IFLA_INFO_KIND, "veth");
        int data = writer.BeginNested(IFLA_INFO_DATA);
        int peer = writer.BeginNested(VETH_INFO_PEER);
        // The kernel makes the far end first, and an end without its other one cannot be up (drivers/net/veth.c, veth_open).
        Put(ref writer, far with { IsUp = false });
        writer.EndNested(peer);
        writer.EndNested(data);
        writer.EndNested(info);
        Execute(ref writer, LinkMessages.MakingVethPair, near.Name);
        GC.KeepAlive(near);
        if (far.IsUp && far.Namespace is { } there)
        {
            using var inside = Open(there);
            inside.SetUp(far.Name);
        }
        else if (far.IsUp)
        {
            SetUp(far.Name);
        }
    }

    /// <summary>Makes a link that drops all it is given (dummy), where the kernel has such links, and sets it up.</summary>
    internal void AddDummy(string name)
    {
        var writer = BeginLink(stackalloc byte[128], New, name, IFF_UP, IFF_UP);
        int info = writer.BeginNested(IFLA_LINKINFO);
        writer.Put(IFLA_INFO_KIND, "dummy");
        writer.EndNested(info);
        Execute(ref writer, LinkMessages.MakingDummyLink, name);
    }

    /// <summary>Deletes a link; of a veth pair both ends.</summary>
    internal void DeleteLink(string name)
    {
        var writer = new NetlinkWriter(stackalloc byte[128]);
        writer.BeginMessage(RTM_DELLINK, 0);
        writer.Header(new IfInfoMessage());
        writer.Put(IFLA_IFNAME, CheckedName(name));
        Execute(ref writer, LinkMessages.DeletingLink, name);
    }

    /// <summary>Sets a link up or down.</summary>
    internal void SetUp(string name, bool up = true)
    {
        var writer = BeginLink(stackalloc byte[128], 0, name, up ? IFF_UP : 0, IFF_UP);
        Execute(ref writer, up ? LinkMessages.SettingLinkUp : LinkMessages.SettingLinkDown, name);
    }

    /// <summary>Asks a link for all frames, or no longer.</summary>
    internal void SetPromiscuous(string name, bool promiscuous)
    {
        var writer = BeginLink(stackalloc byte[128], 0, name, promiscuous ? IFF_PROMISC : 0, IFF_PROMISC);
        Execute(ref writer, LinkMessages.ChangingPromiscuity, name);
    }

    /// <summary>Puts a link into a bridge, or out of it where <paramref name="master"/> is null.</summary>
    internal void SetMaster(string name, string? master)
    {
        int index = master is null ? 0 : IndexOf(master);
        var writer = BeginLink(stackalloc byte[128], 0, name);
        writer.Put(IFLA_MASTER, index);
        Execute(ref writer, master is null ? LinkMessages.TakingLinkOut : LinkMessages.PuttingLinkInto(master), name);
    }

    /// <summary>Sets the largest packet, in bytes.</summary>
    internal void SetMtu(string name, int mtu)
    {
        var writer = BeginLink(stackalloc byte[128], 0, name);
        writer.Put(IFLA_MTU, mtu);
        Execute(ref writer, LinkMessages.SettingMtu, name);
    }

    /// <summary>Sets the link layer address.</summary>
    internal void SetMacAddress(string name, byte[] address)
    {
        var writer = BeginLink(stackalloc byte[128], 0, name);
        writer.Put(IFLA_ADDRESS, address.AsSpan());
        Execute(ref writer, LinkMessages.SettingMacAddress, name);
    }

    /// <summary>Gives a link another name. Kernels before 6.2 want it down for that.</summary>
    internal void Rename(string name, string newName)
    {
        int index = IndexOf(name);
        var writer = new NetlinkWriter(stackalloc byte[128]);
        writer.BeginMessage(RTM_NEWLINK, 0);
        writer.Header(new IfInfoMessage { ifi_index = index });
        writer.Put(IFLA_IFNAME, CheckedName(newName));
        Execute(ref writer, LinkMessages.RenamingLink(newName), name);
    }

    /// <summary>Moves a link into another namespace, where it is down and without addresses.</summary>
    internal void Move(string name, NetworkNamespace to)
    {
        var writer = BeginLink(stackalloc byte[128], 0, name);
        writer.Put(IFLA_NET_NS_FD, to.Descriptor);
        Execute(ref writer, LinkMessages.MovingLink(to.Name), name);
        GC.KeepAlive(to);
    }

    /// <summary>Changes those settings of a bridge that are not null.</summary>
    internal void SetBridge(string name, BridgeSettings settings)
    {
        var writer = BeginLink(stackalloc byte[256], 0, name);
        int info = writer.BeginNested(IFLA_LINKINFO);
        writer.Put(IFLA_INFO_KIND, "bridge");
        Put(ref writer, settings);
        writer.EndNested(info);
        Execute(ref writer, LinkMessages.ChangingBridge, name);
    }

    /// <summary>Changes those settings of a bridge's port that are not null.</summary>
    internal void SetBridgePort(string name, BridgePortSettings settings)
    {
        var writer = BeginLink(stackalloc byte[256], 0, name);
        int info = writer.BeginNested(IFLA_LINKINFO);
        writer.Put(IFLA_INFO_SLAVE_KIND, "bridge");
        int data = writer.BeginNested(IFLA_INFO_SLAVE_DATA);
        Put(ref writer, IFLA_BRPORT_STATE, (byte?)settings.State);
        Put(ref writer, IFLA_BRPORT_MODE, settings.Hairpin);
        Put(ref writer, IFLA_BRPORT_ISOLATED, settings.Isolated);
        Put(ref writer, IFLA_BRPORT_LEARNING, settings.Learning);
        Put(ref writer, IFLA_BRPORT_UNICAST_FLOOD, settings.UnicastFlood);
        Put(ref writer, IFLA_BRPORT_MCAST_FLOOD, settings.MulticastFlood);
        Put(ref writer, IFLA_BRPORT_BCAST_FLOOD, settings.BroadcastFlood);
        Put(ref writer, IFLA_BRPORT_NEIGH_SUPPRESS, settings.NeighborSuppression);
        Put(ref writer, IFLA_BRPORT_PROXYARP, settings.ProxyArp);
        writer.EndNested(data);
        writer.EndNested(info);
        Execute(ref writer, LinkMessages.ChangingBridgePort, name);
    }

    /// <summary>
    /// Gives a link an address. An IPv6 address can be used at once: it is not asked whether somebody has it (IFA_F_NODAD).
    /// </summary>
    internal void AddAddress(string link, IPAddress address, int prefixLength)
    {
        int index = IndexOf(link);
        bool ip4 = address.AddressFamily == AddressFamily.InterNetwork;
        var writer = BeginAddress(stackalloc byte[128], RTM_NEWADDR, New, address, prefixLength, index);
        if (!ip4)
        {
            writer.Put(IFA_FLAGS, IFA_F_NODAD);
        }
        else if (prefixLength < 31)
        {
            byte[] broadcast = address.GetAddressBytes();
            uint host = uint.MaxValue >> prefixLength;
            for (int i = 0; i < 4; i++)
            {
                broadcast[i] |= (byte)(host >> (24 - (i * 8)));
            }

            writer.Put(IFA_BROADCAST, broadcast.AsSpan());
        }

        Execute(ref writer, LinkMessages.AddingAddress(address, prefixLength), link);
    }

    /// <summary>Takes an address from a link.</summary>
    internal void RemoveAddress(string link, IPAddress address, int prefixLength)
    {
        int index = IndexOf(link);
        var writer = BeginAddress(stackalloc byte[128], RTM_DELADDR, 0, address, prefixLength, index);
        Execute(ref writer, LinkMessages.RemovingAddress(address, prefixLength), link);
    }

    /// <summary>
    /// Adds a route: family, destination, gateway, next hops, table (0 is main), metric, kind and preferred source are taken from
    /// <paramref name="route"/>. A gateway need not be in a network of the link (RTNH_F_ONLINK) where the link is given.
    /// </summary>
    internal void AddRoute(Route route)
    {
        var writer = RouteEncoder.Begin(stackalloc byte[256], RTM_NEWROUTE, New, route);
        Execute(ref writer, LinkMessages.AddingRoute, route.ToString());
    }

    /// <summary>Removes a route.</summary>
    internal void RemoveRoute(Route route)
    {
        var writer = RouteEncoder.Begin(stackalloc byte[256], RTM_DELROUTE, 0, route);
        Execute(ref writer, LinkMessages.RemovingRoute, route.ToString());
    }

    /// <summary>Sets a neighbour for good, or replaces it.</summary>
    internal void SetNeighbor(string link, IPAddress address, byte[] macAddress)
    {
        int index = IndexOf(link);
        var writer = new NetlinkWriter(stackalloc byte[128]);
        writer.BeginMessage(RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace);
        writer.Header(new NdMessage { ndm_family = Family(address), ndm_ifindex = index, ndm_state = NUD_PERMANENT });
        writer.Put(NDA_DST, address);
        writer.Put(NDA_LLADDR, macAddress.AsSpan());
        Execute(ref writer, LinkMessages.SettingNeighbor(address), link);
    }

    /// <summary>Removes a neighbour.</summary>
    internal void RemoveNeighbor(string link, IPAddress address)
    {
        int index = IndexOf(link);
        var writer = new NetlinkWriter(stackalloc byte[128]);
        writer.BeginMessage(RTM_DELNEIGH, 0);
        writer.Header(new NdMessage { ndm_family = Family(address), ndm_ifindex = index });
        writer.Put(NDA_DST, address);
        Execute(ref writer, LinkMessages.RemovingNeighbor(address), link);
    }

    /// <summary>The number of a link.</summary>
    /// <exception cref="NodeException"><c>LinkNotFound</c>.</exception>
    internal int IndexOf(string name)
    {
        if (FindLink(name) is { } link)
        {
            return link.Index;
        }

        var failure = NodeException.Create(Messages.ResourceManager, nameof(Messages.LinkNotFound), NodeErrorCategory.NotFound,
            Printable.Text(name), _subject);
        failure.Subject = name;
        throw failure;
    }

    private static NetlinkWriter BeginLink(Span<byte> buffer, ushort flags, string name, int set = 0, int change = 0)
    {
        var writer = new NetlinkWriter(buffer);
        writer.BeginMessage(RTM_NEWLINK, flags);
        writer.Header(new IfInfoMessage { ifi_flags = (uint)set, ifi_change = (uint)change });
        writer.Put(IFLA_IFNAME, CheckedName(name));
        return writer;
    }

    private static NetlinkWriter BeginAddress(Span<byte> buffer, int type, ushort flags, IPAddress address, int prefixLength, int index)
    {
        var writer = new NetlinkWriter(buffer);
        writer.BeginMessage((ushort)type, flags);
        writer.Header(new IfAddrMessage { ifa_family = Family(address), ifa_prefixlen = (byte)prefixLength, ifa_index = index });
        writer.Put(IFA_LOCAL, address);
        writer.Put(IFA_ADDRESS, address);
        return writer;
    }

    private static void Put(ref NetlinkWriter writer, VethEnd end)
    {
        int flags = end.IsUp ? IFF_UP : 0;
        writer.Header(new IfInfoMessage { ifi_flags = (uint)flags, ifi_change = (uint)flags });
        writer.Put(IFLA_IFNAME, CheckedName(end.Name));
        if (end.MacAddress is { } mac)
        {
            writer.Put(IFLA_ADDRESS, mac.AsSpan());
        }

        if (end.Mtu is { } mtu)
        {
            writer.Put(IFLA_MTU, mtu);
        }

        if (end.MasterIndex is { } master)
        {
            writer.Put(IFLA_MASTER, master);
        }

        if (end.Namespace is { } space)
        {
            writer.Put(IFLA_NET_NS_FD, space.Descriptor);
        }
    }

    private static void Put(ref NetlinkWriter writer, BridgeSettings settings)
    {
        int data = writer.BeginNested(IFLA_INFO_DATA);
        Put(ref writer, IFLA_BR_NF_CALL_IPTABLES, settings.NfCallIptables);
        Put(ref writer, IFLA_BR_NF_CALL_IP6TABLES, settings.NfCallIp6tables);
        Put(ref writer, IFLA_BR_NF_CALL_ARPTABLES, settings.NfCallArptables);
        Put(ref writer, IFLA_BR_VLAN_FILTERING, settings.VlanFiltering);
        Put(ref writer, IFLA_BR_MCAST_SNOOPING, settings.MulticastSnooping);
        if (settings.Stp is { } stp)
        {
            writer.Put(IFLA_BR_STP_STATE, stp ? 1u : 0u);
        }

        if (settings.AgeingTime is { } ageing)
        {
            writer.Put(IFLA_BR_AGEING_TIME, (uint)(ageing.TotalMilliseconds / 10));
        }

        writer.EndNested(data);
    }

    private static void Put(ref NetlinkWriter writer, int type, bool? value) =>
        Put(ref writer, type, value is { } v ? (byte?)(v ? 1 : 0) : null);

    private static void Put(ref NetlinkWriter writer, int type, byte? value)
    {
        if (value is { } number)
        {
            writer.Put(type, number);
        }
    }

    private void Execute(ref NetlinkWriter writer, string action, string subject)
    {
        writer.EndMessage();
        try
        {
            _connection.Execute(writer.Written, new NetlinkOperation(action, subject));
        }
        finally
        {
            writer.Dispose();
        }
    }
}
