using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Hooks;

/// <summary>
/// Draws what a packet meets on its way: the functions on each hook by priority, with the tables that they stand for. The kernel's own
/// list is taken where there is one; else the tables and what their rules use give it.
/// </summary>
public sealed class HookListBuilder
{
    private const int Last = int.MaxValue;
    private const string BridgeNetfilter = "bridge netfilter";

    private static readonly (string Table, int Priority, HookPoint[] Points)[] LegacyTables =
    [
        ("raw", -300, [HookPoint.Prerouting, HookPoint.Output]),
        ("mangle", -150, [HookPoint.Prerouting, HookPoint.Input, HookPoint.Forward, HookPoint.Output, HookPoint.Postrouting]),
        ("nat", -100, [HookPoint.Prerouting, HookPoint.Output]),
        ("nat", 100, [HookPoint.Input, HookPoint.Postrouting]),
        ("filter", 0, [HookPoint.Input, HookPoint.Forward, HookPoint.Output]),
        ("security", 50, [HookPoint.Input, HookPoint.Forward, HookPoint.Output]),
    ];

    private readonly KernelHooks _kernel;
    private readonly string[] _bridges;
    private readonly Dictionary<NetfilterChain, int> _reachable = [];
    private readonly List<RulesetTable> _tables;
    private readonly IPFamily _family;
    private readonly bool _isTracking;

    /// <summary>Takes what is known of a node.</summary>
    /// <param name="family">The packets' family.</param>
    /// <param name="ruleset">The rules.</param>
    /// <param name="kernel">What the kernel says of its hooks.</param>
    /// <param name="bridges">The bridges whose packets meet the IP hooks, or <c>*</c> for every one.</param>
    public HookListBuilder(IPFamily family, Ruleset ruleset, KernelHooks kernel, IEnumerable<string> bridges)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        ArgumentNullException.ThrowIfNull(kernel);
        _family = family;
        _kernel = kernel;
        _bridges = [.. bridges];
        _tables = [.. ruleset.Tables.Where(t => t.Family == family)];
        _isTracking = _kernel.Entries is null && UsesConntrack();
    }

    /// <summary>
    /// True where the kernel tracks the family's connections: it does once something asks for it (nf_ct_netns_get in
    /// net/netfilter/nf_conntrack_proto.c). Null where its hooks have no names.
    /// </summary>
    public bool? TracksConnections => _kernel.Entries is not { } entries ? _isTracking
        : entries.Any(e => e.Family == _family && e.Function?.Contains("conntrack_in", StringComparison.Ordinal) == true) ? true
        : entries.Any(e => e.Function is null) ? null : false;

    /// <summary>What a packet meets, in order.</summary>
    public IReadOnlyList<NetfilterHook> Draw(HookScenario scenario)
    {
        var way = new List<NetfilterHook>();
        switch (scenario)
        {
            case HookScenario.Incoming:
                VisitBelow(way, scenario, [HookPoint.Ingress], [HookPoint.Prerouting, HookPoint.Input]);
                Visit(way, scenario, HookPoint.Prerouting, []);
                Visit(way, scenario, HookPoint.Input, []);
                break;
            case HookScenario.Forwarded:
                VisitBelow(way, scenario, [HookPoint.Ingress], [HookPoint.Prerouting, HookPoint.Input]);
                Visit(way, scenario, HookPoint.Prerouting, []);
                Visit(way, scenario, HookPoint.Forward, []);
                Visit(way, scenario, HookPoint.Postrouting, []);
                VisitBelow(way, scenario, [HookPoint.Egress], [HookPoint.Output, HookPoint.Postrouting]);
                break;
            case HookScenario.Outgoing:
                Visit(way, scenario, HookPoint.Output, []);
                Visit(way, scenario, HookPoint.Postrouting, []);
                VisitBelow(way, scenario, [HookPoint.Egress], [HookPoint.Output, HookPoint.Postrouting]);
                break;
            case HookScenario.Arp:
                way.AddRange(_family == IPFamily.IPv4
                    ? Below(scenario, HookLayer.Arp, [HookPoint.Input, HookPoint.Output, HookPoint.Forward]) : []);
                break;
            default:
                VisitBelow(way, scenario, [HookPoint.Ingress], []);
                VisitBridge(way, HookPoint.Prerouting);
                VisitBridge(way, HookPoint.Forward);
                VisitBridge(way, HookPoint.Postrouting);
                VisitBelow(way, scenario, [HookPoint.Egress], []);
                break;
        }

        return [.. way.Select((hook, index) => hook with { Order = index + 1 })];
    }

    private void Visit(List<NetfilterHook> way, HookScenario scenario, HookPoint point, string[] detour)
    {
        foreach (var hook in _kernel.Entries is null ? Derive(scenario, point) : Told(scenario, point))
        {
            way.Add(hook with { Detour = detour });
        }
    }

    // What is below IP: devices, and the bridge for what comes in or leaves by one. A device's ingress comes before a bridge, its egress
    // after.
    private void VisitBelow(List<NetfilterHook> way, HookScenario scenario, HookPoint[] device, HookPoint[] bridge)
    {
        var ofBridges = Below(scenario, HookLayer.Bridge, bridge).Select(h => h with { Note = HookMessages.OnlyBridged });
        var ofDevices = Below(scenario, HookLayer.Netdev, device);
        way.AddRange(device[0] == HookPoint.Ingress ? ofDevices.Concat(ofBridges) : ofBridges.Concat(ofDevices));
    }

    private IEnumerable<NetfilterHook> Below(HookScenario scenario, HookLayer layer, HookPoint[] points) =>
        from point in points
        from chain in _kernel.BaseChains
        where chain.Layer == layer && chain.Point == point && chain.IsDormant != true
        orderby Array.IndexOf(points, point), chain.Priority
        select WithChain(Make(scenario, point, chain.Priority, chain.Table, _kernel.Entries is null, layer), chain);

    private static NetfilterHook WithChain(NetfilterHook hook, NftBaseChain chain) => hook with
    {
        Family = chain.HookFamily,
        Backend = chain.Backend,
        Table = chain.Table,
        Chain = chain.Name,
        RuleCount = chain.RuleCount,
        Device = [.. chain.Devices ?? []],
    };

    private void VisitBridge(List<NetfilterHook> way, HookPoint point)
    {
        bool isDetour = false;
        foreach (var hook in _kernel.Entries is null ? DeriveBridge(point) : ToldBridge(point))
        {
            way.Add(hook);
            // br_netfilter hands the frame to the IP hooks from its own place among the bridge's (net/bridge/br_netfilter_hooks.c).
            if (hook.Name == BridgeNetfilter && _bridges.Length > 0 && !isDetour)
            {
                isDetour = true;
                way[^1] = hook with { Detour = _bridges };
                Visit(way, HookScenario.Bridged, point, _bridges);
            }
        }
    }

    private NetfilterHook Make(HookScenario scenario, HookPoint point, int priority, string name, bool isDerived,
        HookLayer layer = HookLayer.IP) => new()
    {
        Scenario = scenario,
        Family = layer switch { HookLayer.Bridge => HookFamily.Bridge, HookLayer.Arp => HookFamily.Arp,
        HookLayer.Netdev => HookFamily.Netdev, _ => _family == IPFamily.IPv6 ? HookFamily.IPv6 : HookFamily.IPv4 },
        PacketFamily = _family,
        Order = 0,
        Layer = layer,
        Hook = NameOf(point),
        Priority = priority,
        Name = name,
        IsDerived = isDerived,
    };

    private static string NameOf(HookPoint point) => point.ToString().ToUpperInvariant();

    private IEnumerable<NetfilterHook> Told(HookScenario scenario, HookPoint point)
    {
        foreach (var entry in _kernel.Entries!.Where(e => e.Layer == HookLayer.IP && e.Family == _family && e.Point == point))
        {
            string name = NameOf(entry);
            var hook = Make(scenario, point, entry.Priority, name, isDerived: false)
                with { Function = entry.Function, Module = entry.Module };
            if (entry.Chain is not null)
            {
                yield return WithChain(hook, entry.Table!, entry.Chain);
            }
            else if (name == "nat")
            {
                // The tables of nat stand behind one function, that asks them for the first packet of a connection (nf_nat_register_fn).
                bool any = false;
                foreach (var table in NatTables(hook, point))
                {
                    any = true;
                    yield return table;
                }

                if (!any)
                {
                    yield return hook;
                }
            }
            else if (LegacyOf(entry) is { } legacy && FindTable(legacy, NetfilterBackend.Legacy)?.FindChain(NameOf(point)) is { } chain)
            {
                yield return WithChain(hook with { Name = legacy }, chain);
            }
            else
            {
                yield return hook;
            }
        }
    }

    private IEnumerable<NetfilterHook> ToldBridge(HookPoint point)
    {
        foreach (var entry in _kernel.Entries!.Where(e => e.Layer == HookLayer.Bridge && e.Point == point))
        {
            var hook = Make(HookScenario.Bridged, point, entry.Priority, NameOf(entry), isDerived: false, HookLayer.Bridge)
                with { Function = entry.Function, Module = entry.Module };
            yield return entry.Chain is null ? hook : WithChain(hook, entry.Table!, entry.Chain);
        }
    }

    private List<NetfilterHook> NatTables(NetfilterHook hook, HookPoint point)
    {
        var found = new List<NetfilterHook>();
        if (FindTable("nat", NetfilterBackend.Legacy)?.FindChain(NameOf(point)) is { } legacy)
        {
            found.Add(WithChain(hook, legacy));
        }

        foreach (var chain in _kernel.BaseChains.Where(c => c.Type == "nat" && IsMine(c) && c.Point == point))
        {
            found.Add(WithChain(hook with { Priority = chain.Priority }, chain.Table, chain.Name));
        }

        return Sorted(found);
    }

    private List<NetfilterHook> Derive(HookScenario scenario, HookPoint point)
    {
        var found = new List<NetfilterHook>();
        foreach (var (table, priority, points) in LegacyTables)
        {
            if (points.Contains(point) && FindTable(table, NetfilterBackend.Legacy)?.FindChain(NameOf(point)) is { } chain)
            {
                found.Add(WithChain(Make(scenario, point, priority, table, isDerived: true), chain));
            }

            // Without the kernel to ask, an iptables-nft dump tells its base chains itself.
            if (points.Contains(point) && FindTable(table, NetfilterBackend.Nft)?.FindChain(NameOf(point)) is { } nft
                && !_kernel.BaseChains.Any(c => IsMine(c) && c.Table == table && c.Name == nft.Name))
            {
                // iptables-nft puts its security table elsewhere (xtables_ipv4, iptables/nft.c).
                found.Add(WithChain(Make(scenario, point, table == "security" ? 150 : priority, table, isDerived: true), nft));
            }
        }

        foreach (var chain in _kernel.BaseChains.Where(c => IsMine(c) && c.Point == point))
        {
            found.Add(WithChain(Make(scenario, point, chain.Priority, chain.Type == "nat" ? "nat" : chain.Table, isDerived: true),
                chain.Table, chain.Name));
        }

        if (_isTracking)
        {
            if (point is HookPoint.Prerouting or HookPoint.Output)
            {
                found.Add(Make(scenario, point, -400, "defragmentation", isDerived: true));
                found.Add(Make(scenario, point, -200, "conntrack", isDerived: true));
            }
            else if (point is HookPoint.Input or HookPoint.Postrouting)
            {
                found.Add(Make(scenario, point, Last, "conntrack confirm", isDerived: true));
            }
        }

        return Sorted(found);
    }

    private List<NetfilterHook> DeriveBridge(HookPoint point)
    {
        var found = new List<NetfilterHook>();
        foreach (var chain in _kernel.BaseChains.Where(c => c.Layer == HookLayer.Bridge && c.Point == point && c.IsDormant != true))
        {
            found.Add(WithChain(Make(HookScenario.Bridged, point, chain.Priority, chain.Table, isDerived: true, HookLayer.Bridge), chain));
        }

        if (_bridges.Length > 0)
        {
            found.Add(Make(HookScenario.Bridged, point, point == HookPoint.Postrouting ? Last : 0, BridgeNetfilter, isDerived: true,
                HookLayer.Bridge));
        }

        return Sorted(found);
    }

    // By priority; of the same priority, what was registered last runs first (net/netfilter/core.c, nf_hook_entries_grow), which the
    // tables do not tell.
    private static List<NetfilterHook> Sorted(List<NetfilterHook> found) =>
    [
        .. found.OrderBy(h => h.Priority).Select(h => found.Exists(o => o != h && o.Priority == h.Priority && o.Layer == h.Layer)
            ? h with { Note = HookMessages.SamePriority }
            : h),
    ];

    private NetfilterHook WithChain(NetfilterHook hook, NetfilterChain chain) => hook with
    {
        Backend = chain.Backend,
        Table = chain.Table,
        Chain = chain.Name,
        RuleCount = chain.RuleCount,
        ReachableRuleCount = Reachable(chain),
    };

    // A chain of nf_tables: one that iptables-nft wrote is in the ruleset, any other only has its own count.
    private NetfilterHook WithChain(NetfilterHook hook, string table, string name)
    {
        var known = hook.Layer == HookLayer.IP ? FindTable(table, NetfilterBackend.Nft)?.FindChain(name) : null;
        return known is not null
            ? WithChain(hook, known)
            : hook with
            {
                Backend = NetfilterBackend.Nft,
                Table = table,
                Chain = name,
                Family = FindChain(hook, table, name)?.HookFamily ?? hook.Family,
                RuleCount = FindChain(hook, table, name)?.RuleCount,
            };
    }

    private NftBaseChain? FindChain(NetfilterHook hook, string table, string name) =>
        _kernel.BaseChains.FirstOrDefault(
        c => c.Layer == hook.Layer && (c.Layer != HookLayer.IP || IsMine(c)) && c.Table == table && c.Name == name);

    private RulesetTable? FindTable(string name, NetfilterBackend backend) =>
        _tables.Find(t => t.Name == name && (t.Backend ?? NetfilterBackend.Legacy) == backend);

    private bool IsMine(NftBaseChain chain) => chain.Layer == HookLayer.IP && chain.IsDormant != true
        && (chain.Family == _family || chain.Family == IPFamily.Unspecified);

    private int Reachable(NetfilterChain chain)
    {
        if (_reachable.TryGetValue(chain, out int known))
        {
            return known;
        }

        var seen = new HashSet<NetfilterChain> { chain };
        var open = new Stack<NetfilterChain>([chain]);
        int rules = 0;
        while (open.TryPop(out var next))
        {
            rules += next.RuleCount;
            foreach (var rule in next.Rules)
            {
                if (rule.JumpsTo is { } target && seen.Add(target))
                {
                    open.Push(target);
                }
            }
        }

        return _reachable[chain] = rules;
    }

    private bool UsesConntrack() =>
        _tables.Exists(t => t.Name == "nat") || _kernel.BaseChains.Any(c => c.Type == "nat" && IsMine(c))
        || _tables.SelectMany(t => t.Chains).SelectMany(c => c.GetRules()).Any(r =>
            r.Conditions.Any(m => m.Name is "conntrack" or "state" or "connmark" or "connbytes" or "connlabel" or "connlimit" or "helper" or "cluster")
            || r.Target is { Name: "CONNMARK" or "CONNSECMARK" or "CT" or "NOTRACK" });

    private static string? LegacyOf(HookEntry entry)
    {
        string function = entry.Function ?? "";
        bool isLegacy = function.StartsWith("ipt_do_table", StringComparison.Ordinal)
            || function.StartsWith("ip6t_do_table", StringComparison.Ordinal)
            || function.StartsWith("iptable_", StringComparison.Ordinal) || function.StartsWith("ip6table_", StringComparison.Ordinal);
        return !isLegacy ? null : entry.Priority switch
        {
            // With raw_before_defrag=1 raw comes before defragmentation.
            -300 or -450 => "raw",
            -150 => "mangle",
            0 => "filter",
            50 => "security",
            _ => null,
        };
    }

    private static string NameOf(HookEntry entry)
    {
        string function = entry.Function ?? "";
        return function switch
        {
            _ when entry.Chain is not null => entry.Table!,
            "" => "unknown",
            _ when function.Contains("defrag", StringComparison.Ordinal) => "defragmentation",
            _ when function.Contains("conntrack_in", StringComparison.Ordinal)
                || function.Contains("conntrack_local", StringComparison.Ordinal) => "conntrack",
            _ when function.EndsWith("_confirm", StringComparison.Ordinal) => "conntrack confirm",
            _ when function.Contains("conntrack_help", StringComparison.Ordinal)
                || function.EndsWith("_helper", StringComparison.Ordinal) => "conntrack helper",
            _ when function.StartsWith("nf_nat_", StringComparison.Ordinal) => "nat",
            _ when function.StartsWith("br_nf_", StringComparison.Ordinal) => BridgeNetfilter,
            _ when function.StartsWith("ip_sabotage_in", StringComparison.Ordinal) =>
                "bridge netfilter (skips what was seen on the bridge)",
            _ when function.StartsWith("ip_vs_", StringComparison.Ordinal) => "ipvs",
            _ when function.StartsWith("ebt_", StringComparison.Ordinal) => "ebtables",
            _ when function.StartsWith("nf_hook_run_bpf", StringComparison.Ordinal) => "bpf",
            _ => Printable.Text(function, 60),
        };
    }
}
