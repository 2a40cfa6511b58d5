using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// Gives a condition its class, with its values read. What has an option or a value that is not known here stays a plain
/// <see cref="RuleMatch"/>: half an understanding would be a wrong one.
/// </summary>
internal static class MatchReader
{
    private static readonly (string, TcpBits)[] FlagNames =
    [
        ("NONE", TcpBits.None), ("FIN", TcpBits.Fin), ("SYN", TcpBits.Syn), ("RST", TcpBits.Rst), ("PSH", TcpBits.Psh),
        ("ACK", TcpBits.Ack), ("URG", TcpBits.Urg), ("ALL", (TcpBits)63),
    ];

    private static readonly (string, ConntrackStates)[] StateNames =
    [
        ("INVALID", ConntrackStates.Invalid), ("NEW", ConntrackStates.New), ("ESTABLISHED", ConntrackStates.Established),
        ("RELATED", ConntrackStates.Related), ("UNTRACKED", ConntrackStates.Untracked), ("SNAT", ConntrackStates.Snat),
        ("DNAT", ConntrackStates.Dnat),
    ];

    private static readonly (string, ConntrackStatuses)[] StatusNames =
    [
        ("NONE", ConntrackStatuses.None), ("EXPECTED", ConntrackStatuses.Expected), ("SEEN_REPLY", ConntrackStatuses.SeenReply),
        ("ASSURED", ConntrackStatuses.Assured), ("CONFIRMED", ConntrackStatuses.Confirmed),
    ];

    private static readonly (string, AddressTypes)[] TypeNames =
    [
        ("UNSPEC", AddressTypes.Unspec), ("UNICAST", AddressTypes.Unicast), ("LOCAL", AddressTypes.Local),
        ("BROADCAST", AddressTypes.Broadcast), ("ANYCAST", AddressTypes.Anycast), ("MULTICAST", AddressTypes.Multicast),
        ("BLACKHOLE", AddressTypes.Blackhole), ("UNREACHABLE", AddressTypes.Unreachable), ("PROHIBIT", AddressTypes.Prohibit),
        ("THROW", AddressTypes.Throw), ("NAT", AddressTypes.Nat), ("XRESOLVE", AddressTypes.XResolve),
    ];

    /// <summary>Reads a condition.</summary>
    public static RuleMatch Read(RulePartWords words)
    {
        var options = words.Introduced ? words.Options.AsSpan(1) : words.Options.AsSpan();
        return words.Name switch
        {
            "source" or "destination" => (RuleMatch?)Address(words, options),
            "in-interface" or "out-interface" => Interface(words, options),
            "protocol" => Protocol(words, options),
            "fragment" => new FragmentMatch(words) { Negated = options[0].Negated },
            "comment" => Comment(words, options),
            "tcp" or "udp" or "udplite" or "sctp" or "dccp" => Transport(words, options),
            "icmp" or "icmp6" => Icmp(words, options),
            "multiport" => Multiport(words, options),
            "mark" or "connmark" => Mark(words, options),
            "statistic" => Statistic(words, options),
            "conntrack" or "state" => Conntrack(words, options),
            "addrtype" => Addrtype(words, options),
            "physdev" => Physdev(words, options),
            "set" => Set(words, options),
            "recent" => Recent(words, options),
            "iprange" => Iprange(words, options),
            "mac" => Mac(words, options),
            "length" => Length(words, options),
            "limit" => Limit(words, options),
            "ttl" or "hl" => HopLimit(words, options),
            "dscp" => Dscp(words, options),
            "tos" => Tos(words, options),
            "pkttype" => PacketType(words, options),
            _ => null,
        } ?? RuleMatch.Unread(words);
    }

    private static AddressMatch? Address(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        AddressMask.TryParse(options[0].First, out var value)
            ? new AddressMatch(words) { IsSource = words.Name == "source", Value = value, Negated = options[0].Negated }
            : null;

    private static InterfaceMatch Interface(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        new(words) { IsInput = words.Name == "in-interface", Interface = options[0].First ?? "", Negated = options[0].Negated };

    private static ProtocolMatch? Protocol(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        string? name = options[0].First;
        byte protocol = 0;
        return name is "all" || IPProtocolName.TryParse(name, out protocol)
            ? new ProtocolMatch(words) { Protocol = protocol, Negated = options[0].Negated }
            : null;
    }

    private static CommentMatch? Comment(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0] is { Name: "comment", Value: { } text } ? new CommentMatch(words) { Comment = text } : null;

    private static TransportMatch? Transport(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        byte protocol = IPProtocolName.TryParse(words.Name, out byte number) ? number : (byte)0;
        PortRange? source = null, destination = null;
        bool sourceNegated = false, destinationNegated = false, flagsNegated = false, optionNegated = false;
        TcpBits? mask = null;
        TcpBits set = TcpBits.None;
        byte? tcpOption = null;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "sport" or "source-port" when RuleValues.TryPorts(option.First, out var ports):
                    (source, sourceNegated) = (ports, option.Negated);
                    break;
                case "dport" or "destination-port" when RuleValues.TryPorts(option.First, out var ports):
                    (destination, destinationNegated) = (ports, option.Negated);
                    break;
                case "syn":
                    (mask, set, flagsNegated) = (TcpBits.Fin | TcpBits.Syn | TcpBits.Rst | TcpBits.Ack, TcpBits.Syn, option.Negated);
                    break;
                case "tcp-flags" when option.Count == 2 && RuleValues.TryFlags(option.Values[0], FlagNames, out TcpBits looked)
                    && RuleValues.TryFlags(option.Values[1], FlagNames, out TcpBits wanted):
                    (mask, set, flagsNegated) = (looked, wanted, option.Negated);
                    break;
                case "tcp-option" when RuleValues.TryNumber(option.First, 255, out uint kind):
                    (tcpOption, optionNegated) = ((byte)kind, option.Negated);
                    break;
                default:
                    return null;
            }
        }

        return new TransportMatch(words)
        {
            Protocol = protocol,
            SourcePorts = source,
            SourceNegated = sourceNegated,
            DestinationPorts = destination,
            DestinationNegated = destinationNegated,
            FlagsMask = mask,
            FlagsSet = set,
            FlagsNegated = flagsNegated,
            TcpOption = tcpOption,
            TcpOptionNegated = optionNegated,
        };
    }

    private static IcmpMatch? Icmp(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        bool isV6 = words.Name == "icmp6";
        if (options.Length != 1 || options[0] is not { Name: "icmp-type" or "icmpv6-type", First: { } text })
        {
            return null;
        }

        if (text is "any" || (!isV6 && text == "255"))
        {
            return new IcmpMatch(words) { IsV6 = isV6, LastCode = 255, Negated = options[0].Negated };
        }

        int slash = text.IndexOf('/');
        uint code = 0;
        return RuleValues.TryNumber(slash < 0 ? text : text.AsSpan(0, slash), 255, out uint type)
            && (slash < 0 || RuleValues.TryNumber(text.AsSpan(slash + 1), 255, out code))
            ? new IcmpMatch(words)
            {
                IsV6 = isV6,
                Type = (byte)type,
                FirstCode = (byte)code,
                LastCode = slash < 0 ? (byte)255 : (byte)code,
                Negated = options[0].Negated,
            }
            : null;
    }

    private static MultiportMatch? Multiport(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        if (options.Length != 1 || options[0].First is not { } text)
        {
            return null;
        }

        string name = options[0].Name;
        bool both = name == "ports", source = name is "sports" or "source-ports", destination = name is "dports" or "destination-ports";
        string[] parts = text.Split(',');
        var ports = new PortRange[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!RuleValues.TryPorts(parts[i], out ports[i]))
            {
                return null;
            }
        }

        return both || source || destination
            ? new MultiportMatch(words) { TestsSource = both || source, TestsDestination = both || destination, Ports = ports, Negated = options[0].Negated }
            : null;
    }

    private static MarkMatch? Mark(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0].Name == "mark" && RuleValues.TryMasked(options[0].First, out uint value, out uint mask)
            ? new MarkMatch(words) { IsConnection = words.Name == "connmark", Value = value, Mask = mask, Negated = options[0].Negated }
            : null;

    private static StatisticMatch? Statistic(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        double? probability = null;
        uint every = 0, packet = 0;
        bool negated = false;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "mode" when option.First is "random" or "nth":
                    break;
                case "probability" when double.TryParse(
                    option.First, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out double share)
                    && share is >= 0 and <= 1:
                    (probability, negated) = (share, option.Negated);
                    break;
                case "every" when RuleValues.TryNumber(option.First, out every):
                    negated = option.Negated;
                    break;
                case "packet" when RuleValues.TryNumber(option.First, out packet):
                    break;
                default:
                    return null;
            }
        }

        return probability is not null || every > 0
            ? new StatisticMatch(words) { Probability = probability, Every = every, Packet = packet, Negated = negated }
            : null;
    }

    private static ConntrackMatch? Conntrack(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        ConntrackStates? states = null;
        ConntrackStatuses? statuses = null;
        bool statesNegated = false, statusesNegated = false, protocolNegated = false, expiry = false;
        bool? isReply = null;
        byte? protocol = null;
        AddressCondition? originalSource = null, originalDestination = null, replySource = null, replyDestination = null;
        PortCondition? originalSourcePort = null, originalDestinationPort = null, replySourcePort = null, replyDestinationPort = null;
        foreach (var option in options)
        {
            bool negated = option.Negated;
            switch (option.Name)
            {
                case "state" or "ctstate" when RuleValues.TryFlags(option.First, StateNames, out ConntrackStates found):
                    (states, statesNegated) = (found, negated);
                    break;
                case "ctstatus" when RuleValues.TryFlags(option.First, StatusNames, out ConntrackStatuses found):
                    (statuses, statusesNegated) = (found, negated);
                    break;
                case "ctdir" when !negated && option.First is "ORIGINAL" or "REPLY":
                    isReply = option.First == "REPLY";
                    break;
                case "ctproto" when IPProtocolName.TryParse(option.First, out byte number):
                    (protocol, protocolNegated) = (number, negated);
                    break;
                case "ctexpire":
                    expiry = true;
                    break;
                case "ctorigsrc" or "ctorigdst" or "ctreplsrc" or "ctrepldst" when AddressMask.TryParse(option.First, out var address):
                    var condition = new AddressCondition(address, negated);
                    originalSource = option.Name == "ctorigsrc" ? condition : originalSource;
                    originalDestination = option.Name == "ctorigdst" ? condition : originalDestination;
                    replySource = option.Name == "ctreplsrc" ? condition : replySource;
                    replyDestination = option.Name == "ctrepldst" ? condition : replyDestination;
                    break;
                case "ctorigsrcport" or "ctorigdstport" or "ctreplsrcport" or "ctrepldstport" when RuleValues.TryPorts(option.First, out var range):
                    var port = new PortCondition(range, negated);
                    originalSourcePort = option.Name == "ctorigsrcport" ? port : originalSourcePort;
                    originalDestinationPort = option.Name == "ctorigdstport" ? port : originalDestinationPort;
                    replySourcePort = option.Name == "ctreplsrcport" ? port : replySourcePort;
                    replyDestinationPort = option.Name == "ctrepldstport" ? port : replyDestinationPort;
                    break;
                default:
                    return null;
            }
        }

        return new ConntrackMatch(words)
        {
            States = states,
            StatesNegated = statesNegated,
            Statuses = statuses,
            StatusesNegated = statusesNegated,
            IsReply = isReply,
            Protocol = protocol,
            ProtocolNegated = protocolNegated,
            OriginalSource = originalSource,
            OriginalDestination = originalDestination,
            ReplySource = replySource,
            ReplyDestination = replyDestination,
            OriginalSourcePort = originalSourcePort,
            OriginalDestinationPort = originalDestinationPort,
            ReplySourcePort = replySourcePort,
            ReplyDestinationPort = replyDestinationPort,
            TestsExpiry = expiry,
        };
    }

    private static AddrtypeMatch? Addrtype(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        AddressTypes? source = null, destination = null;
        bool sourceNegated = false, destinationNegated = false, limitIn = false, limitOut = false;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "src-type" when RuleValues.TryFlags(option.First, TypeNames, out AddressTypes types):
                    (source, sourceNegated) = (types, option.Negated);
                    break;
                case "dst-type" when RuleValues.TryFlags(option.First, TypeNames, out AddressTypes types):
                    (destination, destinationNegated) = (types, option.Negated);
                    break;
                case "limit-iface-in":
                    limitIn = true;
                    break;
                case "limit-iface-out":
                    limitOut = true;
                    break;
                default:
                    return null;
            }
        }

        return new AddrtypeMatch(words)
        {
            SourceTypes = source,
            SourceNegated = sourceNegated,
            DestinationTypes = destination,
            DestinationNegated = destinationNegated,
            LimitsToInput = limitIn,
            LimitsToOutput = limitOut,
        };
    }

    private static PhysdevMatch? Physdev(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        string? input = null, output = null;
        bool inputNegated = false, outputNegated = false;
        bool? isIn = null, isOut = null, isBridged = null;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "physdev-in":
                    (input, inputNegated) = (option.First, option.Negated);
                    break;
                case "physdev-out":
                    (output, outputNegated) = (option.First, option.Negated);
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
                    return null;
            }
        }

        return new PhysdevMatch(words)
        {
            Input = input,
            InputNegated = inputNegated,
            Output = output,
            OutputNegated = outputNegated,
            IsIn = isIn,
            IsOut = isOut,
            IsBridged = isBridged,
        };
    }

    private static SetMatch? Set(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        options.Length > 0 && options[0] is { Name: "match-set" or "set", Count: 2 } option
            ? new SetMatch(words) { Set = option.Values[0], Directions = option.Values[1].Split(','), Negated = option.Negated, HasMore = options.Length > 1 }
            : null;

    private static RecentMatch? Recent(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        RecentAction? action = null;
        string list = "DEFAULT";
        string? mask = null;
        uint? seconds = null, hits = null;
        bool reap = false, ttl = false, destination = false, negated = false;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "set" or "rcheck" or "update" or "remove":
                    action = option.Name switch { "set" => RecentAction.Set, "rcheck" => RecentAction.Check, "update" => RecentAction.Update, _ => RecentAction.Remove };
                    negated = option.Negated;
                    break;
                case "seconds" when RuleValues.TryNumber(option.First, out uint number):
                    seconds = number;
                    break;
                case "hitcount" when RuleValues.TryNumber(option.First, out uint number):
                    hits = number;
                    break;
                case "reap":
                    reap = true;
                    break;
                case "rttl":
                    ttl = true;
                    break;
                case "name" when option.First is { } name:
                    list = name;
                    break;
                case "mask":
                    mask = option.First;
                    break;
                case "rsource":
                    break;
                case "rdest":
                    destination = true;
                    break;
                default:
                    return null;
            }
        }

        return action is null ? null : new RecentMatch(words)
        {
            Action = action.Value,
            List = list,
            Seconds = seconds,
            HitCount = hits,
            Reaps = reap,
            TestsTtl = ttl,
            UsesDestination = destination,
            Mask = mask,
            Negated = negated,
        };
    }

    private static IprangeMatch? Iprange(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        AddressRange? source = null, destination = null;
        bool sourceNegated = false, destinationNegated = false;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "src-range" when AddressRange.TryParse(option.First, out var range):
                    (source, sourceNegated) = (range, option.Negated);
                    break;
                case "dst-range" when AddressRange.TryParse(option.First, out var range):
                    (destination, destinationNegated) = (range, option.Negated);
                    break;
                default:
                    return null;
            }
        }

        return new IprangeMatch(words) { Source = source, SourceNegated = sourceNegated, Destination = destination, DestinationNegated = destinationNegated };
    }

    private static MacMatch? Mac(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0] is { Name: "mac-source", First: { } address }
            ? new MacMatch(words) { Address = address, Negated = options[0].Negated }
            : null;

    private static LengthMatch? Length(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0].Name == "length" && RuleValues.TryPorts(options[0].First, out var range)
            ? new LengthMatch(words) { Length = range, Negated = options[0].Negated }
            : null;

    private static LimitMatch? Limit(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        string rate = "3/hour";
        uint burst = 5;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "limit" when option is { First: { } text, Negated: false }:
                    rate = text;
                    break;
                case "limit-burst" when RuleValues.TryNumber(option.First, out burst):
                    break;
                default:
                    return null;
            }
        }

        return new LimitMatch(words) { Rate = rate, Burst = burst };
    }

    private static HopLimitMatch? HopLimit(RulePartWords words, ReadOnlySpan<RuleOption> options)
    {
        if (options.Length != 1 || !RuleValues.TryNumber(options[0].First, 255, out uint value))
        {
            return null;
        }

        int comparison = options[0].Name.EndsWith("-lt", StringComparison.Ordinal) ? -1 : options[0].Name.EndsWith("-gt", StringComparison.Ordinal) ? 1 : 0;
        return new HopLimitMatch(words) { Comparison = comparison, Value = (byte)value, Negated = options[0].Negated };
    }

    private static DscpMatch? Dscp(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0].Name == "dscp" && RuleValues.TryNumber(options[0].First, 63, out uint value)
            ? new DscpMatch(words) { Value = (byte)value, Negated = options[0].Negated }
            : null;

    private static TosMatch? Tos(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0].Name == "tos" && RuleValues.TryMasked(options[0].First, out uint value, out uint mask) && value < 256
            ? new TosMatch(words) { Value = (byte)value, Mask = (byte)mask, Negated = options[0].Negated }
            : null;

    private static PacketTypeMatch? PacketType(RulePartWords words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0] is { Name: "pkt-type", First: { } type }
            ? new PacketTypeMatch(words) { Type = type, Negated = options[0].Negated }
            : null;
}
