using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>An assignment that does not decide the value after the next boot. Prints as <c>file:line = value (reason)</c>.</summary>
/// <param name="Source">Where it is.</param>
/// <param name="Value">What it would set.</param>
/// <param name="Reason">Why it loses, in a few words.</param>
public sealed record OverriddenSysctl(SourceLine Source, string Value, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source} = {Value} ({Reason})";
}
