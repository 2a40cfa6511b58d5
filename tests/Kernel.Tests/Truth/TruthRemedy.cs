using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Remedies;

namespace K8sNetfilter.Tests.Truth;

/// <summary>What came of one remedy.</summary>
/// <param name="Cause">The cause that it is for.</param>
/// <param name="Remedy">The command line.</param>
/// <param name="Gives">What was promised; null where nothing was.</param>
/// <param name="Works">Whether the call works after it; null where it changes nothing on the node, or what it changes is not in the namespace.</param>
/// <param name="Seen">The call, and what it came to.</param>
internal sealed record TruthRemedy(ServiceHairpinCause Cause, string Remedy, ServiceVerdict? Gives, bool? Works, string Seen)
{
    /// <summary>What is done, without the names.</summary>
    public string Kind => $"{Cause}: {string.Join(' ', Remedy.Split(' ').TakeWhile(w => !w.Contains('=', StringComparison.Ordinal) && !w.Any(char.IsAsciiDigit)).Take(4))}";

    public override string ToString() => $"{Cause}: {Remedy} (gives {Gives?.ToString() ?? "-"}): {Works?.ToString() ?? "not run"}, {Seen}";
}
