using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets;

/// <summary>What it means that both backends have rules.</summary>
internal static class MixedBackends
{
    /// <summary>Says it.</summary>
    public static string Describe(IPFamily family) =>
        RulesetMessages.BothBackends(family);
}
