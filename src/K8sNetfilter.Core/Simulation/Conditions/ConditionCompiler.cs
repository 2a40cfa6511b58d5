using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Conditions;

/// <summary>
/// Turns matches into conditions that decide as the kernel does (net/netfilter/xt_*.c, net/ipv4/netfilter/ipt_*.c); which of them it is
/// decides what they look at. A match that has no class, because its extension or a value is not known, is opaque as a whole.
/// </summary>
/// <remarks>
/// The typed matches cost nothing here: a rule is only taken apart when a packet first gets to it, and what rules ask alike is made once
/// (<see cref="RuleCompiler.Conditions"/>).
/// </remarks>
internal sealed class ConditionCompiler(IPFamily family, ForwardingModel network, SetChanges? changes = null)
{
    private readonly AddressConditions _addresses = new(family, network);

    /// <summary>Adds the conditions of one match.</summary>
    public void Add(List<Condition> conditions, RuleMatch match)
    {
        switch (match)
        {
            case CommentMatch:
                break;
            case TransportMatch transport:
                TransportConditions.Add(conditions, transport);
                break;
            case IcmpMatch icmp:
                conditions.Add(TransportConditions.Icmp(icmp));
                break;
            case MultiportMatch multiport:
                conditions.Add(TransportConditions.Multiport(multiport));
                break;
            case LengthMatch length:
                conditions.Add(HeaderConditions.Length(length));
                break;
            case HopLimitMatch hopLimit:
                conditions.Add(HeaderConditions.HopLimit(hopLimit));
                break;
            case DscpMatch dscp:
                conditions.Add(HeaderConditions.Dscp(dscp));
                break;
            case TosMatch tos:
                conditions.Add(HeaderConditions.Tos(tos));
                break;
            case IprangeMatch range when _addresses.Fits(range):
                AddressConditions.Add(conditions, range);
                break;
            case AddrtypeMatch addrtype:
                conditions.Add(_addresses.Addrtype(addrtype));
                break;
            case PacketTypeMatch packetType:
                conditions.Add(_addresses.PacketType(packetType));
                break;
            case RpfilterMatch rpfilter:
                conditions.Add(ReversePathConditions.Rpfilter(rpfilter, family, network));
                break;
            case PhysdevMatch physdev:
                conditions.Add(BridgePortConditions.Physdev(physdev));
                break;
            case MarkMatch mark:
                conditions.Add(MarkConditions.Mark(mark));
                break;
            case ConntrackMatch conntrack when ConnectionConditions.Fits(conntrack, family):
                conditions.Add(ConnectionConditions.Conntrack(conntrack));
                break;
            case StatisticMatch statistic:
                conditions.Add(HistoryConditions.Statistic(statistic));
                break;
            case RecentMatch recent:
                conditions.Add(HistoryConditions.Recent(recent));
                break;
            case SetMatch set:
                conditions.Add(SetConditions.Set(set, network, changes));
                break;
            default:
                OpaqueConditions.Add(conditions, match);
                break;
        }
    }

    /// <summary>A match as a condition is told: <c>-m conntrack --ctstate NEW</c>, also where its <c>-m</c> was left out.</summary>
    public static string Text(RuleMatch match) => "-m " + match.Name + string.Concat(match.Options.Select(o => " " + o));

    /// <summary>One option of a match, as it is written.</summary>
    public static string Text(RuleMatch match, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (match.GetOption(name) is { } option)
            {
                return option.ToString();
            }
        }

        return Text(match);
    }
}
