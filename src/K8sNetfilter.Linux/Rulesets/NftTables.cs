using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>The tables of nf_tables, asked for without loading it (include/uapi/linux/netfilter/nf_tables.h).</summary>
internal sealed class NftTables
{
    private const int NewTable = 0;
    private const int GetTable = 1;
    private const int TableName = 1;
    private const byte FamilyIPv4 = 2;
    private const byte FamilyIPv6 = 10;

    private readonly KernelRoot _root;
    private readonly NetworkNamespace? _inside;

    /// <summary>Makes a reader.</summary>
    public NftTables(KernelRoot root, NetworkNamespace? inside)
    {
        _root = root;
        _inside = inside;
    }

    /// <summary>The names of a family's tables; none where nf_tables is not there.</summary>
    public IReadOnlyList<string> Names(IPFamily family, CancellationToken cancellation)
    {
        // A request to nf_tables loads the module (nfnetlink_rcv_msg, request_module), and reading must not.
        if (!NfTablesModule.IsPresent(_root))
        {
            return [];
        }

        using var connection = _inside?.Connect(NetlinkProtocol.Netfilter) ?? NetlinkConnection.OpenHere(NetlinkProtocol.Netfilter);
        var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(Type(GetTable), NetlinkFlags.Dump);
        writer.Header(new NetfilterHeader { Family = family == IPFamily.IPv6 ? FamilyIPv6 : FamilyIPv4 });
        writer.EndMessage();
        return connection.Collect(writer.Written, ReadName, new NetlinkOperation("Reading the nf_tables tables", "this network namespace"), cancellation).Items;
    }

    private static string? ReadName(NetlinkMessage message)
    {
        if (message.Type != Type(NewTable))
        {
            return null;
        }

        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NetfilterHeader>()))
        {
            if (attribute.Type == TableName)
            {
                return attribute.AsText();
            }
        }

        return null;
    }

    private static ushort Type(int message) => (ushort)((10 << 8) | message);

    /// <summary>struct nfgenmsg, include/uapi/linux/netfilter/nfnetlink.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NetfilterHeader
    {
        public byte Family;
        public byte Version;
        public ushort Resource;
    }
}
