using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Expressions;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>Reads messages about tables, chains and flowtables (nf_tables_fill_…_info in net/netfilter/nf_tables_api.c).</summary>
internal static class NftTableReader
{
    // A name that means all that begin so, since Linux 6.16.
    private const int NFTA_DEVICE_PREFIX = 2;

    /// <summary>The family of a message.</summary>
    public static NftFamily Family(NetlinkMessage message) => (NftFamily)message.Header<NfGenMessage>().nfgen_family;

    /// <summary>Reads a table.</summary>
    public static NftTableParts Table(NetlinkMessage message, NftNames names)
    {
        string name = "";
        uint flags = 0, owner = 0;
        ulong handle = 0;
        string? comment = null;
        foreach (var attribute in message.Attributes(NfGenMessage.Size))
        {
            switch (attribute.Type)
            {
                case NFTA_TABLE_NAME:
                    name = names.Of(attribute.Payload);
                    break;
                case NFTA_TABLE_FLAGS:
                    flags = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_TABLE_HANDLE:
                    handle = attribute.AsUInt64BigEndian();
                    break;
                case NFTA_TABLE_OWNER:
                    owner = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_TABLE_USERDATA:
                    comment = NftUserData.CommentOf(attribute.Payload);
                    break;
            }
        }

        return new NftTableParts(Family(message), name) { Flags = (NftTableFlags)flags, Handle = handle, OwnerPort = owner,
            Comment = comment };
    }

    /// <summary>Reads a chain.</summary>
    /// <param name="message">The message.</param>
    /// <param name="names">Names.</param>
    /// <param name="table">The name of its table.</param>
    public static NftChainParts Chain(NetlinkMessage message, NftNames names, out string table)
    {
        table = "";
        string name = "", type = "filter";
        uint flags = 0, policy = NF_ACCEPT;
        uint? use = null;
        ulong handle = 0;
        string? comment = null;
        NetlinkAttribute hook = default, counters = default;
        bool hasHook = false, hasCounters = false;
        foreach (var attribute in message.Attributes(NfGenMessage.Size))
        {
            switch (attribute.Type)
            {
                case NFTA_CHAIN_TABLE:
                    table = names.Of(attribute.Payload);
                    break;
                case NFTA_CHAIN_NAME:
                    name = names.Of(attribute.Payload);
                    break;
                case NFTA_CHAIN_HANDLE:
                    handle = attribute.AsUInt64BigEndian();
                    break;
                case NFTA_CHAIN_HOOK:
                    hook = attribute;
                    hasHook = true;
                    break;
                case NFTA_CHAIN_POLICY:
                    policy = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_CHAIN_TYPE:
                    type = names.Of(attribute.Payload);
                    break;
                case NFTA_CHAIN_USE:
                    use = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_CHAIN_FLAGS:
                    flags = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_CHAIN_COUNTERS:
                    counters = attribute;
                    hasCounters = true;
                    break;
                case NFTA_CHAIN_USERDATA:
                    comment = NftUserData.CommentOf(attribute.Payload);
                    break;
            }
        }

        var place = hasHook ? Hook(hook, Family(message), type, (NftVerdictCode)policy, names) : null;
        place = place is not null && hasCounters ? Counted(place, counters) : place;
        return new NftChainParts(name, place) { Flags = (NftChainFlags)flags, Handle = handle, Comment = comment, Use = use };
    }

    /// <summary>Reads a flowtable.</summary>
    /// <param name="message">The message.</param>
    /// <param name="names">Names.</param>
    /// <param name="table">The name of its table.</param>
    public static NftFlowtable Flowtable(NetlinkMessage message, NftNames names, out string table)
    {
        table = "";
        string name = "";
        uint flags = 0, number = 0;
        ulong handle = 0;
        int priority = 0;
        string[] devices = [];
        foreach (var attribute in message.Attributes(NfGenMessage.Size))
        {
            switch (attribute.Type)
            {
                case NFTA_FLOWTABLE_TABLE:
                    table = names.Of(attribute.Payload);
                    break;
                case NFTA_FLOWTABLE_NAME:
                    name = names.Of(attribute.Payload);
                    break;
                case NFTA_FLOWTABLE_HANDLE:
                    handle = attribute.AsUInt64BigEndian();
                    break;
                case NFTA_FLOWTABLE_FLAGS:
                    flags = attribute.AsUInt32BigEndian();
                    break;
                case NFTA_FLOWTABLE_HOOK:
                    foreach (var part in attribute.Children)
                    {
                        switch (part.Type)
                        {
                            case NFTA_FLOWTABLE_HOOK_NUM:
                                number = part.AsUInt32BigEndian();
                                break;
                            case NFTA_FLOWTABLE_HOOK_PRIORITY:
                                priority = (int)part.AsUInt32BigEndian();
                                break;
                            case NFTA_FLOWTABLE_HOOK_DEVS:
                                devices = Devices(part.Children, names);
                                break;
                        }
                    }

                    break;
            }
        }

        return new NftFlowtable(name, priority, devices) { Flags = flags, HookNumber = number, Handle = handle };
    }

    private static NftChainHook Hook(NetlinkAttribute hook, NftFamily family, string type, NftVerdictCode policy, NftNames names)
    {
        uint number = 0;
        int priority = 0;
        string? device = null;
        string[] devices = [];
        foreach (var part in hook.Children)
        {
            switch (part.Type)
            {
                case NFTA_HOOK_HOOKNUM:
                    number = part.AsUInt32BigEndian();
                    break;
                case NFTA_HOOK_PRIORITY:
                    priority = (int)part.AsUInt32BigEndian();
                    break;
                // One alone is said here too.
                case NFTA_HOOK_DEV:
                    device = names.Of(part.Payload);
                    break;
                case NFTA_HOOK_DEVS:
                    devices = Devices(part.Children, names);
                    break;
            }
        }

        devices = devices.Length == 0 && device is not null ? [device] : devices;
        return new NftChainHook(type, NftHookNumber.Hook(family, number), priority, policy, devices) { Number = number };
    }

    private static NftChainHook Counted(NftChainHook hook, NetlinkAttribute counters)
    {
        ulong packets = 0, bytes = 0;
        foreach (var part in counters.Children)
        {
            switch (part.Type)
            {
                case NFTA_COUNTER_PACKETS:
                    packets = part.AsUInt64BigEndian();
                    break;
                case NFTA_COUNTER_BYTES:
                    bytes = part.AsUInt64BigEndian();
                    break;
            }
        }

        return hook with { Packets = packets, Bytes = bytes };
    }

    private static string[] Devices(NetlinkAttributes list, NftNames names)
    {
        var devices = new List<string>();
        foreach (var device in list)
        {
            if (device.Type is NFTA_DEVICE_NAME or NFTA_DEVICE_PREFIX)
            {
                string name = names.Of(device.Payload);
                devices.Add(device.Type == NFTA_DEVICE_PREFIX ? name + "*" : name);
            }
        }

        return [.. devices];
    }
}
