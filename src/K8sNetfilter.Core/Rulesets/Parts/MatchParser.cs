using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>
/// Gives a condition its class, with its values read. What has an option or a value that is not known here stays a plain
/// <see cref="RuleMatch"/>: half an understanding would be a wrong one.
/// </summary>
internal static class MatchParser
{
    /// <summary>Reads a condition.</summary>
    public static RuleMatch Read(RulePartSource words)
    {
        if (words.Introduced && OptionNames.IsHeader(words.Name))
        {
            // "-m source": an extension that nobody has, of the name of what -s is called here.
            return RuleMatch.Unread(words);
        }

        var options = words.Introduced ? words.Options.AsSpan(1) : words.Options.AsSpan();
        return words.Name switch
        {
            "source" or "destination" => (RuleMatch?)AddressMatchParser.Address(words, options),
            "in-interface" or "out-interface" => InterfaceMatchParser.Interface(words, options),
            "protocol" => Protocol(words, options),
            "fragment" => new FragmentMatch(words) { Negated = options[0].Negated },
            "comment" => Comment(words, options),
            "tcp" or "udp" or "udplite" or "sctp" or "dccp" => TransportMatchParser.Transport(words, options),
            "icmp" or "icmp6" or "icmpv6" or "ipv6-icmp" => TransportMatchParser.Icmp(words, options),
            "multiport" => TransportMatchParser.Multiport(words, options),
            "mark" or "connmark" => Mark(words, options),
            "statistic" => HistoryMatchParser.Statistic(words, options),
            "conntrack" or "state" => ConntrackMatchParser.Conntrack(words, options),
            "addrtype" => AddressMatchParser.Addrtype(words, options),
            "physdev" => InterfaceMatchParser.Physdev(words, options),
            "set" => HistoryMatchParser.Set(words, options),
            "recent" => HistoryMatchParser.Recent(words, options),
            "iprange" => AddressMatchParser.Iprange(words, options),
            "mac" => AddressMatchParser.Mac(words, options),
            "length" => Length(words, options),
            "limit" => HistoryMatchParser.Limit(words, options),
            "ttl" or "hl" => HopLimit(words, options),
            "dscp" => Dscp(words, options),
            "tos" => Tos(words, options),
            "pkttype" => PacketType(words, options),
            "rpfilter" => Rpfilter(words, options),
            _ => null,
        } ?? RuleMatch.Unread(words);
    }

    private static ProtocolMatch? Protocol(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        string? name = options[0].First;
        byte protocol = 0;
        return name is "all" || IPProtocolName.TryParse(name, out protocol)
            ? new ProtocolMatch(words) { Protocol = protocol, Negated = options[0].Negated }
            : null;
    }

    private static CommentMatch? Comment(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0] is { Name: "comment", Value: { } text } ? new CommentMatch(words) { Comment = text } : null;

    private static MarkMatch? Mark(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0].Name == "mark" && ValueParser.TryMasked(options[0].First, out uint value, out uint mask)
            ? new MarkMatch(words) { IsConnection = words.Name == "connmark", Value = value, Mask = mask, Negated = options[0].Negated }
            : null;

    private static LengthMatch? Length(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0].Name == "length" && ValueParser.TryPorts(options[0].First, out var range)
            ? new LengthMatch(words) { Length = range, Negated = options[0].Negated }
            : null;

    private static RpfilterMatch? Rpfilter(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        bool loose = false, mark = false, local = false, negated = false;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "loose": loose = true; break;
                case "validmark": mark = true; break;
                case "accept-local": local = true; break;
                case "invert": negated = true; break;
                default: return null;
            }
        }

        return new RpfilterMatch(words) { IsLoose = loose, UsesMark = mark, AcceptsLocal = local, Negated = negated };
    }

    private static HopLimitMatch? HopLimit(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        if (options.Length != 1 || !ValueParser.TryNumber(options[0].First, 255, out uint value))
        {
            return null;
        }

        int comparison = options[0].Name.EndsWith("-lt", StringComparison.Ordinal)
            ? -1 : options[0].Name.EndsWith("-gt", StringComparison.Ordinal) ? 1 : 0;
        return new HopLimitMatch(words) { Comparison = comparison, Value = (byte)value, Negated = options[0].Negated };
    }

    private static DscpMatch? Dscp(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0].Name == "dscp" && ValueParser.TryNumber(options[0].First, 63, out uint value)
            ? new DscpMatch(words) { Value = (byte)value, Negated = options[0].Negated }
            : null;

    private static TosMatch? Tos(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0].Name == "tos" && ValueParser.TryMasked(options[0].First, out uint value, out uint mask)
            && value < 256
            ? new TosMatch(words) { Value = (byte)value, Mask = (byte)mask, Negated = options[0].Negated }
            : null;

    private static PacketTypeMatch? PacketType(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0] is { Name: "pkt-type", First: { } type }
            ? new PacketTypeMatch(words) { Type = type, Negated = options[0].Negated }
            : null;
}
