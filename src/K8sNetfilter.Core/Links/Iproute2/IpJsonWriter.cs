using System.Globalization;
using System.Net.Sockets;
using System.Text.Encodings.Web;
using System.Text.Json;
using K8sNetfilter.Addressing;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Links.Iproute2;

/// <summary>
/// Writes links, addresses, routes, rules, neighbours and forwarding entries as ip(8) and bridge(8) print them with <c>-j -d</c>, as far as they
/// are known here: what <see cref="IpJsonReader"/> reads, for nodes where iproute2 is not installed.
/// </summary>
public sealed class IpJsonWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<int, string> _names;

    /// <summary>Makes a writer.</summary>
    /// <param name="links">The links, whose names stand for their numbers.</param>
    public IpJsonWriter(IEnumerable<Link> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        _names = [];
        foreach (var link in links)
        {
            _names.TryAdd(link.Index, link.Name);
        }
    }

    /// <summary>Writes <c>ip -j -d link</c>.</summary>
    public void WriteLinks(Stream output, IEnumerable<Link> links) => List(output, links, (json, link) =>
    {
        json.WriteNumber("ifindex", link.Index);
        if (link.PeerIndex is { } peer)
        {
            if (link.PeerNamespaceId is null && _names.TryGetValue(peer, out string? name))
            {
                json.WriteString("link", name);
            }
            else
            {
                json.WriteNumber("link_index", peer);
            }
        }

        json.WriteString("ifname", link.Name);
        Words(json, "flags",
            [.. link.IsLoopback ? (string[])["LOOPBACK"] : [], .. link.IsPointToPoint ? (string[])["POINTOPOINT"] : [], .. link.IsNoArp ? (string[])["NOARP"] : [], .. link.IsPromiscuous ? (string[])["PROMISC"] : [], .. link.IsUp ? (string[])["UP"] : [], .. link.HasCarrier ? (string[])["LOWER_UP"] : []]);
        json.WriteNumber("mtu", link.Mtu);
        Text(json, "master", NameOf(link.MasterIndex));
        json.WriteString("operstate", IpNames.OfState(link.State));
        json.WriteString("group", link.Group == 0 ? "default" : link.Group.ToString(CultureInfo.InvariantCulture));
        Text(json, "address", link.MacAddress);
        Number(json, "link_netnsid", link.PeerNamespaceId);
        Text(json, "ifalias", link.Alias);
        Number(json, "promiscuity", link.Promiscuity);
        if (link.Kind is not null || link.Port is not null)
        {
            json.WriteStartObject("linkinfo");
            Text(json, "info_kind", link.Kind);
            if (link.Bridge is { } bridge)
            {
                json.WriteStartObject("info_data");
                Number(json, "ageing_time", bridge.AgeingTime is { } ageing ? (int)(ageing.TotalMilliseconds / 10) : null);
                Bit(json, "stp_state", bridge.Stp);
                Bit(json, "vlan_filtering", bridge.VlanFiltering);
                Bit(json, "mcast_snooping", bridge.MulticastSnooping);
                Bit(json, "nf_call_iptables", bridge.NfCallIptables);
                Bit(json, "nf_call_ip6tables", bridge.NfCallIp6tables);
                Bit(json, "nf_call_arptables", bridge.NfCallArptables);
                json.WriteEndObject();
            }

            if (link.Port is { } port)
            {
                json.WriteString("info_slave_kind", "bridge");
                json.WriteStartObject("info_slave_data");
                Text(json, "state", port.State is { } state ? IpNames.OfPortState(state) : null);
                Switch(json, "hairpin", port.Hairpin);
                Switch(json, "learning", port.Learning);
                Switch(json, "flood", port.UnicastFlood);
                Switch(json, "proxy_arp", port.ProxyArp);
                Switch(json, "mcast_flood", port.MulticastFlood);
                Switch(json, "bcast_flood", port.BroadcastFlood);
                Switch(json, "neigh_suppress", port.NeighborSuppression);
                Switch(json, "isolated", port.Isolated);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        if (link.AlternativeNames.Length > 0)
        {
            Words(json, "altnames", link.AlternativeNames);
        }
    });

    /// <summary>Writes <c>ip -j addr</c>.</summary>
    public void WriteAddresses(Stream output, IEnumerable<Address> addresses) =>
        List(output, addresses.GroupBy(a => a.LinkIndex), (json, link) =>
        {
            json.WriteNumber("ifindex", link.Key);
            Text(json, "ifname", NameOf(link.Key));
            json.WriteStartArray("addr_info");
            foreach (var address in link)
            {
                bool isV6 = address.IPAddress.AddressFamily == AddressFamily.InterNetworkV6;
                json.WriteStartObject();
                json.WriteString("family", isV6 ? "inet6" : "inet");
                json.WriteString("local", address.IPAddress.ToString());
                Text(json, "address", address.Peer?.ToString());
                json.WriteNumber("prefixlen", address.PrefixLength);
                Text(json, "broadcast", address.Broadcast?.ToString());
                json.WriteString("scope", IpNames.OfScope(address.Scope));
                foreach (string flag in IpNames.OfAddressFlags(address.Flags, address.IPAddress.AddressFamily))
                {
                    json.WriteBoolean(flag, true);
                }

                Text(json, "label", address.Label);
                json.WriteNumber("valid_life_time", Lifetime(address.ValidLifetime));
                json.WriteNumber("preferred_life_time", Lifetime(address.PreferredLifetime));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });

    /// <summary>Writes <c>ip -j -d route show table all</c> of one family.</summary>
    public void WriteRoutes(Stream output, IEnumerable<Route> routes) => List(output, routes, (json, route) =>
    {
        json.WriteString("type", IpNames.OfKind(route.Kind));
        bool isWhole = route.PrefixLength == (route.Family == AddressFamily.InterNetworkV6 ? 128 : 32);
        json.WriteString("dst", route.PrefixLength == 0 ? "default" : isWhole ? route.Destination.ToString() : string.Create(CultureInfo.InvariantCulture, $"{route.Destination}/{route.PrefixLength}"));
        if (route.Source is not null)
        {
            json.WriteString("from", string.Create(CultureInfo.InvariantCulture, $"{route.Source}/{route.SourcePrefixLength}"));
        }

        if (route.TypeOfService != 0)
        {
            json.WriteString("tos", Hex(route.TypeOfService));
        }

        if (route.NextHopId is { } id)
        {
            json.WriteNumber("nhid", id);
        }

        Gateway(json, route.Gateway, route.Family);
        Text(json, "dev", NameOf(route.LinkIndex));
        json.WriteString("table", IpNames.OfTable(route.Table));
        json.WriteString("protocol", IpNames.OfProtocol(route.Protocol));
        json.WriteString("scope", IpNames.OfScope(route.Scope));
        Text(json, "prefsrc", route.PreferredSource?.ToString());
        if (route.Metric != 0)
        {
            json.WriteNumber("metric", route.Metric);
        }

        if (route.Mtu is { } mtu)
        {
            json.WriteStartArray("metrics");
            json.WriteStartObject();
            json.WriteNumber("mtu", mtu);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        Words(json, "flags", IpNames.OfHopFlags(route.Flags));
        if (route.NextHops.Length > 0)
        {
            json.WriteStartArray("nexthops");
            foreach (var hop in route.NextHops)
            {
                json.WriteStartObject();
                Gateway(json, hop.Gateway, route.Family);
                Text(json, "dev", NameOf(hop.LinkIndex));
                json.WriteNumber("weight", hop.Weight);
                Words(json, "flags", IpNames.OfHopFlags(hop.Flags));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    });

    /// <summary>Writes <c>ip -j rule</c> of one family.</summary>
    public static void WriteRules(Stream output, IEnumerable<RoutingRule> rules) => List(output, rules, (json, rule) =>
    {
        json.WriteNumber("priority", rule.Priority);
        if (rule.IsInverted)
        {
            json.WriteNull("not");
        }

        json.WriteString("src", rule.Source?.ToString() ?? "all");
        Number(json, "srclen", rule.Source is null ? null : rule.SourcePrefixLength);
        if (rule.Destination is not null)
        {
            json.WriteString("dst", rule.Destination.ToString());
            json.WriteNumber("dstlen", rule.DestinationPrefixLength);
        }

        if (rule.TypeOfService != 0)
        {
            json.WriteString("tos", Hex(rule.TypeOfService));
        }

        if (rule.Mark is { } mark)
        {
            json.WriteString("fwmark", Hex(mark));
            json.WriteString("fwmask", Hex(rule.MarkMask));
        }

        Text(json, "iif", rule.InInterface);
        Text(json, "oif", rule.OutInterface);
        if (rule.IsL3Mdev)
        {
            json.WriteNull("l3mdev");
        }

        Text(json, "ipproto", rule.IPProtocol is { } protocol ? IPProtocolName.Of(protocol) : null);
        Ports(json, "sport", rule.SourcePorts);
        Ports(json, "dport", rule.DestinationPorts);
        Text(json, "table", rule.Table is { } table && !(rule.IsL3Mdev && table == 0) ? IpNames.OfTable(table) : null);
        if (rule.Users is { } users)
        {
            json.WriteNumber("uid_start", users.From);
            json.WriteNumber("uid_end", users.To);
        }

        Text(json, "tun_id", rule.TunnelId?.ToString(CultureInfo.InvariantCulture));
        Number(json, "suppress_prefixlen", rule.SuppressPrefixLength);
        Text(json, "suppress_ifgroup", rule.SuppressGroup?.ToString(CultureInfo.InvariantCulture));
        Text(json, rule.OtherSelector ?? "", rule.OtherSelector is null ? null : "");
        if (rule.GotoPriority is { } target)
        {
            json.WriteNumber("goto", target);
        }
        else if (rule.Action == RoutingRuleAction.Nop)
        {
            json.WriteNull("nop");
        }
        else if (rule.Action is RoutingRuleAction.Blackhole or RoutingRuleAction.Unreachable or RoutingRuleAction.Prohibit)
        {
            json.WriteString("action", rule.Action.ToString().ToLowerInvariant());
        }
    });

    /// <summary>Writes <c>ip -j neigh show nud all</c>.</summary>
    public void WriteNeighbors(Stream output, IEnumerable<Neighbor> neighbors) => List(output, neighbors, (json, neighbor) =>
    {
        json.WriteString("dst", neighbor.IPAddress.ToString());
        Text(json, "dev", NameOf(neighbor.LinkIndex));
        Text(json, "lladdr", neighbor.MacAddress);
        if (neighbor.IsRouter)
        {
            json.WriteNull("router");
        }

        if (neighbor.IsExternallyLearned)
        {
            json.WriteNull("extern_learn");
        }

        Words(json, "state", Enum.GetValues<NeighborState>().Where(s => s != NeighborState.None && (neighbor.State & s) != 0).Select(IpNames.OfNeighborState));
    });

    /// <summary>Writes <c>bridge -j fdb show</c>.</summary>
    public void WriteForwardingEntries(Stream output, IEnumerable<ForwardingEntry> entries) => List(output, entries, (json, entry) =>
    {
        json.WriteString("mac", entry.MacAddress);
        Text(json, "ifname", NameOf(entry.LinkIndex));
        Text(json, "dst", entry.RemoteAddress?.ToString());
        Number(json, "vlan", entry.VlanId);
        Words(json, "flags",
            [.. entry.IsSelf ? (string[])["self"] : [], .. entry.IsExternallyLearned ? (string[])["extern_learn"] : [], .. entry.IsSticky ? (string[])["sticky"] : []]);
        Text(json, "master", NameOf(entry.BridgeIndex));
        json.WriteString("state", IpNames.OfForwardingState(entry.State));
    });

    /// <summary>Writes <c>ip -j netns list</c>, with what <see cref="IpJsonReader.ReadNamespaces"/> knows beyond it.</summary>
    public static void WriteNamespaces(Stream output, IEnumerable<KeyValuePair<int, NetworkNamespaceInfo>> namespaces) => List(output, namespaces, (json, item) =>
    {
        Text(json, "name", item.Value.Name);
        json.WriteNumber("id", item.Key);
        Number(json, "pid", item.Value.Pid);
        json.WriteString("path", item.Value.Path);
        json.WriteNumber("inode", item.Value.Inode);
        Text(json, "container", item.Value.ContainerId);
        Text(json, "pod", item.Value.PodUid);
        Text(json, "podname", item.Value.PodName);
    });

    private string? NameOf(int? index) => index is not { } i ? null : _names.TryGetValue(i, out string? name) ? name : string.Create(CultureInfo.InvariantCulture, $"if{i}");

    private static void Gateway(Utf8JsonWriter json, System.Net.IPAddress? gateway, AddressFamily family)
    {
        if (gateway is null)
        {
            return;
        }

        if (gateway.AddressFamily == family)
        {
            json.WriteString("gateway", gateway.ToString());
            return;
        }

        json.WriteStartObject("via");
        json.WriteString("family", gateway.AddressFamily == AddressFamily.InterNetworkV6 ? "inet6" : "inet");
        json.WriteString("host", gateway.ToString());
        json.WriteEndObject();
    }

    private static void Ports(Utf8JsonWriter json, string name, (ushort From, ushort To)? ports)
    {
        if (ports is not { } range)
        {
            return;
        }

        if (range.From == range.To)
        {
            json.WriteNumber(name, range.From);
        }
        else
        {
            json.WriteNumber(name + "_start", range.From);
            json.WriteNumber(name + "_end", range.To);
        }
    }

    private static uint Lifetime(TimeSpan? time) => time is { } t ? (uint)t.TotalSeconds : uint.MaxValue;

    private static string Hex(uint number) => string.Create(CultureInfo.InvariantCulture, $"0x{number:x}");

    private static void Words(Utf8JsonWriter json, string name, IEnumerable<string> words)
    {
        json.WriteStartArray(name);
        foreach (string word in words)
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void Bit(Utf8JsonWriter json, string name, bool? value) => Number(json, name, value is { } set ? set ? 1 : 0 : null);

    private static void Switch(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } set)
        {
            json.WriteBoolean(name, set);
        }
    }

    private static void List<T>(Stream output, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartArray();
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
            if (json.BytesPending > 1 << 16)
            {
                json.Flush();
            }
        }

        json.WriteEndArray();
    }
}
