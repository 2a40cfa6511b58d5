using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Nftables;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>Makes the list of what packets of a family meet on each hook, in the kernel's order.</summary>
internal sealed class HookList(IPFamily family, List<RulesetTable> tables, RuleCompiler compiler, OtherChains others, NativeChains native)
{
    private readonly bool _isMixed = WalkTables.IsMixed(tables);

    /// <summary>One of the rules needs connection tracking.</summary>
    public required bool IsTrackingNeeded { get; init; }

    private bool HasNat => tables.Exists(t => t.Name == "nat") || native.HasNat(family);

    /// <summary>Makes it.</summary>
    public WalkHook[][] Make()
    {
        var hooks = new WalkHook[5][];
        for (int hook = 0; hook < hooks.Length; hook++)
        {
            hooks[hook] = On(hook);
            FindRivals(hooks[hook]);
        }

        return hooks;
    }

    private WalkHook[] On(int hook)
    {
        var list = new List<WalkHook>();
        AddTables(list, hook);
        AddNative(list, hook);
        if (hook is HookOrder.Prerouting or HookOrder.Output)
        {
            list.Add(new WalkHook { Kind = WalkHookKind.Conntrack, Priority = -200, IsNeeded = IsTrackingNeeded });
        }

        if (hook != HookOrder.Forward && HasNat)
        {
            // After the nat chains: whatever they decided is done to the packet at the same hook (nf_nat_inet_fn).
            list.Add(new WalkHook { Kind = WalkHookKind.NatApply, Priority = NatPriority(hook) });
        }

        for (int i = 0; i < others.Chains.Count; i++)
        {
            if (others.Chains[i] is { Layer: HookLayer.IP } other && (int)other.Point == hook
                && (other.Family == family || other.Family == IPFamily.Unspecified))
            {
                list.Add(new WalkHook { Kind = WalkHookKind.Other, Priority = other.Priority, Table = other.Table, Backend = other.Backend,
                    Other = i });
            }
        }

        return [.. list.OrderBy(h => h.Priority).ThenBy(h => Rank(h.Kind)).ThenBy(h => h.NatPriority).ThenBy(h => h.Order)];
    }

    private void AddTables(List<WalkHook> list, int hook)
    {
        foreach (var table in tables)
        {
            if (table.FindChain(HookOrder.Names[hook]) is { Policy: { } policy } chain
                && HookOrder.Priority(table.Name, hook, table.Backend) is { } priority)
            {
                bool isNat = table.Name == "nat";
                list.Add(new WalkHook
                {
                    Kind = isNat ? WalkHookKind.NatChain : WalkHookKind.Chain,
                    Priority = priority,
                    NatPriority = isNat ? priority : 0,
                    Order = native.OrderOf(family, (HookPoint)hook, table.Name, chain.Name, table.Backend),
                    Chain = compiler.Chain(chain),
                    Policy = policy,
                    Table = table.Name,
                    Backend = table.Backend,
                    Label = _isMixed && table.Backend is { } backend
                        ? $"{table.Name} {chain.Name} ({(backend == NetfilterBackend.Nft ? "nft" : "legacy")})"
                        : $"{table.Name} {chain.Name}",
                });
            }
        }
    }

    // All base chains of the type nat have one place on the hook, whatever their own priority, which orders them among each other
    // (nf_nat_register_fn in net/netfilter/nf_nat_core.c).
    private void AddNative(List<WalkHook> list, int hook)
    {
        foreach (var item in native.On(family, hook))
        {
            bool isNat = item.Base.Type == "nat";
            list.Add(new WalkHook
            {
                Kind = isNat ? WalkHookKind.NativeNatChain : WalkHookKind.NativeChain,
                Priority = isNat ? NatPriority(hook) : item.Base.Priority,
                NatPriority = isNat ? item.Base.Priority : 0,
                Order = native.OrderOf(family, (HookPoint)hook, item.Table.Name, item.Chain.Name, NetfilterBackend.Nft),
                Native = item,
                Policy = item.Base.Policy == NftVerdictCode.Drop ? "DROP" : "ACCEPT",
                Table = item.Table.Name,
                Backend = NetfilterBackend.Nft,
                Label = item.Label,
            });
        }
    }

    private static int NatPriority(int hook) => HookOrder.Priority("nat", hook, null) ?? 0;

    // Of one priority: chains, conntrack, translation, and what is not walked.
    private static int Rank(WalkHookKind kind) => kind switch
    {
        WalkHookKind.Chain or WalkHookKind.NativeChain => 0,
        WalkHookKind.Conntrack => 1,
        WalkHookKind.NatChain or WalkHookKind.NativeNatChain => 2,
        WalkHookKind.NatApply => 3,
        _ => 4,
    };

    private static void FindRivals(WalkHook[] hooks)
    {
        for (int i = 1; i < hooks.Length; i++)
        {
            var (first, second) = (hooks[i - 1], hooks[i]);
            if (first.IsNatChain && second.IsNatChain && first.NatPriority == second.NatPriority && first.Rival == 0 && first.HasRules
                && second.HasRules)
            {
                (first.Rival, second.Rival) = (1, -1);
            }
        }
    }
}
