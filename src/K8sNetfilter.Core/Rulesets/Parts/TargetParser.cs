using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Parts.Targets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>
/// Gives a target its class, with its values read. What has an option or a value that is not known here stays a plain
/// <see cref="RuleTarget"/>: half an understanding would be a wrong one.
/// </summary>
internal static class TargetParser
{
    /// <summary>Reads an extension's target.</summary>
    public static RuleTarget Read(RulePartSource words)
    {
        var options = words.Options.AsSpan(1);
        return words.Name switch
        {
            "DNAT" or "SNAT" => (RuleTarget?)Nat(words, options),
            "MASQUERADE" => Masquerade(words, options),
            "REDIRECT" => Redirect(words, options),
            "NETMAP" => Netmap(words, options),
            "MARK" => Mark(words, options),
            "CONNMARK" => Connmark(words, options),
            "REJECT" => Reject(words, options),
            "TPROXY" => Tproxy(words, options),
            "TEE" => Tee(words, options),
            "CT" or "NOTRACK" => Tracking(words, options),
            _ => null,
        } ?? RuleTarget.Unread(words);
    }

    private static NatTarget? Nat(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        AddressRange? addresses = null;
        PortRange? ports = null;
        ushort? portBase = null;
        bool random = false, fully = false, persistent = false, read = false;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "to-destination" or "to-source" when !read && option.First is { } text
                    && TryReadTo(text, out addresses, out ports, out portBase):
                    read = true;
                    break;
                case "random":
                    random = true;
                    break;
                case "random-fully":
                    fully = true;
                    break;
                case "persistent":
                    persistent = true;
                    break;
                default:
                    return null;
            }
        }

        return read
            ? new NatTarget(words)
            {
                IsDestination = words.Name == "DNAT",
                Addresses = addresses,
                Ports = ports,
                PortBase = portBase,
                Random = random,
                FullyRandom = fully,
                Persistent = persistent,
            }
            : null;
    }

    // [address[-address]][:port[-port[/base]]], an IPv6 address with ports in brackets.
    private static bool TryReadTo(string text, out AddressRange? addresses, out PortRange? ports, out ushort? portBase)
    {
        addresses = null;
        ports = null;
        portBase = null;
        int colon = text.Contains(']') ? text.LastIndexOf("]:", StringComparison.Ordinal) + 1 : -1;
        if (!text.Contains(']') && text.AsSpan().Count(':') == 1)
        {
            colon = text.IndexOf(':');
        }

        var head = text.AsSpan();
        if (colon >= 0 && (colon > 0 || text[0] == ':'))
        {
            head = text.AsSpan(0, colon);
            var tail = text.AsSpan(colon + 1);
            int slash = tail.IndexOf('/');
            if (slash >= 0)
            {
                if (!ValueParser.TryNumber(tail[(slash + 1)..], ushort.MaxValue, out uint number))
                {
                    return false;
                }

                portBase = (ushort)number;
                tail = tail[..slash];
            }

            if (!ValueParser.TryPorts(tail, out var range, '-'))
            {
                return false;
            }

            ports = range;
        }

        if (head.IsEmpty)
        {
            return ports is not null;
        }

        bool isRange = AddressRange.TryParse(head, out var parsed);
        addresses = parsed;
        return isRange;
    }

    private static MasqueradeTarget? Masquerade(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        TryReadPorts(options, out var ports, out bool random, out bool fully)
            ? new MasqueradeTarget(words) { Ports = ports, Random = random, FullyRandom = fully }
            : null;

    private static RedirectTarget? Redirect(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        TryReadPorts(options, out var ports, out bool random, out bool fully)
            ? new RedirectTarget(words) { Ports = ports, Random = random || fully }
            : null;

    private static bool TryReadPorts(ReadOnlySpan<RuleOption> options, out PortRange? ports, out bool random, out bool fully)
    {
        ports = null;
        random = fully = false;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "to-ports" when ValueParser.TryPorts(option.First, out var range, '-'):
                    ports = range;
                    break;
                case "random":
                    random = true;
                    break;
                case "random-fully":
                    fully = true;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static NetmapTarget? Netmap(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0].Name == "to" && AddressMask.TryParse(options[0].First, out var to)
            ? new NetmapTarget(words) { To = to }
            : null;

    // How each spelling becomes a value and a mask: libxt_MARK.c, mark_tg_parse.
    private static bool TryReadMark(RuleOption option, out uint value, out uint mask)
    {
        if (!ValueParser.TryMasked(option.First, out value, out mask))
        {
            return false;
        }

        switch (option.Name)
        {
            case "set-xmark":
                return true;
            case "set-mark":
                mask |= value;
                return true;
            case "and-mark":
                (value, mask) = (0, ~value);
                return true;
            case "or-mark":
                mask = value;
                return true;
            case "xor-mark":
                mask = 0;
                return true;
            default:
                return false;
        }
    }

    private static MarkTarget? Mark(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && TryReadMark(options[0], out uint value, out uint mask)
            ? new MarkTarget(words) { Value = value, Mask = mask } : null;

    private static ConnmarkTarget? Connmark(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        ConnmarkAction? action = null;
        uint value = 0, connection = uint.MaxValue, packet = uint.MaxValue;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "save-mark":
                    action = ConnmarkAction.Save;
                    break;
                case "restore-mark":
                    action = ConnmarkAction.Restore;
                    break;
                case "nfmask" when CNumber.TryParse(option.First, out packet):
                case "ctmask" when CNumber.TryParse(option.First, out connection):
                    break;
                case "mask" when CNumber.TryParse(option.First, out uint both):
                    connection = packet = both;
                    break;
                case var _ when action is null && TryReadMark(option, out value, out connection):
                    action = ConnmarkAction.Set;
                    break;
                default:
                    return null;
            }
        }

        return action is null
            ? null : new ConnmarkTarget(words) { Action = action.Value, Value = value, ConnectionMask = connection, PacketMask = packet };
    }

    private static RejectTarget? Reject(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        if (options.Length == 0)
        {
            return new RejectTarget(words) { With = "icmp-port-unreachable" };
        }

        return options.Length == 1 && options[0] is { Name: "reject-with", First: { } with }
            ? new RejectTarget(words) { With = with } : null;
    }

    private static TproxyTarget? Tproxy(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        uint port = 0, value = 0, mask = 0;
        IPAddress? address = null;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "on-port" when ValueParser.TryNumber(option.First, ushort.MaxValue, out port):
                    break;
                case "on-ip" when AddressPrefix.TryParseAddress(option.First, out var family, out var number):
                    address = number == 0 ? null : AddressPrefix.ToAddress(family, number);
                    break;
                case "tproxy-mark" when ValueParser.TryMasked(option.First, out value, out mask):
                    break;
                default:
                    return null;
            }
        }

        return new TproxyTarget(words) { Port = (ushort)port, Address = address, Value = value, Mask = mask };
    }

    private static TeeTarget? Tee(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        IPAddress? gateway = null;
        string? output = null;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "gateway" when AddressPrefix.TryParseAddress(option.First, out var family, out var number):
                    gateway = AddressPrefix.ToAddress(family, number);
                    break;
                case "oif":
                    output = option.First;
                    break;
                default:
                    return null;
            }
        }

        return gateway is null ? null : new TeeTarget(words) { Gateway = gateway, Output = output };
    }

    private static TrackingTarget Tracking(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        bool noTrack = words.Name == "NOTRACK";
        uint? zone = null;
        foreach (var option in options)
        {
            noTrack |= option.Name == "notrack";
            if (option.Name == "zone" && ValueParser.TryNumber(option.First, ushort.MaxValue, out uint number))
            {
                zone = number;
            }
        }

        return new TrackingTarget(words) { NoTrack = noTrack, Zone = zone };
    }
}
