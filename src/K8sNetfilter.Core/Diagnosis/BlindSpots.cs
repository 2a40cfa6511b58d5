using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Ipset;
using K8sNetfilter.Logic;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Nftables;

namespace K8sNetfilter.Diagnosis;

/// <summary>
/// What stands on the way of packets through a node and is not among the rules that a walk goes by: kube-proxy's nftables mode, IPVS, eBPF.
/// Where a packet meets such a thing, the walk's end is what would come of the rules alone, and says so.
/// </summary>
public sealed class BlindSpots
{
    private readonly OtherChains _chains;
    private readonly List<NonIptablesTranslation> _others;
    private readonly IPFamily _family;
    private readonly UnknownParts _parts;

    private BlindSpots(UnknownParts parts, List<NonIptablesTranslation> others, OtherChains chains, IPFamily family)
    {
        _parts = parts;
        _others = others;
        _chains = chains;
        _family = family;
    }

    /// <summary>Looks at a node.</summary>
    /// <param name="walk">The walk over its rules, which knows its network and meets the chains that these rules are not of.</param>
    /// <param name="rules">These rules.</param>
    /// <param name="hooks">What the kernel says of its hooks.</param>
    /// <param name="family">The packets' family.</param>
    /// <param name="virtualServers">The lines of /proc/net/ip_vs; null if there are none.</param>
    public static BlindSpots Of(PacketWalk walk, Ruleset rules, KernelHooks hooks, IPFamily family,
        IReadOnlyList<string>? virtualServers = null)
    {
        ArgumentNullException.ThrowIfNull(walk);
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(hooks);
        if (hooks.Entries is not null)
        {
            walk.IsTracking = new HookListBuilder(family, rules, hooks, []).TracksConnections;
        }

        var others = NonIptablesTranslation.Find(walk.Network, hooks, virtualServers, family)
            .Where(o => o.Mode != KubeProxyMode.Nftables || !walk.Native.HasTable(family, NftServiceReader.Table));
        return new(UnknownParts.Of(rules, walk.Network.KnowsRoutes(family), family, hooks.Missing), [.. others], walk.Others, family);
    }

    /// <summary>A walk over a node's rules that also meets the chains beside them.</summary>
    /// <param name="node">The node.</param>
    /// <param name="rules">Its rules.</param>
    /// <param name="hooks">What the kernel says of its hooks.</param>
    /// <param name="warn">Told what makes the answers less than certain.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static PacketWalk Walk(INode node, Ruleset rules, KernelHooks hooks, Action<string> warn, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(node);
        var native = NativeChains.Of(Native(node, hooks, cancellation), rules, hooks);
        var walk = PacketWalk.Create(
            rules, node.Links, node.Sysctls, node.Listeners, NonIptablesTranslation.Chains(rules, hooks, native), warn,
            cancellation, native);
        walk.Network.Sets = new NodeIpsets(node.Ipsets, cancellation);
        return walk;
    }

    // Null also if they have changed since the hooks were read: then they may not fit the rules of iptables.
    private static NftRuleset? Native(INode node, KernelHooks hooks, CancellationToken cancellation)
    {
        var read = node.Nftables.ReadNftRuleset(cancellation);
        return read?.Generation is { } generation && hooks.Generation is { } known && generation != known ? null : read;
    }

    /// <summary>What there is, each in a few words.</summary>
    public IEnumerable<string> Notices => _others.Select(o => $"{o.Name}: {o.Evidence} ({(_family == IPFamily.IPv6 ? "IPv6" : "IPv4")})")
        .Concat(_chains.Chains.Where(IsOpen).Select(c => c.Text))
        .Concat(_chains.Missing is { } missing ? [missing] : []);

    // Of those of one family, the packets'; those that drop every packet are walked.
    private bool IsOpen(NftBaseChain chain) =>
        chain.Family != (_family == IPFamily.IPv6 ? IPFamily.IPv4 : IPFamily.IPv6)
        && (chain.Layer != HookLayer.Arp || _family != IPFamily.IPv6)
        && (chain.Layer == HookLayer.Arp || chain.Effect is not (ChainEffect.Drops or ChainEffect.Rejects));

    /// <summary>The branch, with its end open where its packet meets what was not read.</summary>
    /// <param name="branch">A branch of the walk.</param>
    /// <param name="packet">The packet as it set out.</param>
    public WalkBranch Qualify(WalkBranch branch, Packet packet)
    {
        ArgumentNullException.ThrowIfNull(branch);
        ArgumentNullException.ThrowIfNull(packet);
        if ((_parts.LacksRules && branch.Works != MatchOutcome.Unknown) || (!_parts.KnowsRoutes && branch.Works == MatchOutcome.Yes))
        {
            // A table that is not known may translate, drop or take out of tracking; a bridge that both ends are behind would carry the
            // answer past all rules.
            return branch with
            {
                Works = MatchOutcome.Unknown,
                Fate = PacketFate.Unknown,
                Reason = DiagnosisMessages.UnknownButByRules(_parts.Text, branch.Works == MatchOutcome.Yes ? "WORKS" : "FAILS", branch.Reason),
            };
        }

        if (_parts.LacksRules && branch.Fate != PacketFate.Unknown)
        {
            return branch with { Reason = DiagnosisMessages.ByRulesAlone(branch.Reason, _parts.Text) };
        }

        if (_parts.Granted.Length > 0)
        {
            branch = branch with { Assumptions = [.. branch.Assumptions, .. _parts.Granted] };
        }

        if (branch.Fate == PacketFate.Unknown || Meets(packet) is not { } met)
        {
            return branch;
        }

        string end = branch.Works switch { MatchOutcome.Yes => "WORKS", MatchOutcome.No => "FAILS",
            _ => branch.Fate.ToString().ToUpperInvariant() };
        return branch with { Works = MatchOutcome.Unknown, Fate = PacketFate.Unknown,
            Reason = DiagnosisMessages.NotWalked(met, end, branch.Reason) };
    }

    /// <summary>The last step of a branch, as the branch itself has it.</summary>
    public static TraceStep Qualify(TraceStep step, WalkBranch before, WalkBranch after)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(after);
        return ReferenceEquals(before, after) || step.Hook != "RESULT" ? step
            : before.Works == after.Works && before.Fate == after.Fate ? step with { Reason = after.Reason }
            : step with { Outcome = MatchOutcome.Unknown, Verdict = "UNKNOWN", Reason = after.Reason };
    }

    private string? Meets(Packet packet)
    {
        var destination = AddressBits.From(packet.Destination);
        return _others.Find(o => o.Addresses?.Contains(destination) != false) is { } other ? $"{other.Name} ({other.Evidence})" : null;
    }
}
