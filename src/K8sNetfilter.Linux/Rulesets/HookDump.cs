using System.Runtime.CompilerServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// The functions on each hook in the order in which they run, from nfnetlink_hook (include/uapi/linux/netfilter/nfnetlink_hook.h, since
/// Linux 5.14).
/// </summary>
internal static class HookDump
{
    private const int Subsystem = 12;
    private const int HookGet = 0;
    private const int HookNumber = 1;
    private const int Priority = 2;
    private const int FunctionName = 4;
    private const int ModuleName = 5;
    private const int ChainInfo = 6;
    private const int InfoDescription = 1;
    private const int InfoType = 2;
    private const int NftablesInfo = 1;
    private const int DescribedTable = 1;
    private const int DescribedChain = 3;

    private static readonly (NfFamily Family, HookLayer Layer, IPFamily IPFamily)[] Families =
    [
        (NfFamily.IPv4, HookLayer.IP, IPFamily.IPv4),
        (NfFamily.IPv6, HookLayer.IP, IPFamily.IPv6),
        (NfFamily.Bridge, HookLayer.Bridge, IPFamily.Unspecified),
    ];

    /// <summary>Asks for every hook of IPv4, IPv6 and bridges.</summary>
    /// <returns>The functions; null where the kernel does not know the question.</returns>
    public static IReadOnlyList<HookEntry>? Read(NetlinkConnection connection, CancellationToken cancellation)
    {
        var entries = new List<HookEntry>();
        foreach (var (family, layer, ip) in Families)
        {
            foreach (var point in Enum.GetValues<HookPoint>())
            {
                try
                {
                    entries.AddRange(ReadPoint(connection, family, layer, ip, point, cancellation));
                }
                catch (Errors.NodeException failure) when (failure.Errno is Errno.EOPNOTSUPP or Errno.EINVAL or Errno.ENOENT)
                {
                    // No such subsystem (EINVAL, EOPNOTSUPP), or a family that this kernel has no hooks for (bridges without br_netfilter).
                    if (family == NfFamily.IPv4)
                    {
                        return null;
                    }

                    break;
                }
            }
        }

        return entries;
    }

    private static List<HookEntry> ReadPoint(
        NetlinkConnection connection, NfFamily family, HookLayer layer, IPFamily ip, HookPoint point, CancellationToken cancellation)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage((Subsystem << 8) | HookGet, NetlinkFlags.Dump);
        writer.Header(new NfGenMessage { nfgen_family = (byte)family });
        writer.PutBigEndian(HookNumber, (uint)point);
        writer.EndMessage();
        return connection.Collect(
            writer.Written, m => Decode(m, layer, ip, point),
            new NetlinkOperation(RulesetMessages.ReadingHooks, NetlinkMessages.ThisNamespace), cancellation).Items;
    }

    /// <summary>Reads one message.</summary>
    internal static HookEntry? Decode(NetlinkMessage message, HookLayer layer, IPFamily family, HookPoint point)
    {
        if (message.Type >> 8 != Subsystem)
        {
            return null;
        }

        int priority = 0;
        string? function = null, module = null, table = null, chain = null;
        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            switch (attribute.Type)
            {
                case Priority:
                    priority = (int)attribute.AsUInt32BigEndian();
                    break;
                case FunctionName:
                    function = attribute.AsText();
                    break;
                case ModuleName:
                    module = attribute.AsText();
                    break;
                case ChainInfo:
                    ReadChain(attribute, ref table, ref chain);
                    break;
            }
        }

        return new HookEntry(layer, family, point, priority, function, module, chain is null ? null : table, chain);
    }

    private static void ReadChain(NetlinkAttribute info, ref string? table, ref string? chain)
    {
        uint type = NftablesInfo;
        foreach (var part in info.Children)
        {
            type = part.Type == InfoType ? part.AsUInt32BigEndian() : type;
        }

        if (type != NftablesInfo)
        {
            return;
        }

        foreach (var part in info.Children)
        {
            if (part.Type != InfoDescription)
            {
                continue;
            }

            foreach (var said in part.Children)
            {
                table = said.Type == DescribedTable ? said.AsText() : table;
                chain = said.Type == DescribedChain ? said.AsText() : chain;
            }
        }
    }
}
