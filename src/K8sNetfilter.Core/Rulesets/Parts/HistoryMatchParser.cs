using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>
/// Reads what is asked of sets, of what was seen before, and of chance. Null for options or values that are not known here.
/// </summary>
internal static class HistoryMatchParser
{
    public static SetMatch? Set(RulePartSource words, ReadOnlySpan<RuleOption> options)
    {
        foreach (var option in options)
        {
            if (option is { Name: "match-set" or "set", Count: 2 })
            {
                return new SetMatch(words) { Set = option.Values[0], Directions = option.Values[1].Split(','), Negated = option.Negated,
                    HasMore = options.Length > 1 };
            }
        }

        return null;
    }

    public static RecentMatch? Recent(RulePartSource words, ReadOnlySpan<RuleOption> options)
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
                    action = option.Name switch { "set" => RecentAction.Set, "rcheck" => RecentAction.Check, "update" =>
                        RecentAction.Update, _ => RecentAction.Remove };
                    negated = option.Negated;
                    break;
                case "seconds" when CNumber.TryParse(option.First, out uint number):
                    seconds = number;
                    break;
                case "hitcount" when CNumber.TryParse(option.First, out uint number):
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

    public static LimitMatch? Limit(RulePartSource words, ReadOnlySpan<RuleOption> options)
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
                case "limit-burst" when CNumber.TryParse(option.First, out burst):
                    break;
                default:
                    return null;
            }
        }

        return new LimitMatch(words) { Rate = rate, Burst = burst };
    }

    public static StatisticMatch? Statistic(RulePartSource words, ReadOnlySpan<RuleOption> options)
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
                    option.First, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture,
                    out double share)
                    && share is >= 0 and <= 1:
                    (probability, negated) = (share, option.Negated);
                    break;
                case "every" when CNumber.TryParse(option.First, out every):
                    negated = option.Negated;
                    break;
                case "packet" when CNumber.TryParse(option.First, out packet):
                    break;
                default:
                    return null;
            }
        }

        return probability is not null || every > 0
            ? new StatisticMatch(words) { Probability = probability, Every = every, Packet = packet, Negated = negated }
            : null;
    }
}
