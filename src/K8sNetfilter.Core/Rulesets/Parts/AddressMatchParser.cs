using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>Reads what is asked of addresses. Null for options or values that are not known here.</summary>
internal static class AddressMatchParser
{
    private static readonly (string, AddressTypes)[] TypeNames =
    [
        ("UNSPEC", AddressTypes.Unspec), ("UNICAST", AddressTypes.Unicast), ("LOCAL", AddressTypes.Local),
        ("BROADCAST", AddressTypes.Broadcast), ("ANYCAST", AddressTypes.Anycast), ("MULTICAST", AddressTypes.Multicast),
        ("BLACKHOLE", AddressTypes.Blackhole), ("UNREACHABLE", AddressTypes.Unreachable), ("PROHIBIT", AddressTypes.Prohibit),
        ("THROW", AddressTypes.Throw), ("NAT", AddressTypes.Nat), ("XRESOLVE", AddressTypes.XResolve),
    ];

    public static AddressMatch? Address(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        AddressMask.TryParse(options[0].First, out var value)
            ? new AddressMatch(words) { IsSource = words.Name == "source", Value = value, Negated = options[0].Negated }
            : null;

    public static AddrtypeMatch? Addrtype(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        AddressTypes? source = null, destination = null;
        bool sourceNegated = false, destinationNegated = false, limitIn = false, limitOut = false;
        foreach (var option in options)
        {
            switch (option.Name)
            {
                case "src-type" when ValueParser.TryFlags(option.First, TypeNames, out AddressTypes types):
                    (source, sourceNegated) = (types, option.Negated);
                    break;
                case "dst-type" when ValueParser.TryFlags(option.First, TypeNames, out AddressTypes types):
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

    public static IprangeMatch? Iprange(RulePartSource words, ReadOnlySpan<RuleOption> options)
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

        return new IprangeMatch(words) { Source = source, SourceNegated = sourceNegated, Destination = destination,
            DestinationNegated = destinationNegated };
    }

    public static MacMatch? Mac(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        options.Length == 1 && options[0] is { Name: "mac-source", First: { } address }
            ? new MacMatch(words) { Address = address, Negated = options[0].Negated }
            : null;
}
