using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>
/// The base chains of nf_tables on the hooks of IP that a walk follows in the kernel's own expressions: all but those that iptables-nft
/// made, which are walked as iptables prints them.
/// </summary>
internal sealed class NativeChains
{
    private readonly NativeHook[] _chains;
    private readonly IReadOnlyList<HookEntry>? _entries;

    private NativeChains(NativeHook[] chains, IReadOnlyList<HookEntry>? entries) => (_chains, _entries) = (chains, entries);

    /// <summary>There are none.</summary>
    public static NativeChains None { get; } = new([], null);

    /// <summary>True if there are none.</summary>
    public bool IsEmpty => _chains.Length == 0;

    /// <summary>Looks for them. A ruleset that is not whole has none: what is missing may be a rule that decides.</summary>
    /// <param name="native">The tables of nf_tables; null if they were not read.</param>
    /// <param name="ruleset">The rules of iptables that are walked too.</param>
    /// <param name="hooks">What the kernel says of its hooks.</param>
    public static NativeChains Of(NftRuleset? native, Ruleset ruleset, KernelHooks hooks)
    {
        if (native is not { IsComplete: true })
        {
            return None;
        }

        var found = new List<NativeHook>();
        foreach (var table in native.Tables)
        {
            if (table.Family is not (NftFamily.IPv4 or NftFamily.IPv6 or NftFamily.Inet) || (table.Flags & NftTableFlags.Dormant) != 0)
            {
                continue;
            }

            foreach (var chain in table.Chains)
            {
                if (chain.Base is { Hook: >= NftHook.Prerouting and <= NftHook.Postrouting } && !IsOfIptables(table, chain, ruleset))
                {
                    found.Add(new NativeHook(table, chain));
                }
            }
        }

        return found.Count == 0 ? None : new([.. found], hooks.Entries);
    }

    /// <summary>Those of a family on a hook.</summary>
    public IEnumerable<NativeHook> On(IPFamily family, int hook)
    {
        // Of one priority the chain that was made last is the first (nf_hook_entries_grow in net/netfilter/core.c).
        for (int i = _chains.Length - 1; i >= 0; i--)
        {
            if ((int)_chains[i].Base.Hook == hook && IsOf(_chains[i], family))
            {
                yield return _chains[i];
            }
        }
    }

    /// <summary>Whether one of a family translates.</summary>
    public bool HasNat(IPFamily family) => Array.Exists(_chains, c => c.Base.Type == "nat" && IsOf(c, family));

    /// <summary>Whether one of a family is of a table.</summary>
    public bool HasTable(IPFamily family, string table) => Array.Exists(_chains, c => c.Table.Name == table && IsOf(c, family));

    /// <summary>Whether one is the chain that was found on a hook.</summary>
    public bool Has(NftBaseChain chain) => chain is { Layer: HookLayer.IP, Backend: not NetfilterBackend.Legacy } && Array.Exists(
        _chains, c => c.Chain.Name == chain.Name && c.Table.Name == chain.Table && NftFamilyName.Of(c.Table.Family) == chain.TableFamily);

    /// <summary>Where the kernel says that a chain is on its hook; 0 if it does not say.</summary>
    public int OrderOf(IPFamily family, HookPoint point, string table, string chain, NetfilterBackend? backend)
    {
        for (int i = 0; _entries is not null && backend != NetfilterBackend.Legacy && i < _entries.Count; i++)
        {
            var entry = _entries[i];
            if (entry.Table == table && entry.Chain == chain && entry.Point == point
                && (entry.Family == family || entry.Family == IPFamily.Unspecified))
            {
                return i + 1;
            }
        }

        return 0;
    }

    /// <summary>Whether their rules have the kernel track connections (nf_ct_netns_get, called by the expressions that need it).</summary>
    public bool NeedsTracking(IPFamily family) => Array.Exists(_chains, c => IsOf(c, family) && RuleScan.NeedsTracking(c.Table));

    /// <summary>Whether they may keep a later packet of a connection that they let come about.</summary>
    public bool MayStop(IPFamily family) =>
        Array.Exists(_chains, c => IsOf(c, family) && c.Base.Type != "nat"
            && (c.Base.Policy == NftVerdictCode.Drop || RuleScan.MayStop(c.Table)));

    /// <summary>Whether they can tell a packet with data from those of a TCP handshake.</summary>
    public bool TellsData(IPFamily family) =>
        Array.Exists(_chains, c => IsOf(c, family) && c.Base.Type != "nat" && RuleScan.TellsData(c.Table));

    private static bool IsOf(NativeHook chain, IPFamily family) =>
        chain.Table.Family == NftFamily.Inet || (chain.Table.Family == NftFamily.IPv6) == (family == IPFamily.IPv6);

    private static bool IsOfIptables(NftTable table, NftChain chain, Ruleset ruleset)
    {
        var family = table.Family == NftFamily.IPv6 ? IPFamily.IPv6 : IPFamily.IPv4;
        return table.Family != NftFamily.Inet && chain.Name == HookOrder.Names[(int)chain.Base!.Hook]
            && (ruleset.Tables.Any(t => t.Name == table.Name && t.Family == family && t.Backend != NetfilterBackend.Legacy
                && t.FindChain(chain.Name) is not null)
                || ruleset.Unread.Any(u => u.Name == table.Name && u.Family == family && u.Backend == NetfilterBackend.Nft));
    }
}
