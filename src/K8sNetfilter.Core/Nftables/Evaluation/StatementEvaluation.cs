using System.Globalization;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;
using K8sNetfilter.Nftables.Expressions.Statements;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>What statements do to a packet and its connection.</summary>
internal static class StatementEvaluation
{
    private const int Tcp = 6;
    private const int Udp = 17;

    // Targets of iptables that no later rule can notice.
    private static readonly HashSet<string> Silent = new(StringComparer.Ordinal)
    {
        "LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "TCPMSS", "TCPOPTSTRIP", "CHECKSUM", "CLASSIFY", "IDLETIMER", "LED", "RATEEST", "SECMARK",
        "CONNSECMARK",
    };

    /// <summary>Does what a statement says. Null: the next expression.</summary>
    public static NftOutcome? Apply(RuleRun run, int place)
    {
        var expression = run.Expressions[place];
        return expression switch
        {
            CounterExpression or LogExpression or LastExpression or DupExpression => null,
            LimitExpression => RuleEvaluator.Either(run, place, "the rate of the limit"),
            QuotaExpression => RuleEvaluator.Either(run, place, "how much of the quota is used"),
            ConnlimitExpression => RuleEvaluator.Either(run, place, "how many connections are counted"),
            MetaWriteExpression meta => Write(run, meta),
            CtWriteExpression ct => Write(run, ct),
            PayloadWriteExpression payload => Write(run, payload),
            NatExpression nat => TranslationEvaluation.Nat(run, nat),
            MasqueradeExpression masquerade =>
                TranslationEvaluation.Ports(run, NftTranslationKind.Masquerade, masquerade.PortMin, masquerade.PortMax, masquerade.Flags),
            RedirectExpression redirect =>
                TranslationEvaluation.Ports(run, NftTranslationKind.Redirect, redirect.PortMin, redirect.PortMax, redirect.Flags),
            RejectExpression reject => run.End(NftAction.Reject, RejectText(reject)),
            NotrackExpression => Notrack(run),
            ObjrefExpression reference => Object(run, place, reference.Type, reference.Name),
            FlowOffloadExpression => Offload(run, place),
            TproxyExpression proxy => Tproxy(run, place, proxy),
            QueueExpression queue => run.End(NftAction.Queue, QueueText(queue)),
            FwdExpression => run.End(NftAction.Stolen, "it goes out through another device (fwd)"),
            SynproxyExpression => Synproxy(run),
            ExthdrWriteExpression => PacketLoads.Protocol(run.Packet) == Tcp ? null : run.Broken(),
            MatchExpression { Name: "comment" } => null,
            MatchExpression match => RuleEvaluator.Either(run, place, $"whether the match '{match.Name}' of iptables holds"),
            TargetExpression target when Silent.Contains(target.Name) => null,
            TargetExpression target => run.End(NftAction.Open, $"has the target {target.Name} of iptables, which is not read here"),
            _ => run.End(NftAction.Open, $"has the expression '{expression.Kind}', which is not known here"),
        };
    }

    /// <summary>Runs an object by its kind.</summary>
    public static NftOutcome? Object(RuleRun run, int place, NftObjectType type, string name) => type switch
    {
        NftObjectType.Counter or NftObjectType.CtHelper or NftObjectType.CtTimeout or NftObjectType.CtExpectation or NftObjectType.Secmark
            or NftObjectType.Tunnel => null,
        NftObjectType.Limit => RuleEvaluator.Either(run, place, $"the rate of the limit {name}"),
        NftObjectType.Quota => RuleEvaluator.Either(run, place, $"how much of the quota {name} is used"),
        NftObjectType.Connlimit => RuleEvaluator.Either(run, place, $"how many connections {name} counts"),
        NftObjectType.Synproxy => Synproxy(run),
        _ => run.End(NftAction.Open, $"refers to an object '{name}' of a kind that is not known here"),
    };

    private static NftResult? Write(RuleRun run, MetaWriteExpression meta)
    {
        int length = PacketLoads.Length(meta.Key);
        if (length < 0 || !NftRegisters.Has(meta.Source, length))
        {
            return length < 0 ? run.End(NftAction.Open, "sets a meta key that is not known here") : RuleEvaluator.NoRegister(run, meta);
        }

        if (meta.Key is not (NftMetaKey.Trace or NftMetaKey.SecurityMark))
        {
            var (value, known) = run.Registers.Copy(meta.Source, length);
            run.Change(NftEffectKind.Meta, (int)meta.Key, 0, value, known);
        }

        return null;
    }

    // nft_ct_set_eval does nothing without an entry, nft_ct_set_zone_eval nothing with one.
    private static NftResult? Write(RuleRun run, CtWriteExpression ct)
    {
        bool isZone = ct.Key == NftCtKey.Zone;
        int length = isZone ? sizeof(ushort) : sizeof(uint);
        if (!NftRegisters.Has(ct.Source, length))
        {
            return RuleEvaluator.NoRegister(run, ct);
        }

        if (isZone ? PacketLoads.IsUntouched(run.Packet) : ct.Key == NftCtKey.Mark && run.Packet.HasConnection)
        {
            var (value, known) = run.Registers.Copy(ct.Source, length);
            run.Change(NftEffectKind.Ct, (int)ct.Key, (int)ct.Direction, value, known);
        }

        return null;
    }

    private static NftResult? Write(RuleRun run, PayloadWriteExpression payload)
    {
        if (payload.Length > ushort.MaxValue || payload.Offset > ushort.MaxValue || !NftRegisters.Has(payload.Source, (int)payload.Length))
        {
            return RuleEvaluator.NoRegister(run, payload);
        }

        // What is not there can't be written: the rule breaks, as at a load.
        Span<byte> value = stackalloc byte[64], known = stackalloc byte[64];
        value = value[..(int)payload.Length];
        known = known[..(int)payload.Length];
        value.Clear();
        known.Clear();
        var load = run.Packet.Payload(payload.Base, (int)payload.Offset, value, known);
        if (load.Presence == NftPresence.Absent)
        {
            return run.Broken();
        }

        if (load.Presence == NftPresence.Open)
        {
            return run.End(NftAction.Open, $"writes to the packet where it may have nothing: {load.Missing}");
        }

        var (written, sure) = run.Registers.Copy(payload.Source, (int)payload.Length);
        run.Change(NftEffectKind.Payload, (int)payload.Base, (int)payload.Offset, written, sure);
        return null;
    }

    // A packet that has an entry, or is untracked already, keeps it (nft_notrack_eval).
    private static NftOutcome? Notrack(RuleRun run)
    {
        if (PacketLoads.IsUntouched(run.Packet))
        {
            run.Change(NftEffectKind.Notrack, 0, 0, default, default);
        }

        return null;
    }

    // nft_flow_offload_eval breaks the rule but for a packet of a connection that has an answer and is not offloaded yet.
    private static NftOutcome Offload(RuleRun run, int place) => !run.Packet.HasConnection || !run.Packet.IsOfEstablished
        ? run.Broken() : RuleEvaluator.Either(run, place, "whether the connection is put into the flowtable with this packet");

    private static NftOutcome Tproxy(RuleRun run, int place, TproxyExpression proxy)
    {
        if (PacketLoads.Protocol(run.Packet) is not (Tcp or Udp)
            || (proxy.Family is NftFamily.IPv4 or NftFamily.IPv6 && proxy.Family != run.Packet.Family))
        {
            return run.Broken();
        }

        var no = run.Broken();
        run.Change(NftEffectKind.Socket, 0, 0, default, default);
        return RuleEvaluator.Either(place, 0, "whether a transparent socket listens", RuleEvaluator.Continue(run, place + 1), no);
    }

    private static NftResult Synproxy(RuleRun run) => PacketLoads.Protocol(run.Packet) == Tcp
        ? run.End(NftAction.Open, "lets synproxy answer, which is not followed") : run.Broken();

    private static string QueueText(QueueExpression queue) =>
        string.Create(CultureInfo.InvariantCulture, $"queue {queue.First}{(queue.IsBypass ? " bypass" : "")}");

    private static string RejectText(RejectExpression reject) => reject.Type switch
    {
        NftRejectType.TcpReset => "tcp reset",
        NftRejectType.Icmpx => "icmpx " + (reject.Code switch
        {
            0 => "no-route", 1 => "port-unreachable", 2 => "host-unreachable", 3 => "admin-prohibited",
            byte code => code.ToString(CultureInfo.InvariantCulture),
        }),
        _ => string.Create(CultureInfo.InvariantCulture, $"icmp unreachable with code {reject.Code}"),
    };
}
