using K8sNetfilter.Logic;

namespace K8sNetfilter.Ipset;

/// <summary>What a look-up found.</summary>
/// <param name="Outcome">Whether the set matches.</param>
/// <param name="Element">The number of the element that decided; -1 if none did.</param>
/// <param name="Why">Why it is not known; null if it is.</param>
internal readonly record struct IpsetAnswer(MatchOutcome Outcome, int Element = -1, string? Why = null)
{
    /// <summary>No element fits.</summary>
    public static IpsetAnswer No => new(MatchOutcome.No);

    /// <summary>It is not known.</summary>
    public static IpsetAnswer Unknown(string why) => new(MatchOutcome.Unknown, -1, why);
}
