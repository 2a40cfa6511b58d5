using System.Runtime.CompilerServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.IO;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables;

namespace K8sNetfilter.Rulesets;

/// <summary>The tables and base chains of nf_tables, asked for without loading it (include/uapi/linux/netfilter/nf_tables.h).</summary>
internal sealed class NftTables
{
    private const int Subsystem = 10;
    internal const int NewTable = 0;
    internal const int GetTable = 1;
    internal const int NewChain = 3;
    internal const int GetChain = 4;
    internal const int NewRule = 6;
    internal const int GetRule = 7;
    private const int TableName = 1;
    private const int ChainTable = 1;
    private const int ChainName = 3;
    private const int ChainUse = 6;
    private const int RuleTable = 1;
    private const int RuleChain = 2;

    private readonly KernelRoot _root;
    private readonly NetworkNamespace? _inside;

    /// <summary>Makes a reader.</summary>
    public NftTables(KernelRoot root, NetworkNamespace? inside)
    {
        _root = root;
        _inside = inside;
    }

    private bool IsPresent => KernelPart.IsPresent(_root, "nf_tables", "nft_do_chain");

    /// <summary>A connection to ask it; null where it is not there.</summary>
    public NetlinkConnection? TryConnect() => IsPresent ? Connect(_inside) : null;

    /// <summary>The names of a family's tables; none where nf_tables is not there.</summary>
    public IReadOnlyList<string> Names(IPFamily family, CancellationToken cancellation)
    {
        using var connection = TryConnect();
        return connection is null ? [] : Names(connection, family, cancellation);
    }

    /// <summary>The same over a connection.</summary>
    internal static IReadOnlyList<string> Names(NetlinkConnection connection, IPFamily family, CancellationToken cancellation)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        Begin(ref writer, GetTable, (byte)(family == IPFamily.IPv6 ? NfFamily.IPv6 : NfFamily.IPv4));
        writer.EndMessage();
        return connection.Collect(writer.Written, ReadName, new NetlinkOperation(RulesetMessages.ReadingNftTables, NetlinkMessages.ThisNamespace), cancellation).Items;
    }

    /// <summary>The number that each commit to nf_tables raises; null if the kernel does not say it.</summary>
    internal static uint? Generation(NetlinkConnection connection, CancellationToken cancellation) => NftGeneration.Read(connection, cancellation);

    /// <summary>The chains that stand on hooks, with their own rules counted and looked at.</summary>
    /// <exception cref="NodeException"><c>RulesetChanging</c>, or the kernel's refusal.</exception>
    public IReadOnlyList<NftBaseChain> BaseChains(CancellationToken cancellation)
    {
        using var connection = TryConnect();
        return connection is null ? [] : OfOneGeneration(connection, () => new NftBaseChains(connection, cancellation).Read(), out _, cancellation);
    }

    /// <summary>Reads something that takes several questions, again where the rules change in between.</summary>
    /// <exception cref="NodeException"><c>RulesetChanging</c>.</exception>
    internal static T OfOneGeneration<T>(NetlinkConnection connection, Func<T> read, out uint? generation, CancellationToken cancellation)
    {
        generation = Generation(connection, cancellation);
        for (int attempt = 1; attempt <= SteadyRuleset.Tries; attempt++)
        {
            var answer = read();
            uint? after = generation is null ? null : Generation(connection, cancellation);
            if (after == generation)
            {
                return answer;
            }

            generation = after;
        }

        throw SteadyRuleset.Failure("nft");
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
        var operation = new NetlinkOperation(RulesetMessages.LookingAtRules, NetlinkMessages.ThisNamespace);
        uint? generation = Generation(connection, cancellation);
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

        inspection.Generation = generation is not null && Generation(connection, cancellation) == generation ? generation : null;
        return inspection;
    }

    internal static NetlinkConnection Connect(NetworkNamespace? inside) =>
        inside?.Connect(NetlinkProtocol.Netfilter) ?? NetlinkConnection.OpenHere(NetlinkProtocol.Netfilter);

    internal static void Begin(ref NetlinkWriter writer, int message, byte family)
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

    internal static ushort Type(int message) => (ushort)((Subsystem << 8) | message);

    internal sealed record UsedChain(string Table, string Chain);
}
