using System.Runtime.CompilerServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;
using K8sNetfilter.Services;
using K8sNetfilter.Text;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// The base chains of nf_tables of every family: where they stand, and what their rules do at a glance. Those that iptables-nft prints, and
/// kube-proxy's, have their rules read elsewhere and are counted alone.
/// </summary>
internal sealed class NftBaseChains(NetlinkConnection connection, CancellationToken cancellation)
{
    private const int HookDevice = 3;
    private const int HookDevices = 4;
    private const int DeviceName = 1;
    private const int DevicePrefix = 2;
    private const uint Dormant = 1;
    private const uint AcceptVerdict = 1;

    // Counting the rules of a chain is reading them: beyond this it is left.
    private const int MostRules = 1_000_000;

    // What is looked at of all chains together; a table with more is somebody's set of addresses written as rules.
    private const int MostLooked = 200_000;

    private readonly Dictionary<(byte Family, string Table), List<string>> _chains = [];
    private readonly Dictionary<(byte Family, string Table, string? Chain), IReadOnlyList<ChainRule>?> _rules = [];
    private readonly HashSet<(byte Family, string Table)> _dormant = [];
    private int _looked;

    /// <summary>Reads them.</summary>
    public IReadOnlyList<NftBaseChain> Read()
    {
        foreach (var (family, name) in Ask(NftTables.GetTable, ReadDormant, RulesetMessages.ReadingNftTables))
        {
            _dormant.Add((family, name));
        }

        var all = Ask(NftTables.GetChain, ReadAny, RulesetMessages.ReadingNftChains);
        foreach (var chain in all)
        {
            if (!_chains.TryGetValue((chain.Family, chain.Table), out var names))
            {
                _chains[(chain.Family, chain.Table)] = names = [];
            }

            names.Add(chain.Name);
        }

        return [.. all.Where(c => c.Base is not null).Select(Finish)];
    }

    /// <summary>Reads a base chain; null for one that packets only come to by a jump.</summary>
    internal static FoundChain? ReadChain(NetlinkMessage message) => ReadAny(message) is { Base: not null } found ? found : null;

    private List<T> Ask<T>(int question, NetlinkDecoder<T> read, string what)
        where T : class
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        NftTables.Begin(ref writer, question, 0);
        writer.EndMessage();
        var found = connection.Collect(writer.Written, read, new NetlinkOperation(what, NetlinkMessages.ThisNamespace), cancellation).Items;
        writer.Dispose();
        return [.. found];
    }

    private NftBaseChain Finish(FoundChain found)
    {
        var chain = found.Base! with { IsDormant = _dormant.Contains((found.Family, found.Table)) };
        if (IsReadElsewhere(chain))
        {
            int? count = Count(found);
            return chain with { RuleCount = count, Effect = count == 0 ? chain.Accepts == false
                ? ChainEffect.Drops : ChainEffect.Nothing : ChainEffect.Unread };
        }

        var own = Rules(found.Family, found.Table, found.Name);
        var effect = new ChainEffects(name => Rules(found.Family, found.Table, name)).Of(found.Name, chain.Accepts);
        return chain with { RuleCount = own?.Count ?? Count(found), Effect = effect };
    }

    private static bool IsReadElsewhere(NftBaseChain chain) =>
        chain.Layer == HookLayer.IP && chain.Family != IPFamily.Unspecified
            && (chain.Table == NftServiceReader.Table || chain.IsOfIptables);

    private int? Count(FoundChain chain)
    {
        int rules = 0;
        foreach (var _ in Each(chain.Family, chain.Table, chain.Name, static _ => default(ChainRule)))
        {
            if (++rules > MostRules)
            {
                return null;
            }
        }

        return rules;
    }

    // The rules of a chain, or of all chains of a table; null where there are too many.
    private IReadOnlyList<ChainRule>? Rules(byte family, string table, string? chain)
    {
        if (_rules.TryGetValue((family, table, chain), out var known))
        {
            return known;
        }

        var read = new List<ChainRule>();
        foreach (string name in chain is not null ? [chain] : _chains.GetValueOrDefault((family, table)) ?? [])
        {
            foreach (var rule in Each(family, table, name, NftGlance.Read))
            {
                if (++_looked > MostLooked)
                {
                    return null;
                }

                read.Add(rule);
            }
        }

        return _rules[(family, table, chain)] = read;
    }

    private List<ChainRule> Each(byte family, string table, string chain, Glance read)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        NftTables.Begin(ref writer, NftTables.GetRule, family);
        writer.Put(NFTA_RULE_TABLE, table);
        writer.Put(NFTA_RULE_CHAIN, chain);
        writer.EndMessage();
        var rules = new List<ChainRule>();
        using (var exchange = connection.Start(writer.Written, new NetlinkOperation(RulesetMessages.LookingAtChain, Printable.Text(chain)),
            cancellation))
        {
            while (exchange.MoveNext() && rules.Count <= MostRules)
            {
                if (exchange.Current.Type == NftTables.Type(NftTables.NewRule) && IsIn(exchange.Current, table, chain))
                {
                    rules.Add(read(exchange.Current));
                }
            }
        }

        writer.Dispose();
        return rules;
    }

    // A kernel that does not filter a dump by chain (before 4.2 or so) gives the rules of all.
    private static bool IsIn(NetlinkMessage message, string table, string chain)
    {
        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            if ((attribute.Type == NFTA_RULE_TABLE && attribute.AsText() != table)
                || (attribute.Type == NFTA_RULE_CHAIN && attribute.AsText() != chain))
            {
                return false;
            }
        }

        return true;
    }

    private static DormantTable? ReadDormant(NetlinkMessage message)
    {
        if (message.Type != NftTables.Type(NftTables.NewTable))
        {
            return null;
        }

        string? name = null;
        uint flags = 0;
        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            name = attribute.Type == NFTA_TABLE_NAME ? attribute.AsText() : name;
            flags = attribute.Type == NFTA_TABLE_FLAGS ? attribute.AsUInt32BigEndian() : flags;
        }

        return name is not null && (flags & Dormant) != 0 ? new DormantTable(message.Header<NfGenMessage>().nfgen_family, name) : null;
    }

    private static FoundChain? ReadAny(NetlinkMessage message)
    {
        if (message.Type != NftTables.Type(NftTables.NewChain))
        {
            return null;
        }

        byte family = message.Header<NfGenMessage>().nfgen_family;
        string table = "", name = "", type = "";
        var place = default(HookPlace);
        bool? accepts = null;
        foreach (var attribute in message.Attributes(Unsafe.SizeOf<NfGenMessage>()))
        {
            switch (attribute.Type)
            {
                case NFTA_CHAIN_TABLE:
                    table = attribute.AsText();
                    break;
                case NFTA_CHAIN_NAME:
                    name = attribute.AsText();
                    break;
                case NFTA_CHAIN_POLICY:
                    accepts = attribute.AsUInt32BigEndian() == AcceptVerdict;
                    break;
                case NFTA_CHAIN_TYPE:
                    type = attribute.AsText();
                    break;
                case NFTA_CHAIN_HOOK:
                    place = ReadPlace(attribute);
                    break;
            }
        }

        return new FoundChain(family, table, name, place is { Hook: { } hook, Priority: { } priority }
            && NfHooks.Place(family, hook) is { } at
            ? new NftBaseChain(at.Layer, at.Family, table, name, type, at.Point, priority, null)
            {
                Accepts = accepts,
                IsInet = family == (byte)NfFamily.Inet,
                Devices = at.Layer == HookLayer.Netdev ? place.Devices : null,
            } : null);
    }

    private static HookPlace ReadPlace(NetlinkAttribute hook)
    {
        int? number = null, priority = null;
        List<string>? devices = null;
        foreach (var part in hook.Children)
        {
            switch (part.Type)
            {
                case NFTA_HOOK_HOOKNUM:
                    number = (int)part.AsUInt32BigEndian();
                    break;
                case NFTA_HOOK_PRIORITY:
                    priority = (int)part.AsUInt32BigEndian();
                    break;
                case HookDevice when devices is null:
                    devices = [part.AsText()];
                    break;
                case HookDevices:
                    devices = [];
                    foreach (var device in part.Children)
                    {
                        if (device.Type is DeviceName or DevicePrefix)
                        {
                            devices.Add(device.Type == DevicePrefix ? device.AsText() + "*" : device.AsText());
                        }
                    }

                    break;
            }
        }

        return new HookPlace(number, priority, devices ?? []);
    }

    /// <summary>A chain as the kernel gives it.</summary>
    /// <param name="Family">The family's number.</param>
    /// <param name="Table">The table.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Base">What it is on a hook; null for one that stands on none.</param>
    internal sealed record FoundChain(byte Family, string Table, string Name, NftBaseChain? Base);

    private delegate ChainRule Glance(NetlinkMessage rule);

    private sealed record DormantTable(byte Family, string Name);

    private readonly record struct HookPlace(int? Hook, int? Priority, IReadOnlyList<string> Devices);
}
