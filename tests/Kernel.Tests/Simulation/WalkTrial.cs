using System.Globalization;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// Compares walks with the kernel's trace of the same packets: rule by rule with the mark after each, where the packet ends and what it
/// looks like there; then the same for the answer.
/// </summary>
internal static class WalkTrial
{
    /// <summary>How many packets a round sends.</summary>
    public const int Packets = 40;

    /// <summary>Sends packets through the rules that a lab has, and compares.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="walk">The walk over its rules.</param>
    /// <param name="random">Makes the packets.</param>
    /// <param name="totals">What it comes to.</param>
    /// <param name="context">Says what rules these are.</param>
    /// <param name="count">How many packets are sent.</param>
    public static void Round(PacketLab lab, PacketWalk walk, Random random, WalkTotals totals, string context, int count = Packets)
    {
        totals.Rulesets++;

        var sent = new (string Link, Packet Packet)[count];
        var arrived = new Dictionary<int, (string Link, Packet Packet)>();
        for (int i = 0; i < sent.Length; i++)
        {
            sent[i] = PacketGenerator.Make(random, i, lab.Addressing);
            lab.Send(sent[i].Link, sent[i].Packet, (2 * i) + 1);
        }

        Collect(lab, arrived);

        // Answers, as the receiver would give them.
        for (int i = 0; i < sent.Length; i++)
        {
            int id = (2 * i) + 1;
            if (sent[i].Packet.IcmpType is { } type && type != lab.Addressing.EchoRequest)
            {
                continue;
            }

            bool delivered = lab.Trace.Of(id).Any(e => e is { Table: "lab", Chain: "in" });
            if (arrived.TryGetValue(id, out var there) && there.Packet.Source!.ToString() != there.Packet.Destination.ToString())
            {
                lab.Send(there.Link, Answer(there.Packet), id + 1);
            }
            else if (delivered && Expected(walk, sent[i].Packet).Branches is [{ Arrived: { Source: not null, SourcePort: not null } request }])
            {
                lab.Send("", Answer(request), id + 1);
            }
        }

        Collect(lab, arrived);
        for (int i = 0; i < sent.Length; i++)
        {
            Check(lab, walk, sent[i], (2 * i) + 1, arrived, totals, $"packet {i}, {context}");
        }
    }

    private static WalkResult Expected(PacketWalk walk, Packet packet) => walk.Walk(packet, Options(packet, join: false));

    private static WalkOptions Options(Packet packet, bool join) =>
        new() { KeepSteps = !join, Reply = true, JoinBranches = join, MaxBranches = 4096, AnswerFields = packet with { Ttl = 64, Tos = 0 } };

    private static IEnumerable<string> Ends(WalkResult result) =>
        result.Branches.Select(b => $"{b.Direction} {b.Fate} {b.Works} {b.Packet} {b.Reason}").Distinct().Order(StringComparer.Ordinal);

    private static void Collect(PacketLab lab, Dictionary<int, (string Link, Packet Packet)> arrived)
    {
        // The packets have run their way before the sender's call returns, or within a softirq of it.
        while (lab.Trace.Read(TimeSpan.FromMilliseconds(15)))
        {
        }

        foreach (var (link, bytes) in lab.Receive())
        {
            int id = LabPacket.Id(bytes);
            if (id is > 0 and <= 2 * Packets)
            {
                arrived[id] = (link, LabPacket.Read(bytes));
            }
        }
    }

    private static Packet Answer(Packet packet) => packet with
    {
        Source = packet.Destination,
        Destination = packet.Source!,
        SourcePort = packet.IcmpType is not null ? packet.SourcePort : packet.DestinationPort,
        DestinationPort = packet.IcmpType is not null ? null : packet.SourcePort,
        IcmpType = packet.IcmpType is null ? null : packet.IsIPv6 ? LabAddressing.IPv6.EchoReply : LabAddressing.IPv4.EchoReply,
        TcpFlags = packet.Protocol != "tcp" ? null : (packet.TcpFlags & 2) != 0 ? 0x12 : 0x10,
        Ttl = 64,
        Tos = 0,
    };

    private static void Check(
        PacketLab lab, PacketWalk walk, (string Link, Packet Packet) sent, int id, Dictionary<int, (string Link, Packet Packet)> arrived, WalkTotals totals, string context)
    {
        var result = Expected(walk, sent.Packet);
        if (result.Branches.Any(b => b.Reason.Contains("neighbour discovery", StringComparison.Ordinal)))
        {
            // The hosts here know each other for good: they never look for each other.
            return;
        }

        totals.Pairs++;
        totals.Branches += result.Branches.Count;
        totals.Forks += result.Branches.Count > 1 ? 1 : 0;

        // Branches that join lose their histories, but not their ends.
        var joined = walk.Walk(sent.Packet, Options(sent.Packet, join: true));
        if (!Ends(result).SequenceEqual(Ends(joined)))
        {
            totals.Disagreements.Add($"joined, {context}\n{sent.Packet}\napart:\n{string.Join("\n", Ends(result))}\njoined:\n{string.Join("\n", Ends(joined))}\n{Show(result)}");
            return;
        }

        foreach (var step in result.Steps.Where(s => s.Outcome == MatchOutcome.Unknown))
        {
            string reason = step.Reason.Split("; this branch")[0];
            totals.Unknowns[reason] = totals.Unknowns.GetValueOrDefault(reason) + 1;
        }

        var there = lab.Trace.Of(id);
        var back = lab.Trace.Of(id + 1);
        totals.Events += there.Count + back.Count;
        bool answered = back.Count > 0 || arrived.ContainsKey(id + 1);
        totals.Answers += answered ? 1 : 0;
        string? difference = null;
        foreach (var branch in result.Branches)
        {
            difference = Differs(lab, result, branch, id, there, back, arrived, answered);
            if (difference is null)
            {
                return;
            }
        }

        totals.Disagreements.Add($"{context}\nfrom '{sent.Link}' {sent.Packet} flags {sent.Packet.TcpFlags} type {sent.Packet.IcmpType}, {result.Branches.Count} branches; the last differs: {difference}\n"
            + $"kernel: {string.Join(", ", there)}\n   back: {string.Join(", ", back)}\n arrived: {Show(arrived, id)} / {Show(arrived, id + 1)}\n"
            + Show(result));
    }

    private static string Show(WalkResult result) =>
        $"walk:\n{string.Join("\n", result.Steps.Select(s => $"  {s.Branch} {s.Direction} {s.Hook} {s.Table} {s.Chain} {s.RuleNumber} {s.Verdict} [{s.Packet}] {s.Reason}"))}\n"
            + string.Join("\n", result.Branches.Select(b => $"  branch {b.Branch}: {b.Direction} {b.Fate} {b.Reason}"));

    private static string Show(Dictionary<int, (string Link, Packet Packet)> arrived, int id) => arrived.TryGetValue(id, out var at) ? $"{at.Link} {at.Packet}" : "no";

    private static string? Differs(
        PacketLab lab, WalkResult result, WalkBranch branch, int id, IReadOnlyList<TraceEvent> there, IReadOnlyList<TraceEvent> back,
        Dictionary<int, (string Link, Packet Packet)> arrived, bool answered)
    {
        _ = lab;
        var path = Path(result.Steps, branch.Branch);
        bool open = branch is { Fate: PacketFate.Unknown, Direction: PacketDirection.Original };
        if (Compare(path, PacketDirection.Original, there, open) is { } first)
        {
            return first;
        }

        if (open)
        {
            return null;
        }

        // The hosts here are no stacks: they answer through the router also where a real one would answer its neighbour directly.
        answered &= !branch.Reason.Contains("the answer goes past this node", StringComparison.Ordinal);
        bool completed = branch.Request is not null;
        if (End(completed ? branch.Direction == PacketDirection.Reply ? RequestFate(path) : branch.Fate : branch.Fate, completed ? branch.Arrived! : branch.End, id, there, arrived) is { } end)
        {
            return end;
        }

        if (!completed || !answered || branch.Direction != PacketDirection.Reply)
        {
            return null;
        }

        return Compare(path, PacketDirection.Reply, back, branch.Fate == PacketFate.Unknown) ?? (branch.Fate == PacketFate.Unknown ? null : End(branch.Fate, branch.End, id + 1, back, arrived));
    }

    private static PacketFate RequestFate(List<TraceStep> path)
    {
        var last = path.Last(s => s.Direction == PacketDirection.Original && !s.Reason.Contains("the answer goes past this node", StringComparison.Ordinal));
        return last.Reason.StartsWith("leaves through", StringComparison.Ordinal) ? PacketFate.Sent : PacketFate.Delivered;
    }

    // A branch that ends as unknown says nothing of what comes then (open).
    private static string? Compare(List<TraceStep> path, PacketDirection direction, IReadOnlyList<TraceEvent> kernel, bool open)
    {
        // What the kernel traces is what has a verdict. A rule that is open and changes nothing may or may not have been met.
        var expected = path.Where(s => s.Direction == direction && s.Chain is not null && s.Table is not null && s.Verdict is not null).ToList();
        var seen = kernel.Where(e => e.Table != "lab").ToList();
        int at = 0;
        foreach (var step in expected)
        {
            var wanted = new TraceEvent(step.Table!, step.Chain!, step.RuleNumber ?? 0, step.Packet.Mark ?? 0);
            if (at < seen.Count && seen[at] == wanted)
            {
                at++;
            }
            else if (!(step.Outcome == MatchOutcome.Unknown && step.Reason.EndsWith("it changes nothing for the packet", StringComparison.Ordinal)))
            {
                return $"{direction} step {at + 1}: the walk has {wanted}, the kernel {(at < seen.Count ? seen[at] : "nothing")}";
            }
        }

        if (at < seen.Count && !open)
        {
            return $"{direction} step {at + 1}: the walk has nothing, the kernel {seen[at]}";
        }

        return null;
    }

    private static string? End(PacketFate fate, Packet packet, int id, IReadOnlyList<TraceEvent> kernel, Dictionary<int, (string Link, Packet Packet)> arrived)
    {
        bool delivered = kernel.Any(e => e is { Table: "lab", Chain: "in" });
        if ((fate == PacketFate.Delivered) != delivered)
        {
            return $"the walk says {fate}, the kernel {(delivered ? "delivered" : "did not deliver")} it";
        }

        bool self = packet.Source is not null && packet.Source.Equals(packet.Destination);
        if (!arrived.TryGetValue(id, out var at))
        {
            return fate == PacketFate.Sent ? $"the walk sends {packet}, but nothing arrived" : null;
        }

        if (fate != PacketFate.Sent && !self)
        {
            return $"the walk says {fate}, but {at.Packet} arrived at {at.Link}";
        }

        string link = packet.OutInterface == "br0" ? packet.PhysicalOut is { Length: > 0 } port ? port : at.Link : packet.OutInterface ?? "?";
        bool same = link == at.Link && packet.Source!.Equals(at.Packet.Source) && packet.Destination.Equals(at.Packet.Destination)
            && (packet.SourcePort is null || packet.SourcePort == at.Packet.SourcePort || IsTaken(packet, id, arrived)) && (packet.DestinationPort is null || packet.DestinationPort == at.Packet.DestinationPort)
            && (packet.Ttl is null || packet.Ttl == at.Packet.Ttl) && (packet.Tos is null || packet.Tos == at.Packet.Tos);
        return same ? null : $"the walk sends {packet} ttl {packet.Ttl} tos {packet.Tos} through {link}, but {at.Packet} ttl {at.Packet.Ttl} tos {at.Packet.Tos} arrived at {at.Link}";
    }

    // An answer that opens a connection of its own may be rewritten to what another packet of the round has already: then the kernel chooses
    // another source port (nf_nat_used_tuple), which a walk of one packet cannot foresee.
    private static bool IsTaken(Packet packet, int id, Dictionary<int, (string Link, Packet Packet)> arrived) => arrived.Any(
        other => other.Key != id && other.Value.Packet is var there && there.Protocol == packet.Protocol && packet.Source!.Equals(there.Source) && packet.Destination.Equals(there.Destination)
            && packet.SourcePort == there.SourcePort && packet.DestinationPort == there.DestinationPort);

    // The steps of a branch, with those of the branches that it forked from up to there.
    private static List<TraceStep> Path(IReadOnlyList<TraceStep> steps, int branch)
    {
        var path = new List<TraceStep>();
        int before = int.MaxValue;
        for (int? b = branch; b is { } current;)
        {
            var own = steps.Where(s => s.Branch == current && s.Number < before).ToList();
            path.InsertRange(0, own);
            var first = steps.FirstOrDefault(s => s.Branch == current);
            if (first is null)
            {
                break;
            }

            before = Math.Min(before, first.Number);
            b = first.Parent;
        }

        return path;
    }
}
