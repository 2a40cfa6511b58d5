using System.Globalization;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Packets;

/// <summary>Turns targets into what they do to a packet (iptables-extensions(8), net/netfilter/xt_*.c).</summary>
internal sealed class TargetCompiler(bool v6)
{
    // What these do is not visible to a later rule.
    private static readonly HashSet<string> s_silent = new(StringComparer.Ordinal)
    {
        "LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "TCPMSS", "TCPOPTSTRIP", "CHECKSUM", "CLASSIFY", "IDLETIMER", "LED", "RATEEST", "SECMARK",
        "CONNSECMARK", "SET", "ECN",
    };

    public WalkTarget Compile(RuleTarget target)
    {
        string name = target.Name;
        switch (name)
        {
            case "ACCEPT":
                return new() { Action = WalkAction.Accept, Name = name };
            case "DROP":
                return new() { Action = WalkAction.Drop, Name = name };
            case "RETURN":
                return new() { Action = WalkAction.Return, Name = name };
            case "REJECT":
                return new() { Action = WalkAction.Reject, Name = name, Detail = target["reject-with"] ?? (v6 ? "icmp6-port-unreachable" : "icmp-port-unreachable") };
            case "QUEUE" or "NFQUEUE":
                return new() { Action = WalkAction.Queue, Name = name };
            case "MARK":
                return Mark(target) ?? Unknown(name);
            case "CONNMARK":
                return Connmark(target) ?? Unknown(name);
            case "HMARK":
                return new() { Action = WalkAction.UnknownMark, Name = name };
            case "NOTRACK":
                return new() { Action = WalkAction.NoTrack, Name = name };
            case "CT":
                return new() { Action = target.Has("notrack") ? WalkAction.NoTrack : WalkAction.Continue, Name = name };
            case "DNAT":
                return Nat(WalkAction.DestinationNat, target, "to-destination") ?? Unknown(name);
            case "SNAT":
                return Nat(WalkAction.SourceNat, target, "to-source") ?? Unknown(name);
            case "MASQUERADE":
                return Nat(WalkAction.Masquerade, target, null) ?? Unknown(name);
            case "REDIRECT":
                return Nat(WalkAction.Redirect, target, null) ?? Unknown(name);
            case "NETMAP":
                return AddressBits.TryParsePrefix(target["to"] ?? "", v6, out var network, out var mask)
                    ? new() { Action = WalkAction.Netmap, Name = name, Low = network, High = mask }
                    : Unknown(name);
            case "TPROXY":
                return Tproxy(target) ?? Unknown(name);
            case "TEE":
                return new() { Action = WalkAction.Tee, Name = name, Detail = target["gateway"] ?? "" };
            case "TTL" or "HL":
                return Ttl(target) ?? Unknown(name);
            case "DSCP":
                return NumberRange.TryNumber(target["set-dscp"] ?? "", out long dscp) && dscp < 64
                    ? new() { Action = WalkAction.Tos, Name = name, Value = (uint)dscp << 2, Mask = 0xfc }
                    : new() { Action = WalkAction.Tos, Name = name, Mode = -1 };
            case "TOS":
                return Tos(target) ?? Unknown(name);
            default:
                return s_silent.Contains(name) ? new() { Action = WalkAction.Continue, Name = name } : Unknown(name);
        }
    }

    private static WalkTarget Unknown(string name) => new() { Action = WalkAction.Unknown, Name = name };

    // The operations are all (mark & ~mask) ^ value (libxt_MARK.c, mark_tg_parse).
    private static (uint Value, uint Mask)? Operation(RuleTarget target)
    {
        foreach (var option in target.Options)
        {
            if (!NumberRange.TryMasked(option.Value ?? "", out uint value, out uint mask))
            {
                continue;
            }

            switch (option.Name)
            {
                case "set-xmark":
                    return (value, mask);
                case "set-mark":
                    return (value, value | mask);
                case "and-mark":
                    return (0, ~value);
                case "or-mark":
                    return (value, value);
                case "xor-mark":
                    return (value, 0);
            }
        }

        return null;
    }

    private static WalkTarget? Mark(RuleTarget target) => Operation(target) is { } operation
        ? new() { Action = WalkAction.Mark, Name = target.Name, Value = operation.Value, Mask = operation.Mask }
        : null;

    private static WalkTarget? Connmark(RuleTarget target)
    {
        if (Operation(target) is { } operation)
        {
            return new() { Action = WalkAction.ConnmarkSet, Name = target.Name, Value = operation.Value, Mask = operation.Mask };
        }

        uint both = Bits("mask") ?? uint.MaxValue;
        uint packet = Bits("nfmask") ?? both;
        uint connection = Bits("ctmask") ?? both;
        return target.Has("save-mark") ? new() { Action = WalkAction.ConnmarkSave, Name = target.Name, Mask = connection, PacketMask = packet }
            : target.Has("restore-mark") ? new() { Action = WalkAction.ConnmarkRestore, Name = target.Name, Mask = connection, PacketMask = packet }
            : null;

        uint? Bits(string option) => NumberRange.TryNumber(target[option] ?? "", out long bits) ? (uint)bits : null;
    }

    private WalkTarget? Nat(WalkAction action, RuleTarget target, string? option)
    {
        bool random = target.Has("random") || target.Has("random-fully");
        UInt128 low = 0;
        UInt128 high = 0;
        bool hasAddress = false;
        string ports = target["to-ports"] ?? "";
        if (option is not null)
        {
            if (target.Options.Count(o => o.Name == option) != 1)
            {
                return null;
            }

            string text = target[option] ?? "";
            string addresses = text;
            if (v6)
            {
                int close = text.LastIndexOf(']');
                if (close >= 0)
                {
                    ports = close + 1 < text.Length && text[close + 1] == ':' ? text[(close + 2)..] : "";
                    addresses = text[..(close + 1)].Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);
                }
            }
            else if (text.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon)
            {
                ports = text[(colon + 1)..];
                addresses = text[..colon];
            }

            if (addresses.Length > 0)
            {
                int dash = addresses.IndexOf('-', StringComparison.Ordinal);
                if (!AddressBits.TryParse(dash < 0 ? addresses : addresses.AsSpan(0, dash), v6, out low)
                    || !AddressBits.TryParse(dash < 0 ? addresses : addresses.AsSpan(dash + 1), v6, out high))
                {
                    return null;
                }

                hasAddress = true;
            }

            // A base for shifted port ranges (10.0.0.1:80-90/8080) has rules of its own.
            if (ports.Contains('/', StringComparison.Ordinal))
            {
                return null;
            }
        }

        NumberRange range = default;
        if (ports.Length > 0 && !NumberRange.TryParse(ports, 65535, out range, '-'))
        {
            return null;
        }

        return new()
        {
            Action = action,
            Name = target.Name,
            HasAddress = hasAddress,
            Low = low,
            High = high,
            HasPorts = ports.Length > 0,
            LowPort = range.Low,
            HighPort = range.High,
            Random = random,
        };
    }

    private WalkTarget? Tproxy(RuleTarget target)
    {
        uint value = 0;
        uint mask = 0;
        UInt128 address = 0;
        if (target["tproxy-mark"] is { } mark && !NumberRange.TryMasked(mark, out value, out mask))
        {
            return null;
        }

        bool hasAddress = target["on-ip"] is { } ip && AddressBits.TryParse(ip, v6, out address) && address != 0;
        return NumberRange.TryNumber(target["on-port"] ?? "", out long port)
            ? new()
            {
                Action = WalkAction.Tproxy,
                Name = target.Name,
                Value = value,
                Mask = mask,
                LowPort = (int)port,
                HasAddress = hasAddress,
                Low = address,
                Detail = port.ToString(CultureInfo.InvariantCulture),
            }
            : null;
    }

    private static WalkTarget? Ttl(RuleTarget target)
    {
        foreach (var option in target.Options)
        {
            int mode = option.Name switch { "ttl-set" or "hl-set" => 0, "ttl-dec" or "hl-dec" => -1, "ttl-inc" or "hl-inc" => 1, _ => 2 };
            if (mode < 2 && NumberRange.TryNumber(option.Value ?? "", out long value) && value < 256)
            {
                return new() { Action = WalkAction.Ttl, Name = target.Name, Mode = mode, Value = (uint)value };
            }
        }

        return null;
    }

    private static WalkTarget? Tos(RuleTarget target)
    {
        foreach (var option in target.Options)
        {
            if (!NumberRange.TryMasked(option.Value ?? "", out uint value, out uint mask))
            {
                continue;
            }

            // Without a mask, a type of service sets all but the bits of ECN's successor (libxt_TOS.c): the whole byte.
            bool masked = (option.Value ?? "").Contains('/', StringComparison.Ordinal);
            return option.Name switch
            {
                "set-tos" => new() { Action = WalkAction.Tos, Name = target.Name, Value = value & 0xff, Mask = masked ? mask & 0xff : 0xff },
                "set-xtos" => new() { Action = WalkAction.Tos, Name = target.Name, Value = value & 0xff, Mask = mask & 0xff },
                "and-tos" => new() { Action = WalkAction.Tos, Name = target.Name, Value = 0, Mask = ~value & 0xff },
                "or-tos" => new() { Action = WalkAction.Tos, Name = target.Name, Value = value & 0xff, Mask = value & 0xff },
                "xor-tos" => new() { Action = WalkAction.Tos, Name = target.Name, Value = value & 0xff, Mask = 0 },
                _ => null,
            };
        }

        return null;
    }
}
