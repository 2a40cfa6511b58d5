using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>Reads what is asked of a connection. Null for options or values that are not known here.</summary>
internal static class ConntrackMatchParser
{
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

    public static ConntrackMatch? Conntrack(RulePartSource words, ReadOnlySpan<RuleOption> options)
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
                case "state" or "ctstate" when ValueParser.TryFlags(option.First, StateNames, out ConntrackStates found):
                    (states, statesNegated) = (found, negated);
                    break;
                case "ctstatus" when ValueParser.TryFlags(option.First, StatusNames, out ConntrackStatuses found):
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
                case "ctorigsrcport" or "ctorigdstport" or "ctreplsrcport" or "ctrepldstport" when TryPorts(option, out var range):
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

    private static bool TryPorts(RuleOption option, out PortRange range) => ValueParser.TryPorts(option.First, out range);
}
