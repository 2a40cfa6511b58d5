using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Logic;

namespace K8sNetfilter.Forwarding;

/// <summary>A node's routing policy and routing tables, looked up as the kernel does (fib_rules_lookup, fib_table_lookup).</summary>
internal sealed class FibTables
{
    private const uint LocalTable = 255;
    private const uint MainTable = 254;
    private const uint DefaultTable = 253;

    private readonly Bits128Map<FibTable>[] _tables = [new(), new()];
    private readonly FibRule[][] _rules = [[], []];
    private readonly int[] _leadingForAll = new int[2];
    private readonly string?[] _withoutRules = new string?[2];

    public void Add(IPFamily family, FibRoute route)
    {
        var tables = _tables[family.Index];
        if (tables.Find(route.Table) is not { } table)
        {
            tables.Set(route.Table, table = new FibTable(family));
        }

        table.Add(route);
    }

    /// <summary>Adds policy rules. Without any, the kernel's three default rules hold.</summary>
    public void Add(IPFamily family, IEnumerable<FibRule> rules)
    {
        FibRule[] all = [.. _rules[family.Index].Concat(rules).OrderBy(r => r.Priority)];
        _rules[family.Index] = all;
        _leadingForAll[family.Index] = all.TakeWhile(r => r.TakesAll).Count();
    }

    /// <summary>Says that the rules could not be read: what follows without them is granted by this text.</summary>
    public void RulesAreUnknown(IPFamily family, string text) => _withoutRules[family.Index] = text;

    /// <summary>What the table of the node's own addresses has for an address; null where it has nothing.</summary>
    public FibRoute? Local(IPFamily family, Bits128 address)
    {
        string? granted = null;
        return Table(family, LocalTable)?.Find(FibQuery.To(family, address), ref granted);
    }

    /// <summary>Looks a packet up, policy rules first.</summary>
    public FibResult Find(in FibQuery packet)
    {
        var rules = _rules[packet.Family.Index];
        string? granted = null;
        if (rules.Length == 0)
        {
            var found = Lookup(packet, LocalTable, ref granted) ?? Lookup(packet, MainTable, ref granted)
                ?? Lookup(packet, DefaultTable, ref granted) ?? NoRoute();
            return found with { Granted = found.Kind == FibResultKind.Local ? null : granted ?? _withoutRules[packet.Family.Index] };
        }

        // Nearly all nodes have no rules but those for every packet, and lookups are what walks do most.
        int first = _leadingForAll[packet.Family.Index];
        for (int i = 0; i < first; i++)
        {
            if (Lookup(packet, rules[i].Table, ref granted) is { } found)
            {
                return granted is null ? found : found with { Granted = granted };
            }
        }

        return FindByRules(packet, rules, first, ref granted);
    }

    private FibResult FindByRules(in FibQuery packet, FibRule[] rules, int first, ref string? granted)
    {
        FibResult? open = null;
        string? why = null;
        for (int i = first; i < rules.Length; i++)
        {
            var rule = rules[i];
            var matches = rule.Test(packet, ref granted);
            if (matches == MatchOutcome.No)
            {
                continue;
            }

            if (rule.GoTo is { } target)
            {
                // Only forward; one that leads nowhere is passed over.
                int next = target <= rule.Priority ? -1 : Array.FindIndex(rules, i + 1, r => r.Priority == target);
                if (next < 0)
                {
                    continue;
                }

                if (matches == MatchOutcome.Unknown)
                {
                    return Unknown(Why(rule));
                }

                i = next - 1;
                continue;
            }

            if (rule.Domains is not null)
            {
                return Unknown(Why(rule));
            }

            if (Decision(packet, rule, ref granted) is not { } end)
            {
                continue;
            }

            if (open is { } other && !IsSame(other, end))
            {
                return Unknown(why!);
            }

            if (matches == MatchOutcome.Yes)
            {
                return end with { Granted = granted };
            }

            (open, why) = (end, why ?? Why(rule));
        }

        return open is null ? NoRoute() with { Granted = granted } : Unknown(why!);
    }

    // What a rule that matches decides; null if the next one is tried.
    private FibResult? Decision(in FibQuery packet, FibRule rule, ref string? granted) =>
        rule.Kind != FibResultKind.Unicast ? new(rule.Kind, null, null, null, null, ForwardingMessages.RoutingRule(rule.Priority))
        : Lookup(packet, rule.Table, ref granted) is { } found && !rule.Suppresses(found) ? found : null;

    private static bool IsSame(FibResult left, FibResult right) =>
        left.Kind == right.Kind && left.Device == right.Device && left.Gateway == right.Gateway && left.Source == right.Source
        && left.Entry?.Mtu == right.Entry?.Mtu && left.Entry?.Hops.Count is null or 0 && right.Entry?.Hops.Count is null or 0;

    private static string Why(FibRule rule) => rule.Unmodelled is { } what
        ? ForwardingMessages.RuleSelectsBy(rule.Priority, what) : ForwardingMessages.RuleUnknown(rule.Priority);

    private static FibResult NoRoute() => new(FibResultKind.Unreachable, null, null, null, null, ForwardingMessages.NoRoute);

    private static FibResult Unknown(string why) => new(FibResultKind.Unknown, null, null, null, null, why);

    private FibTable? Table(IPFamily family, uint number) => _tables[family.Index].Find(number);

    private FibResult? Lookup(in FibQuery packet, uint table, ref string? granted)
    {
        var entry = Table(packet.Family, table)?.Find(packet, ref granted);
        if (entry is null || entry.Kind == FibResultKind.Throw
            || (packet.Output is { Length: > 0 } output && entry.Devices.Count > 0 && !entry.Devices.Contains(output)))
        {
            return null;
        }

        string? note = entry.Kind == FibResultKind.Unknown ? entry.Describe(packet.Family) : null;
        return new(entry.Kind, entry.Device, entry.Gateway, entry.Source, entry, note);
    }
}
