using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>Reads what is asked of ports, TCP flags and ICMP types. Null for options or values that are not known here.</summary>
internal static class TransportMatchParser
{
    private static readonly (string, TcpBits)[] FlagNames =
    [
        ("NONE", TcpBits.None), ("FIN", TcpBits.Fin), ("SYN", TcpBits.Syn), ("RST", TcpBits.Rst), ("PSH", TcpBits.Psh),
        ("ACK", TcpBits.Ack), ("URG", TcpBits.Urg), ("ALL", (TcpBits)63),
    ];

    public static TransportMatch? Transport(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        byte protocol = IPProtocolName.TryParse(words.Name, out byte number) ? number : (byte)0;
        PortRange? source = null, destination = null;
        bool sourceNegated = false, destinationNegated = false, flagsNegated = false, optionNegated = false;
        TcpBits? mask = null;
        TcpBits set = TcpBits.None;
        byte? tcpOption = null;
        bool more = false;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "sport" or "source-port" when ValueParser.TryPorts(option.First, out var ports):
                    (source, sourceNegated) = (ports, option.Negated);
                    break;
                case "dport" or "destination-port" when ValueParser.TryPorts(option.First, out var ports):
                    (destination, destinationNegated) = (ports, option.Negated);
                    break;
                case "syn":
                    (mask, set, flagsNegated) = (TcpBits.Fin | TcpBits.Syn | TcpBits.Rst | TcpBits.Ack, TcpBits.Syn, option.Negated);
                    break;
                case "tcp-flags" when option.Count == 2 && ValueParser.TryFlags(option.Values[0], FlagNames, out TcpBits looked)
                    && ValueParser.TryFlags(option.Values[1], FlagNames, out TcpBits wanted):
                    (mask, set, flagsNegated) = (looked, wanted, option.Negated);
                    break;
                case "tcp-option" when ValueParser.TryNumber(option.First, 255, out uint kind):
                    (tcpOption, optionNegated) = ((byte)kind, option.Negated);
                    break;
                case "chunk-types" or "dccp-types" or "dccp-option":
                    more = true;
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
            HasMore = more,
        };
    }

    public static IcmpMatch? Icmp(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        bool isV6 = words.Name != "icmp";
        if (options.Length != 1 || options[0] is not { Name: "icmp-type" or "icmpv6-type", First: { } text })
        {
            return null;
        }

        if (text is "any" || (!isV6 && text == "255"))
        {
            return new IcmpMatch(words) { IsV6 = isV6, LastCode = 255, Negated = options[0].Negated };
        }

        if (IcmpNames.TryParse(text, isV6, out byte named, out byte first, out byte last))
        {
            return new IcmpMatch(words) { IsV6 = isV6, Type = named, FirstCode = first, LastCode = last, Negated = options[0].Negated };
        }

        int slash = text.IndexOf('/');
        uint code = 0;
        return ValueParser.TryNumber(slash < 0 ? text : text.AsSpan(0, slash), 255, out uint type)
            && (slash < 0 || ValueParser.TryNumber(text.AsSpan(slash + 1), 255, out code))
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

    public static MultiportMatch? Multiport(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        if (options.Length != 1 || options[0].First is not { } text)
        {
            return null;
        }

        string name = options[0].Name;
        bool both = name is "ports" or "port", source = name is "sports" or "source-ports" or "source-port";
        bool destination = name is "dports" or "destination-ports" or "destination-port";
        string[] parts = text.Split(',');
        var ports = new PortRange[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!ValueParser.TryPorts(parts[i], out ports[i]))
            {
                return null;
            }
        }

        return both || source || destination
            ? new MultiportMatch(words) { TestsSource = both || source, TestsDestination = both || destination, Ports = ports,
            Negated = options[0].Negated }
            : null;
    }
}
