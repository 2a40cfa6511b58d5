using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Fuzz;

/// <summary>Messages about netfilter's hooks and of nf_tables' names and chains.</summary>
internal sealed class NftMessageTarget : IFuzzTarget
{
    private static readonly Action<byte[]>[] Decoders =
    [
        m => HookDump.Decode(new NetlinkMessage(m), HookLayer.IP, IPFamily.IPv4, HookPoint.Forward),
        m => NftTables.ReadName(new NetlinkMessage(m)),
        m => NftBaseChains.ReadChain(new NetlinkMessage(m)), m => NftGlance.Read(new NetlinkMessage(m)),
    ];

    public string Name => "nft-message";

    public IEnumerable<byte[]> Seeds => [Hook(), Chain(), Table()];

    public void Run(byte[] input)
    {
        if (input.Length < NetlinkMessage.HeaderSize)
        {
            return;
        }

        foreach (var decoder in Decoders)
        {
            try
            {
                decoder(input);
            }
            catch (NodeException failure) when (failure.ErrorId == "NetlinkMalformed")
            {
            }
        }
    }

    // As nfnl_hook_dump_one (net/netfilter/nfnetlink_hook.c), nf_tables_fill_chain_info and nf_tables_fill_table_info write them.
    private static byte[] Hook()
    {
        using var writer = Begin(12 << 8);
        writer.PutBigEndian(1, 2u);
        writer.PutBigEndian(2, 100u);
        writer.Put(4, "nft_do_chain_ipv4");
        writer.Put(5, "nf_tables");
        int info = writer.BeginNested(6);
        int said = writer.BeginNested(1);
        writer.Put(1, "filter");
        writer.Put(2, (byte)2);
        writer.Put(3, "FORWARD");
        writer.EndNested(said);
        writer.PutBigEndian(2, 1u);
        writer.EndNested(info);
        writer.EndMessage();
        return writer.Written.ToArray();
    }

    private static byte[] Chain()
    {
        using var writer = Begin((10 << 8) | 3);
        writer.Put(1, "filter");
        writer.Put(3, "INPUT");
        int hook = writer.BeginNested(4);
        writer.PutBigEndian(1, 1u);
        writer.PutBigEndian(2, 0u);
        writer.EndNested(hook);
        writer.Put(7, "filter");
        writer.EndMessage();
        return writer.Written.ToArray();
    }

    private static byte[] Table()
    {
        using var writer = Begin(10 << 8);
        writer.Put(1, "nat");
        writer.EndMessage();
        return writer.Written.ToArray();
    }

    private static NetlinkWriter Begin(int type)
    {
        var writer = new NetlinkWriter(new byte[256]);
        writer.BeginMessage((ushort)type, 0);
        writer.Header(new NfGenMessage(2));
        return writer;
    }
}
