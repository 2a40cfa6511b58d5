using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Simulation;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>What walking one call there and back says.</summary>
/// <param name="Verdict">Works, Broken or Unknown.</param>
/// <param name="Cause">Why it is broken.</param>
/// <param name="Evidence">What shows it.</param>
/// <param name="Remedy">What to do; null where nothing is wrong or nothing is known to help.</param>
internal sealed record CallVerdict(ServiceVerdict Verdict, ServiceHairpinCause Cause, string Evidence, Remedy? Remedy)
{
    /// <summary>The end of the walk that the verdict is about: of a call that no rule translated, the request's; null for none.</summary>
    public WalkEnd? End { get; init; }

    /// <summary>What the verdict holds for only if it is true, beside the assumptions of the walk; null for nothing.</summary>
    public string? Assumed { get; init; }

    /// <summary>What to do where the remedy turns out not to be one; null for nothing.</summary>
    public Remedy? Otherwise { get; init; }

    /// <summary>The verdict of the same call on the node with the remedy; null where it was not tried.</summary>
    public ServiceVerdict? Gives { get; init; }

    /// <summary>What <see cref="Gives"/> holds for only if it is true.</summary>
    public ValueList<string> Given { get; init; } = [];

    /// <summary>What is taken for granted of the node as a whole.</summary>
    public string[] Granted { get; init; } = [];

    /// <summary>What the verdict holds for only if it is true, in the order of the walk.</summary>
    public IReadOnlyList<string> Assumptions =>
        [.. End?.Assumptions ?? [], .. Assumed is null ? (ReadOnlySpan<string>)[] : [Assumed], .. Granted];
}
