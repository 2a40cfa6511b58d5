using System.Runtime.CompilerServices;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>The tables and base chains of nf_tables, asked for without loading it (include/uapi/linux/netfilter/nf_tables.h).</summary>
internal sealed class NftTables
{
    private const int Subsystem = 10;
    private const int NewTable = 0;
    private const int GetTable = 1;
    private const int NewChain = 3;
    private const int GetChain = 4;
    private const int NewRule = 6;
    private const int GetRule = 7;
    private const int TableName = 1;
    private const int ChainTable = 1;
    private const int ChainName = 3;
    private const int ChainHook = 4;
    private const int ChainPolicy = 5;
    private const int ChainUse = 6;
    private const int ChainType = 7;
    private const uint AcceptVerdict = 1;
    private const int HookNumber = 1;
    private const int HookPriority = 2;
    private const int RuleTable = 1;
    private const int RuleChain = 2;

    // Counting the rules of a chain is reading them: beyond this it is left.
    private const int MostRules = 1_000_000;

    private readonly KernelRoot _root;
    private readonly NetworkNamespace? _inside;

    /// <summary>Makes a reader.</summary>
    public NftTables(KernelRoot root, NetworkNamespace? inside)
    {
        _root = root;
        _inside = inside;
    }

    private bool IsPresent => KernelPart.IsPresent(_root, "nf_tables", "nft_do_chain");

    /// <summary>The names of a family's tables; none where nf_tables is not there.</summary>
    public IReadOnlyList<string> Names(IPFamily family, CancellationToken cancellation)
    {
        if (!IsPresent)
        {
            return [];
        }

        using var connection = Connect(_inside);
        var writer = new NetlinkWriter(stackalloc byte[64]);
        Begin(ref writer, GetTable, (byte)(family == IPFamily.IPv6 ? NfFamily.IPv6 : NfFamily.IPv4));
        writer.EndMessage();
        return connection.Collect(writer.Written, ReadName, new NetlinkOperation("Reading the nf_tables tables", "this network namespace"), cancellation).Items;
    }

    /// <summary>The chains that stand on hooks of IP and of bridges, with their own rules counted.</summary>
    public IReadOnlyList<NftBaseChain> BaseChains(CancellationToken cancellation)
    {
        if (!IsPresent)
        {
            return [];
        }

        using var connection = Connect(_inside);
        var writer = new NetlinkWriter(stackalloc byte[64]);
        Begin(ref writer, GetChain, 0);
        writer.EndMessage();
        var found = connection.Collect(writer.Written, ReadChain, new NetlinkOperation("Reading the nf_tables chains", "this network namespace"), cancellation).Items;
        return [.. found.Select(f => f.Chain with { RuleCount = CountRules(connection, f.Family, f.Chain, cancellation) })];
    }

    /// <summary>Looks at every rule of some tables, whether iptables-nft can print it.</summary>
    /// <remarks>
    /// Chain by chain, as iptables-nft asks for them too: of a dump of all rules the kernel begins each part of its answer at the first rule
    /// (nf_tables_dump_rules in net/netfilter/nf_tables_api.c), which takes longer than the tool where there are many.
    /// </remarks>
    /// <param name="connection">A connection of its own: this can run beside other work.</param>
    /// <param name="family">The family.</param>
    /// <param name="tables">The tables' names.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static NftInspection Inspect(NetlinkConnection connection, IPFamily family, IReadOnlyCollection<string> tables, CancellationToken cancellation)
    {
        byte netfilterFamily = (byte)(family == IPFamily.IPv6 ? NfFamily.IPv6 : NfFamily.IPv4);
        var operation = new NetlinkOperation("Looking at the nf_tables rules", "this network namespace");
        var writer = new NetlinkWriter(stackalloc byte[64]);
        Begin(ref writer, GetChain, netfilterFamily);
        writer.EndMessage();
        var chains = connection.Collect(writer.Written, ReadUsedChain, operation, cancellation).Items;
        writer.Dispose();
        var inspection = new NftInspection(family);
        Span<byte> room = stackalloc byte[512];
        foreach (var chain in chains.Where(c => tables.Contains(c.Table, StringComparer.Ordinal)))
        {
            var request = new NetlinkWriter(room);
            Begin(ref request, GetRule, netfilterFamily);
            request.Put(RuleTable, chain.Table);
            request.Put(RuleChain, chain.Chain);
            request.EndMessage();
            using (var exchange = connection.Start(request.Written, operation, cancellation))
            {
                inspection.Read(exchange, chain.Table, chain.Chain, Type(NewRule));
            }

            request.Dispose();
        }

        return inspection;
    }

    internal static NetlinkConnection Connect(NetworkNamespace? inside) =>
        inside?.Connect(NetlinkProtocol.Netfilter) ?? NetlinkConnection.OpenHere(NetlinkProtocol.Netfilter);

    private static int? CountRules(NetlinkConnection connection, byte family, NftBaseChain chain, CancellationToken cancellation)
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        Begin(ref writer, GetRule, family);
        writer.Put(RuleTable, chain.Table);
        writer.Put(RuleChain, chain.Name);
        writer.EndMessage();
        int rules = 0;
        using (var exchange = connection.Start(writer.Written, new NetlinkOperation("Counting the rules of a chain", Printable.Text(chain.Name)), cancellation))
        {
            while (exchange.MoveNext() && rules <= MostRules)
            {
                rules += exchange.Current.Type == Type(NewRule) && IsIn(exchange.Current, chain) ? 1 : 0;
            }
        }

        writer.Dispose();
        return rules > MostRules ? null : rules;
    }

    // A kernel that does not filter a dump by chain (before 4.2 or so) gives the rules of all.
    private static bool IsIn(NetlinkMessage message, NftBaseChain chain)
    {
        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            if ((attribute.Type == RuleTable && attribute.AsText() != chain.Table) || (attribute.Type == RuleChain && attribute.AsText() != chain.Name))
            {
                return false;
            }
        }

        return true;
    }

    private static void Begin(ref NetlinkWriter writer, int message, byte family)
    {
        writer.BeginMessage(Type(message), NetlinkFlags.Dump);
        writer.Header(new NfGenMessage { nfgen_family = family });
    }

    internal static string? ReadName(NetlinkMessage message)
    {
        if (message.Type == Type(NewTable))
        {
            foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
            {
                if (attribute.Type == TableName)
                {
                    return attribute.AsText();
                }
            }
        }

        return null;
    }

    /// <summary>A chain's names; null for one that has no rule and that none leads to.</summary>
    internal static UsedChain? ReadUsedChain(NetlinkMessage message)
    {
        if (message.Type != Type(NewChain))
        {
            return null;
        }

        string table = "", name = "";
        bool isUsed = true;
        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            switch (attribute.Type)
            {
                case ChainTable:
                    table = attribute.AsText();
                    break;
                case ChainName:
                    name = attribute.AsText();
                    break;
                case ChainUse:
                    isUsed = attribute.AsUInt32BigEndian() != 0;
                    break;
            }
        }

        return isUsed ? new UsedChain(table, name) : null;
    }

    internal static FoundChain? ReadChain(NetlinkMessage message)
    {
        if (message.Type != Type(NewChain))
        {
            return null;
        }

        byte family = message.Header<NfGenMessage>().nfgen_family;
        string table = "", name = "", type = "";
        int? hook = null, priority = null;
        bool? accepts = null;
        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            switch (attribute.Type)
            {
                case ChainTable:
                    table = attribute.AsText();
                    break;
                case ChainName:
                    name = attribute.AsText();
                    break;
                case ChainPolicy:
                    accepts = attribute.AsUInt32BigEndian() == AcceptVerdict;
                    break;
                case ChainType:
                    type = attribute.AsText();
                    break;
                case ChainHook:
                    foreach (var part in attribute.Children)
                    {
                        hook = part.Type == HookNumber ? (int)part.AsUInt32BigEndian() : hook;
                        priority = part.Type == HookPriority ? (int)part.AsUInt32BigEndian() : priority;
                    }

                    break;
            }
        }

        // A chain of the netdev or arp family, or one on ingress, is not on the way that is drawn.
        return hook is >= 0 and <= 4 && priority is not null && Place(family) is { } place
            ? new FoundChain(family, new NftBaseChain(place.Layer, place.Family, table, name, type, (HookPoint)hook, priority.Value, null) { Accepts = accepts })
            : null;
    }

    private static (HookLayer Layer, IPFamily Family)? Place(byte family) => (NfFamily)family switch
    {
        NfFamily.Inet => (HookLayer.IP, IPFamily.Unspecified),
        NfFamily.IPv4 => (HookLayer.IP, IPFamily.IPv4),
        NfFamily.IPv6 => (HookLayer.IP, IPFamily.IPv6),
        NfFamily.Bridge => (HookLayer.Bridge, IPFamily.Unspecified),
        _ => null,
    };

    private static ushort Type(int message) => (ushort)((Subsystem << 8) | message);

    internal sealed record UsedChain(string Table, string Chain);

    internal sealed record FoundChain(byte Family, NftBaseChain Chain);
}
