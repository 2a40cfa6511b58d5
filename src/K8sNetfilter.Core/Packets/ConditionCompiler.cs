using System.Globalization;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Packets;

/// <summary>
/// Turns match extensions into conditions that decide as the kernel does (net/netfilter/xt_*.c, net/ipv4/netfilter/ipt_*.c). What
/// looks at something that a packet's description does not hold (sets, rates, times, sockets) is unknown, with the reason.
/// </summary>
internal sealed class ConditionCompiler
{
    private readonly bool _v6;
    private readonly NodeNetwork _network;

    public ConditionCompiler(bool v6, NodeNetwork network)
    {
        _v6 = v6;
        _network = network;
    }

    /// <summary>Adds the conditions of one match.</summary>
    public void Add(List<Condition> conditions, string module, IReadOnlyList<RuleOption> options)
    {
        switch (module)
        {
            case "comment":
                return;
            case "tcp" or "udp" or "udplite" or "sctp" or "dccp":
                foreach (var option in options)
                {
                    conditions.Add(Transport(module, option));
                }

                return;
            case "icmp" or "icmp6" or "icmpv6" or "ipv6-icmp":
                foreach (var option in options)
                {
                    conditions.Add(Icmp(module, option));
                }

                return;
            case "conntrack":
                conditions.Add(Conntrack(options));
                return;
            case "state":
                foreach (var option in options)
                {
                    conditions.Add(State(option));
                }

                return;
            case "addrtype":
                conditions.Add(AddressType(options));
                return;
            case "physdev":
                conditions.Add(PhysicalDevice(options));
                return;
            case "statistic":
                conditions.Add(Statistic(options));
                return;
            case "recent":
                conditions.Add(Recent(options));
                return;
            case "set":
                foreach (var option in options)
                {
                    if (option.Name == "match-set")
                    {
                        conditions.Add(Set(option, options));
                    }
                }

                return;
            default:
                foreach (var option in options)
                {
                    if (Simple(module, option) is { } condition)
                    {
                        conditions.Add(condition);
                        continue;
                    }

                    // One unknown option makes the match unknown as a whole.
                    conditions.Add(Opaque(module, options));
                    return;
                }

                if (options.Count == 0)
                {
                    conditions.Add(module == "socket" ? Opaque(module, options) : Bare(module, options));
                }

                return;
        }
    }

    private static Condition Bare(string module, IReadOnlyList<RuleOption> options) =>
        module is "mark" or "multiport" or "iprange" or "length" or "ttl" or "hl" or "dscp" or "tos" or "pkttype" or "connmark"
            ? new Condition("-m " + module, _ => MatchOutcome.Yes)
            : Opaque(module, options);

    /// <summary>A match that no description of a packet decides.</summary>
    private static Condition Opaque(string module, IReadOnlyList<RuleOption> options)
    {
        string text = "-m " + module + string.Concat(options.Select(o => " " + o));
        string reason = module switch
        {
            "limit" or "hashlimit" or "rateest" => $"whether the rate of '{text}' is exceeded depends on the traffic before",
            "connlimit" => $"'{text}' counts other connections",
            "connbytes" or "quota" or "nfacct" => $"'{text}' counts the traffic before",
            "time" => $"'{text}' depends on the time",
            "owner" or "cgroup" or "socket" => $"'{text}' depends on the process that the packet belongs to",
            "string" or "u32" or "bpf" or "tcpmss" or "osf" or "ecn" => $"'{text}' looks at bytes that are not given",
            "mac" => "the sender's hardware address is not given",
            "policy" => "whether IPsec handles the packet is not given",
            "ipvs" => "what IPVS holds of the connection is not in the rules",
            "cpu" => "the processor that handles the packet is not given",
            _ => $"'{text}' cannot be decided from rules alone",
        };
        return new Condition(text, _ => MatchOutcome.Unknown, _ => reason)
        {
            Module = module,
            Lasting = module is "owner" or "cgroup" or "mac" or "policy" or "string" or "u32" or "bpf" or "tcpmss" or "osf" or "ecn" or "socket" or "ipvs",
        };
    }

    private Condition? Simple(string module, RuleOption option)
    {
        string text = $"-m {module} {option}";
        bool negated = option.Negated;
        string value = option.Value ?? "";
        switch (module, option.Name)
        {
            case ("mark", "mark") when NumberRange.TryMasked(value, out uint mark, out uint mask):
                return new Condition(
                    text, p => Condition.Invert(Masked(p.Mark, p.MarkKnown, mark, mask), negated), _ => "the packet's mark is not known") { Module = module };
            case ("connmark", "mark") when NumberRange.TryMasked(value, out uint mark, out uint mask):
                // Without a connection it never matches, negated or not (xt_connmark.c, connmark_mt).
                return new Condition(
                    text,
                    p => !p.HasConnection ? MatchOutcome.No : Condition.Invert(Masked(p.ConnectionMark, p.ConnectionMarkKnown, mark, mask), negated),
                    _ => "the connection's mark is not known") { Module = module };
            case ("multiport", _) when Ports(value) is { } ranges:
                return option.Name switch
                {
                    "sports" or "source-ports" or "source-port" => new Condition(
                        text, p => Condition.Invert(AnyOf(ranges, p.SourcePort), negated), SourcePortUnknown) { Module = module },
                    "dports" or "destination-ports" or "destination-port" => new Condition(
                        text, p => Condition.Invert(AnyOf(ranges, p.DestinationPort), negated), DestinationPortUnknown) { Module = module },
                    "ports" or "port" => new Condition(
                        text,
                        p => Condition.Invert(Either(AnyOf(ranges, p.SourcePort), AnyOf(ranges, p.DestinationPort)), negated),
                        p => p.SourcePort < 0 ? SourcePortUnknown(p) : DestinationPortUnknown(p)) { Module = module },
                    _ => null,
                };
            case ("iprange", "src-range") when AddressRange(value, out var low, out var high):
                return new Condition(
                    text,
                    p => p.SourceKnown ? Condition.Is((p.Source >= low && p.Source <= high) != negated) : MatchOutcome.Unknown,
                    SourceUnknown) { Module = module };
            case ("iprange", "dst-range") when AddressRange(value, out var low, out var high):
                return new Condition(text, p => Condition.Is((p.Destination >= low && p.Destination <= high) != negated)) { Module = module };
            case ("length", "length") when NumberRange.TryParse(value, 65535, out var range):
                return new Condition(text, p => Condition.Invert(range.Test(p.Length, 65535), negated), _ => "the packet's length is not given") { Module = module };
            case ("ttl" or "hl", _) when NumberRange.TryParse(value, 255, out var range):
                range = option.Name switch
                {
                    "ttl-eq" or "hl-eq" or "ttl" => range,
                    "ttl-lt" or "hl-lt" => new(0, range.Low - 1),
                    "ttl-gt" or "hl-gt" => new(range.Low + 1, 255),
                    _ => new(-1, -2),
                };
                return range.Low < 0 ? null : new Condition(
                    text, p => Condition.Invert(range.Test(p.Ttl, 255), negated), _ => "the packet's time to live is not given") { Module = module };
            case ("dscp", "dscp") when NumberRange.TryParse(value, 63, out var range):
                return new Condition(
                    text, p => p.Tos < 0 ? MatchOutcome.Unknown : Condition.Is((p.Tos >> 2 == range.Low) != negated), TosUnknown) { Module = module };
            case ("tos", "tos") when NumberRange.TryMasked(value, out uint tos, out uint mask):
                // The header value is masked, the rule's is not (xt_dscp.c, tos_mt).
                uint bits = mask & 0xff;
                return new Condition(
                    text,
                    p => p.Tos < 0 ? bits == 0 ? Condition.Is((tos == 0) != negated) : MatchOutcome.Unknown : Condition.Is((((uint)p.Tos & bits) == tos) != negated),
                    TosUnknown) { Module = module };
            case ("pkttype", "pkt-type"):
                return new Condition(
                    text,
                    p => value switch
                    {
                        "unicast" => Condition.Is(!(Multicast(p) || Broadcast(p)) != negated),
                        "multicast" => Condition.Is(Multicast(p) != negated),
                        "broadcast" => Condition.Is(Broadcast(p) != negated),
                        _ => MatchOutcome.Unknown,
                    },
                    _ => "the frame's kind is not given") { Module = module };
            case ("owner", "socket-exists") or ("owner", "uid-owner") or ("owner", "gid-owner"):
                // A packet that only passes through has no socket: nothing is asked of it but that (xt_owner.c, owner_mt).
                return new Condition(
                    text,
                    p => p.Local ? option.Name == "socket-exists" ? Condition.Is(!negated) : MatchOutcome.Unknown : Condition.Is(negated),
                    _ => $"'{text}' depends on the process that sends the packet") { Module = module, Lasting = true };
            default:
                return null;
        }
    }

    private static Condition Transport(string module, RuleOption option)
    {
        bool negated = option.Negated;
        string text = option.ToString();
        switch (option.Name)
        {
            case "sport" or "source-port" when NumberRange.TryParse(option.Value ?? "", 65535, out var range):
                return new Condition(text, p => Condition.Invert(range.Test(p.SourcePort, 65535), negated), SourcePortUnknown) { Module = module };
            case "dport" or "destination-port" when NumberRange.TryParse(option.Value ?? "", 65535, out var range):
                return new Condition(text, p => Condition.Invert(range.Test(p.DestinationPort, 65535), negated), DestinationPortUnknown) { Module = module };
            case "tcp-flags" when option.Values is [var maskText, var flagText] && Flags(maskText) is { } mask && Flags(flagText) is { } flags:
                return new Condition(
                    text, p => p.TcpFlags < 0 ? MatchOutcome.Unknown : Condition.Is(((p.TcpFlags & mask) == flags) != negated), _ => "the packet's TCP flags are not given") { Module = module };
            case "syn":
                return new Condition(
                    text, p => p.TcpFlags < 0 ? MatchOutcome.Unknown : Condition.Is(((p.TcpFlags & 0x17) == 0x02) != negated), _ => "the packet's TCP flags are not given") { Module = module };
            default:
                return Opaque(module, [option]);
        }
    }

    private static Condition Icmp(string module, RuleOption option)
    {
        string text = option.ToString();
        if (option.Value is "any" or "255")
        {
            return new Condition(text, _ => Condition.Is(!option.Negated)) { Module = module };
        }

        string name = option.Value ?? "";
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string head = slash < 0 ? name : name[..slash];
        NumberRange codes = new(0, 255);
        if (!(byte.TryParse(head, NumberStyles.None, CultureInfo.InvariantCulture, out byte type) || IcmpNames.TryParse(head, module != "icmp", out type, out codes))
            || (slash >= 0 && !NumberRange.TryParse(name[(slash + 1)..], 255, out codes)))
        {
            return Opaque(module, [option]);
        }

        return new Condition(
            text,
            p =>
            {
                MatchOutcome match = p.IcmpType < 0 ? MatchOutcome.Unknown
                    : p.IcmpType != type ? MatchOutcome.No
                    : codes.Test(p.IcmpCode, 255);
                return Condition.Invert(match, option.Negated);
            },
            _ => "the packet's ICMP type is not given") { Module = module };
    }

    private static Condition State(RuleOption option)
    {
        var states = (option.Value ?? "").Split(',');
        return new Condition(
            "-m state " + option,
            p => Condition.Is(states.Contains(StateName(p.State)) != option.Negated)) { Module = "state" };
    }

    /// <summary>What the rules see where there is no connection is INVALID, also before connection tracking (xt_conntrack.c).</summary>
    private static string StateName(ConnectionState state) => state switch
    {
        ConnectionState.New => "NEW",
        ConnectionState.Established => "ESTABLISHED",
        ConnectionState.Related => "RELATED",
        ConnectionState.Untracked => "UNTRACKED",
        _ => "INVALID",
    };

    private Condition Conntrack(IReadOnlyList<RuleOption> options)
    {
        string text = "-m conntrack" + string.Concat(options.Select(o => " " + o));
        var tests = new List<Func<WalkState, MatchOutcome>>();
        Func<WalkState, MatchOutcome>? state = null;
        foreach (var option in options)
        {
            bool negated = option.Negated;
            string value = option.Value ?? "";
            switch (option.Name)
            {
                case "ctstate":
                    var states = value.Split(',');
                    bool snat = states.Contains("SNAT");
                    bool dnat = states.Contains("DNAT");
                    state = p => Condition.Is(
                        (states.Contains(StateName(p.State)) || (p.HasConnection && ((snat && p.SourceNat) || (dnat && p.DestinationNat)))) != negated);
                    break;
                case "ctdir":
                    bool original = value == "ORIGINAL";
                    tests.Add(p => Condition.Is((p.OfReplyTuple != original) != negated));
                    break;
                case "ctproto" when IPProtocolName.TryParse(value, out byte number):
                    tests.Add(p => Condition.Is((p.Protocol == number) != negated));
                    break;
                case "ctorigsrc" when AddressBits.TryParsePrefix(value, _v6, out var address, out var mask):
                    tests.Add(p => p.Original.SourceKnown ? Condition.Is(((p.Original.Source & mask) == address) != negated) : MatchOutcome.Unknown);
                    break;
                case "ctorigdst" when AddressBits.TryParsePrefix(value, _v6, out var address, out var mask):
                    tests.Add(p => Condition.Is(((p.Original.Destination & mask) == address) != negated));
                    break;
                case "ctreplsrc" when AddressBits.TryParsePrefix(value, _v6, out var address, out var mask):
                    tests.Add(p => p.Reply.SourceKnown ? Condition.Is(((p.Reply.Source & mask) == address) != negated) : MatchOutcome.Unknown);
                    break;
                case "ctrepldst" when AddressBits.TryParsePrefix(value, _v6, out var address, out var mask):
                    tests.Add(p => p.Reply.DestinationKnown ? Condition.Is(((p.Reply.Destination & mask) == address) != negated) : MatchOutcome.Unknown);
                    break;
                case "ctorigsrcport" when NumberRange.TryParse(value, 65535, out var range):
                    tests.Add(p => Condition.Invert(range.Test(p.Original.SourcePort, 65535), negated));
                    break;
                case "ctorigdstport" when NumberRange.TryParse(value, 65535, out var range):
                    tests.Add(p => Condition.Invert(range.Test(p.Original.DestinationPort, 65535), negated));
                    break;
                case "ctreplsrcport" when NumberRange.TryParse(value, 65535, out var range):
                    tests.Add(p => Condition.Invert(range.Test(p.Reply.SourcePort, 65535), negated));
                    break;
                case "ctrepldstport" when NumberRange.TryParse(value, 65535, out var range):
                    tests.Add(p => Condition.Invert(range.Test(p.Reply.DestinationPort, 65535), negated));
                    break;
                case "ctstatus":
                    var statuses = value.Split(',');
                    tests.Add(p => Condition.Invert(Status(p, statuses), negated));
                    break;
                default:
                    tests.Add(_ => MatchOutcome.Unknown);
                    break;
            }
        }

        return new Condition(
            text,
            p =>
            {
                if (state is not null && state(p) == MatchOutcome.No)
                {
                    return MatchOutcome.No;
                }

                if (!p.HasConnection)
                {
                    // Nothing else can be asked of a packet without a connection: only a state matches (xt_conntrack.c, conntrack_mt).
                    return Condition.Is(state is not null);
                }

                var outcome = MatchOutcome.Yes;
                foreach (var test in tests)
                {
                    var one = test(p);
                    if (one == MatchOutcome.No)
                    {
                        return MatchOutcome.No;
                    }

                    outcome = one == MatchOutcome.Unknown ? one : outcome;
                }

                return outcome;
            },
            _ => "what connection tracking holds of this connection is not known") { Module = "conntrack", Lasting = true };
    }

    private static MatchOutcome Status(WalkState packet, string[] asked)
    {
        var outcome = MatchOutcome.No;
        foreach (string status in asked)
        {
            MatchOutcome one = status switch
            {
                "SEEN_REPLY" => Condition.Is(packet.State != ConnectionState.New || packet.OfReplyTuple),

                // A first packet is confirmed where it leaves, so that it comes back in through lo as confirmed.
                "CONFIRMED" => Condition.Is(packet.State != ConnectionState.New || packet.OfReplyTuple || packet.DestinationCached),
                "EXPECTED" => Condition.Is(packet.State == ConnectionState.Related),

                // The answer to a first packet does not assure a connection yet; later packets may.
                "ASSURED" => packet.State == ConnectionState.New || (packet.OfReplyTuple && packet.Round == 0) ? MatchOutcome.No : MatchOutcome.Unknown,
                "NONE" => MatchOutcome.No,
                _ => MatchOutcome.Unknown,
            };
            outcome = Either(outcome, one);
        }

        return outcome;
    }

    private Condition AddressType(IReadOnlyList<RuleOption> options)
    {
        string text = "-m addrtype" + string.Concat(options.Select(o => " " + o));
        string[]? source = null;
        string[]? destination = null;
        bool sourceNegated = false;
        bool destinationNegated = false;
        bool limitIn = false;
        bool limitOut = false;
        bool known = true;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "src-type":
                    (source, sourceNegated) = ((option.Value ?? "").Split(','), option.Negated);
                    break;
                case "dst-type":
                    (destination, destinationNegated) = ((option.Value ?? "").Split(','), option.Negated);
                    break;
                case "limit-iface-in":
                    limitIn = true;
                    break;
                case "limit-iface-out":
                    limitOut = true;
                    break;
                default:
                    known = false;
                    break;
            }
        }

        if (!known)
        {
            return Opaque("addrtype", options);
        }

        return new Condition(
            text,
            p =>
            {
                string? device = limitIn ? p.In : limitOut ? p.Out : "";
                if (device is null)
                {
                    return MatchOutcome.Unknown;
                }

                var outcome = MatchOutcome.Yes;
                if (source is not null)
                {
                    outcome = p.SourceKnown ? Condition.Invert(_network.HasType(_v6, p.Source, source, device), sourceNegated) : MatchOutcome.Unknown;
                }

                if (destination is not null && outcome != MatchOutcome.No)
                {
                    var second = Condition.Invert(_network.HasType(_v6, p.Destination, destination, device), destinationNegated);
                    outcome = second == MatchOutcome.No ? second : outcome == MatchOutcome.Unknown ? outcome : second;
                }

                return outcome;
            },
            _ => "the node's addresses are not known") { Module = "addrtype", Lasting = true };
    }

    private static Condition PhysicalDevice(IReadOnlyList<RuleOption> options)
    {
        (InterfacePattern Pattern, bool Negated)? input = null;
        (InterfacePattern Pattern, bool Negated)? output = null;
        bool? isIn = null;
        bool? isOut = null;
        bool? isBridged = null;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "physdev-in":
                    input = (new(option.Value ?? ""), option.Negated);
                    break;
                case "physdev-out":
                    output = (new(option.Value ?? ""), option.Negated);
                    break;
                case "physdev-is-in":
                    isIn = !option.Negated;
                    break;
                case "physdev-is-out":
                    isOut = !option.Negated;
                    break;
                case "physdev-is-bridged":
                    isBridged = !option.Negated;
                    break;
                default:
                    return Opaque("physdev", options);
            }
        }

        // net/netfilter/xt_physdev.c, physdev_mt, in its order.
        return new Condition(
            "-m physdev" + string.Concat(options.Select(o => " " + o)),
            p =>
            {
                if (!p.HasBridgeInfo)
                {
                    return Condition.Is(isBridged is not true && isIn is not true && isOut is not true && input is not { Negated: false } && output is not { Negated: false });
                }

                bool hasIn = p.PhysicalIn is null or { Length: > 0 };
                bool hasOut = p.PhysicalOut is null or { Length: > 0 };
                if ((isBridged is { } b && b != hasOut) || (isIn is { } i && i != hasIn) || (isOut is { } o && o != hasOut))
                {
                    return MatchOutcome.No;
                }

                var outcome = MatchOutcome.Yes;
                if (input is { } wantedIn && hasIn)
                {
                    outcome = Condition.Invert(wantedIn.Pattern.Test(p.PhysicalIn), wantedIn.Negated);
                }

                if (output is { } wantedOut && outcome != MatchOutcome.No)
                {
                    var second = hasOut ? Condition.Invert(wantedOut.Pattern.Test(p.PhysicalOut), wantedOut.Negated) : MatchOutcome.No;
                    outcome = second == MatchOutcome.No ? second : outcome == MatchOutcome.Unknown ? outcome : second;
                }

                return outcome;
            },
            p => p.PhysicalIn is null ? "the bridge port that the packet comes in through is not known" : "the bridge port that the packet leaves through is not known")
        { Module = "physdev", Lasting = true };
    }

    private static Condition Statistic(IReadOnlyList<RuleOption> options)
    {
        string text = "-m statistic" + string.Concat(options.Select(o => " " + o));
        double? chance = null;
        foreach (var option in options)
        {
            if (option.Name == "probability" && double.TryParse(option.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double p))
            {
                chance = Math.Clamp(option.Negated ? 1 - p : p, 0, 1);
            }
            else if (option.Name == "every" && NumberRange.TryNumber(option.Value ?? "", out long every) && every > 0)
            {
                chance = option.Negated ? 1 - (1.0 / every) : 1.0 / every;
            }
        }

        if (chance is not { } known)
        {
            return Opaque("statistic", options);
        }

        return known is 0 or 1
            ? new Condition(text, _ => Condition.Is(known == 1)) { Module = "statistic" }
            : new Condition(text, _ => MatchOutcome.Unknown, _ => "it is left to chance") { Module = "statistic", Chance = known };
    }

    private static Condition Recent(IReadOnlyList<RuleOption> options)
    {
        string text = "-m recent" + string.Concat(options.Select(o => " " + o));
        foreach (var option in options)
        {
            if (option.Name == "set")
            {
                // Adding an address always matches (xt_recent.c, recent_mt).
                return new Condition(text, _ => Condition.Is(!option.Negated)) { Module = "recent" };
            }
        }

        return new Condition(text, _ => MatchOutcome.Unknown, _ => $"what the list of '{text}' holds depends on the traffic before") { Module = "recent", Lasting = true };
    }

    private static Condition Set(RuleOption option, IReadOnlyList<RuleOption> options)
    {
        string extra = string.Concat(options.Where(o => o.Name != "match-set").Select(o => " " + o));
        string text = $"-m set {option}{extra}";
        return new Condition(text, _ => MatchOutcome.Unknown, _ => $"what the set {First(option)} holds is not known")
        {
            Module = "set",
            Set = First(option),
            Negated = option.Negated,
            Lasting = true,
        };
    }

    private static string First(RuleOption option) => option.Values is [var first, ..] ? first : "";

    private static MatchOutcome Masked(uint value, uint known, uint wanted, uint mask) =>
        (((value & mask) ^ wanted) & (known | ~mask)) != 0 ? MatchOutcome.No : (mask & ~known) == 0 ? MatchOutcome.Yes : MatchOutcome.Unknown;

    private static MatchOutcome Either(MatchOutcome left, MatchOutcome right) =>
        left == MatchOutcome.Yes || right == MatchOutcome.Yes ? MatchOutcome.Yes
        : left == MatchOutcome.Unknown || right == MatchOutcome.Unknown ? MatchOutcome.Unknown : MatchOutcome.No;

    private static MatchOutcome AnyOf(NumberRange[] ranges, int number)
    {
        var outcome = MatchOutcome.No;
        foreach (var range in ranges)
        {
            var one = range.Test(number, 65535);
            if (one == MatchOutcome.Yes)
            {
                return one;
            }

            outcome = one == MatchOutcome.Unknown ? one : outcome;
        }

        return outcome;
    }

    private static NumberRange[]? Ports(string list)
    {
        var parts = list.Split(',');
        var ranges = new NumberRange[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!NumberRange.TryParse(parts[i], 65535, out ranges[i]))
            {
                return null;
            }
        }

        return ranges;
    }

    private bool AddressRange(string text, out UInt128 low, out UInt128 high)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        high = default;
        return dash < 0
            ? AddressBits.TryParse(text, _v6, out low) && AddressBits.TryParse(text, _v6, out high)
            : AddressBits.TryParse(text.AsSpan(0, dash), _v6, out low) & AddressBits.TryParse(text.AsSpan(dash + 1), _v6, out high);
    }

    private static int? Flags(string text)
    {
        int flags = 0;
        foreach (string name in text.Split(','))
        {
            switch (name)
            {
                case "FIN": flags |= 1; break;
                case "SYN": flags |= 2; break;
                case "RST": flags |= 4; break;
                case "PSH": flags |= 8; break;
                case "ACK": flags |= 16; break;
                case "URG": flags |= 32; break;
                case "ALL": flags |= 63; break;
                case "NONE": break;
                default: return null;
            }
        }

        return flags;
    }

    private bool Multicast(WalkState packet) => _v6 ? packet.Destination >> 120 == 0xff : packet.Destination >> 28 == 0xe;

    private bool Broadcast(WalkState packet) => !_v6 && (packet.Destination == uint.MaxValue || _network.HasType(false, packet.Destination, ["BROADCAST"], "") == MatchOutcome.Yes);

    private static string SourcePortUnknown(WalkState packet) => "the packet's source port is not known";

    private static string DestinationPortUnknown(WalkState packet) => "the packet's destination port is not known";

    private static string SourceUnknown(WalkState packet) => "the packet's source address is not known";

    private static string TosUnknown(WalkState packet) => "the packet's type of service is not given";
}
