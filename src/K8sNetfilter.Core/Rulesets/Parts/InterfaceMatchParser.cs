using K8sNetfilter.Rulesets.Parts.Matches;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>Reads what is asked of interfaces and bridge ports. Null for options or values that are not known here.</summary>
internal static class InterfaceMatchParser
{
    public static InterfaceMatch Interface(RulePartSource words, ReadOnlySpan<RuleOption> options) =>
        new(words) { IsInput = words.Name == "in-interface", Interface = options[0].First ?? "", Negated = options[0].Negated };

    public static PhysdevMatch? Physdev(RulePartSource words, ReadOnlySpan<RuleOption> options)
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
}
