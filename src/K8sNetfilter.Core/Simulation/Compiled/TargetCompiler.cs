using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Targets;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>
/// Turns targets into what they do to a packet (iptables-extensions(8), net/netfilter/xt_*.c). One that has no class, because an option or
/// a value of it is not known, does what nobody knows.
/// </summary>
internal sealed class TargetCompiler(IPFamily family)
{
    // What these do is not visible to a later rule.
    private static readonly HashSet<string> Silent = new(StringComparer.Ordinal)
    {
        "LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "TCPMSS", "TCPOPTSTRIP", "CHECKSUM", "CLASSIFY", "IDLETIMER", "LED", "RATEEST", "SECMARK",
        "CONNSECMARK", "SET", "ECN",
    };

    public CompiledTarget Compile(RuleTarget target) => Misprint.Find(target) is { } misprint
        ? new() { Action = WalkAction.Unread, Name = target.Name,
            Detail = CompiledMessages.IsPrintedWithoutWhatIt(misprint) }
        : Known(target);

    private CompiledTarget Known(RuleTarget target) => target switch
    {
        { Kind: RuleTargetKind.Accept } => Plain(WalkAction.Accept, target),
        { Kind: RuleTargetKind.Drop } => Plain(WalkAction.Drop, target),
        { Kind: RuleTargetKind.Return } => Plain(WalkAction.Return, target),
        { Kind: RuleTargetKind.Queue } => Plain(WalkAction.Queue, target),
        RejectTarget reject => new()
        {
            Action = WalkAction.Reject,
            Name = target.Name,
            Detail = family == IPFamily.IPv6 && reject.Options.Count == 0 ? "icmp6-port-unreachable" : reject.With,
        },
        MarkTarget mark => new() { Action = WalkAction.Mark, Name = target.Name, Value = mark.Value, Mask = mark.Mask },
        ConnmarkTarget connmark => Connmark(connmark),
        TrackingTarget { NoTrack: true } => Plain(WalkAction.NoTrack, target),
        TrackingTarget => Template(target),

        // A base for shifted port ranges (10.0.0.1:80-90/8080) has rules of its own.
        NatTarget nat when nat.PortBase is null && (nat.Addresses is null || nat.Addresses.Value.Family == family) =>
            Nat(nat.IsDestination ? WalkAction.DestinationNat : WalkAction.SourceNat, nat, nat.Addresses, nat.Ports,
                nat.Random || nat.FullyRandom),
        MasqueradeTarget masquerade => Nat(
            WalkAction.Masquerade, target, null, masquerade.Ports, masquerade.Random || masquerade.FullyRandom),
        RedirectTarget redirect => Nat(WalkAction.Redirect, target, null, redirect.Ports, redirect.Random),
        NetmapTarget netmap when netmap.To.Family == family =>
            new() { Action = WalkAction.Netmap, Name = target.Name, Low = netmap.To.Address, High = netmap.To.Mask },
        TproxyTarget tproxy => Tproxy(tproxy),
        TeeTarget tee => new() { Action = WalkAction.Tee, Name = target.Name, Detail = tee.Gateway.ToString() },
        _ => Unclassed(target),
    };

    private static CompiledTarget Unclassed(RuleTarget target) => target.Name switch
    {
        "NFQUEUE" => Plain(WalkAction.Queue, target),
        "HMARK" => Plain(WalkAction.UnknownMark, target),
        "SET" when target.GetOption("map-mark") is not null => Plain(WalkAction.UnknownMark, target),
        "TTL" or "HL" => Ttl(target),
        "DSCP" => Dscp(target),
        "TOS" => Tos(target),
        string name => Plain(Silent.Contains(name) ? WalkAction.Continue : WalkAction.Unknown, target),
    };

    // The zone of both directions, or of one; it may be the packet's mark. What else CT sets (a helper, a timeout, events) no rule sees.
    private static CompiledTarget Template(RuleTarget target)
    {
        foreach (var option in target.Options)
        {
            int directions = option.Name switch { "zone" => 3, "zone-orig" => 1, "zone-reply" => 2, _ => 0 };
            if (directions == 0)
            {
                continue;
            }

            if (option.Value == "mark")
            {
                return new() { Action = WalkAction.Template, Name = target.Name, Mode = directions, IsMark = true };
            }

            return ValueParser.TryNumber(option.Value, ushort.MaxValue, out uint zone)
                ? new() { Action = WalkAction.Template, Name = target.Name, Mode = directions, Value = zone }
                : Plain(WalkAction.Unknown, target);
        }

        return Plain(WalkAction.Template, target);
    }

    private static CompiledTarget Plain(WalkAction action, RuleTarget target) => new() { Action = action, Name = target.Name };

    private static CompiledTarget Connmark(ConnmarkTarget target) => new()
    {
        Action = target.Action switch
        {
            ConnmarkAction.Set => WalkAction.ConnmarkSet,
            ConnmarkAction.Save => WalkAction.ConnmarkSave,
            _ => WalkAction.ConnmarkRestore,
        },
        Name = target.Name,
        Value = target.Value,
        Mask = target.ConnectionMask,
        PacketMask = target.PacketMask,
    };

    private static CompiledTarget Nat(WalkAction action, RuleTarget target, AddressRange? addresses, PortRange? ports, bool random) => new()
    {
        Action = action,
        Name = target.Name,
        HasAddress = addresses is not null,
        Low = addresses?.First ?? 0,
        High = addresses?.Last ?? 0,
        HasPorts = ports is not null,
        LowPort = ports?.First ?? 0,
        HighPort = ports?.Last ?? 0,
        Random = random,
    };

    private static CompiledTarget Tproxy(TproxyTarget target) => new()
    {
        Action = WalkAction.Tproxy,
        Name = target.Name,
        Value = target.Value,
        Mask = target.Mask,
        LowPort = target.Port,
        Detail = target.Port.ToString(CultureInfo.InvariantCulture),
    };

    private static CompiledTarget Ttl(RuleTarget target)
    {
        foreach (var option in target.Options)
        {
            int mode = option.Name switch { "ttl-set" or "hl-set" => 0, "ttl-dec" or "hl-dec" => -1, "ttl-inc" or "hl-inc" => 1, _ => 2 };
            if (mode < 2 && ValueParser.TryNumber(option.Value, byte.MaxValue, out uint value))
            {
                return new() { Action = WalkAction.Ttl, Name = target.Name, Mode = mode, Value = value };
            }
        }

        return Plain(WalkAction.Unknown, target);
    }

    private static CompiledTarget Dscp(RuleTarget target) => ValueParser.TryNumber(target["set-dscp"], 63, out uint dscp)
        ? new() { Action = WalkAction.Tos, Name = target.Name, Value = dscp << 2, Mask = 0xfc }
        : new() { Action = WalkAction.Tos, Name = target.Name, Mode = -1 };

    private static CompiledTarget Tos(RuleTarget target)
    {
        foreach (var option in target.Options)
        {
            if (!ValueParser.TryMasked(option.Value, out uint value, out uint mask))
            {
                continue;
            }

            // Without a mask the whole byte is set (libxt_TOS.c); then all bits of the mask are set here too.
            (uint Bits, uint Changed)? set = option.Name switch
            {
                "set-tos" => (value, mask),
                "and-tos" => (0u, ~value),
                "or-tos" => (value, value),
                "xor-tos" => (value, 0u),
                _ => null,
            };
            if (set is { } known)
            {
                return new() { Action = WalkAction.Tos, Name = target.Name, Value = known.Bits & 0xff, Mask = known.Changed & 0xff };
            }
        }

        return Plain(WalkAction.Unknown, target);
    }
}
