using K8sNetfilter.Packets;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis;

/// <summary>
/// What stands on the way of packets through a node and is not among the rules that a walk goes by: kube-proxy's nftables mode, IPVS, eBPF,
/// chains that nft(8) made. Where a packet meets such a thing, the walk's end is what would come of the rules alone, and says so.
/// </summary>
public sealed class UnreadWay
{
    private readonly List<(HookPoint Point, bool Translates, string Text)> _chains;
    private readonly List<OtherTranslation> _others;
    private readonly Func<Bits128, bool> _isLocal;
    private readonly UnknownParts _parts;

    private UnreadWay(UnknownParts parts, List<OtherTranslation> others, List<(HookPoint, bool, string)> chains, Func<Bits128, bool> isLocal)
    {
        _parts = parts;
        _others = others;
        _chains = chains;
        _isLocal = isLocal;
    }

    /// <summary>Looks at a node.</summary>
    /// <param name="walk">The walk over its rules, which knows its network.</param>
    /// <param name="rules">These rules.</param>
    /// <param name="hooks">What the kernel says of its hooks.</param>
    /// <param name="family">The packets' family.</param>
    public static UnreadWay Of(PacketWalk walk, Ruleset rules, KernelHooks hooks, IPFamily family)
    {
        ArgumentNullException.ThrowIfNull(walk);
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(hooks);
        bool v6 = family == IPFamily.IPv6;
        if (hooks.Entries is not null)
        {
            walk.IsTracking = new HookPicture(family, rules, hooks, []).TracksConnections;
        }

        return new(
            UnknownParts.Of(rules, walk.Network.KnowsRoutes(v6), family),
            [.. OtherTranslation.Find(walk.Network, hooks, v6)],
            [.. OtherTranslation.UnreadChains(rules, hooks, v6).Select(c => (c.Point, c.Type != "filter", OtherTranslation.Describe(c)))],
            a => walk.Network.Route(RouteQuery.To(v6, a)).Kind == RouteVerdict.Local);
    }

    /// <summary>What there is, each in a few words.</summary>
    public IEnumerable<string> Notices => _others.Select(o => $"{o.Name}: {o.Evidence}").Concat(_chains.Select(c => c.Text));

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
                Reason = $"{_parts.Text}; by the rules alone: {(branch.Works == MatchOutcome.Yes ? "WORKS" : "FAILS")}: {branch.Reason}",
            };
        }

        if (_parts.LacksRules && branch.Fate != PacketFate.Unknown)
        {
            return branch with { Reason = $"{branch.Reason}, by the rules alone; {_parts.Text}" };
        }

        if (_parts.Granted.Length > 0)
        {
            branch = branch with { Assumptions = [.. branch.Assumptions, .. _parts.Granted] };
        }

        if (branch.Fate == PacketFate.Unknown || Meets(branch, packet) is not { } met)
        {
            return branch;
        }

        string end = branch.Works switch { MatchOutcome.Yes => "WORKS", MatchOutcome.No => "FAILS", _ => branch.Fate.ToString().ToUpperInvariant() };
        return branch with { Works = MatchOutcome.Unknown, Fate = PacketFate.Unknown, Reason = $"{met} is not among the rules that were walked; by those alone: {end}: {branch.Reason}" };
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

    private string? Meets(WalkBranch branch, Packet packet)
    {
        var destination = AddressBits.From(packet.Destination);
        if (_others.Find(o => o.Addresses?.Contains(destination) != false) is { } other)
        {
            return $"{other.Name} ({other.Evidence})";
        }

        // What a rule took away is gone, whatever a filter would have done with it; only another address could have led it elsewhere.
        bool isLost = branch.Fate is PacketFate.Dropped or PacketFate.Rejected;
        var points = Points(branch, packet);
        return _chains.Where(c => points.Contains(c.Point) && (!isLost || c.Translates)).Select(c => c.Text).FirstOrDefault();
    }

    // The hooks of the way there, and of the answer's.
    private HashSet<HookPoint> Points(WalkBranch branch, Packet packet)
    {
        bool isOwn = packet.Source is null || packet.InInterface is "" || (packet.InInterface is null && _isLocal(AddressBits.From(packet.Source)));
        bool isDelivered = branch is { Fate: PacketFate.Delivered, Direction: PacketDirection.Original }
            || _isLocal(AddressBits.From((branch.Request ?? (branch.Direction == PacketDirection.Original ? branch.Packet : packet)).Destination));
        return (isOwn, isDelivered) switch
        {
            (false, false) => [HookPoint.Prerouting, HookPoint.Forward, HookPoint.Postrouting],
            (true, true) => [HookPoint.Output, HookPoint.Postrouting, HookPoint.Prerouting, HookPoint.Input],
            _ => [HookPoint.Prerouting, HookPoint.Input, HookPoint.Output, HookPoint.Postrouting],
        };
    }
}
