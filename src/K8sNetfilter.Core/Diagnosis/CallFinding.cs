using K8sNetfilter.Packets;

namespace K8sNetfilter.Diagnosis;

/// <summary>What walking one call there and back says.</summary>
/// <param name="Verdict">Works, Broken or Unknown.</param>
/// <param name="Cause">Why it is broken.</param>
/// <param name="Evidence">What shows it.</param>
/// <param name="Remedy">A command line; null where nothing is wrong.</param>
internal sealed record CallFinding(ServiceVerdict Verdict, ServiceHairpinCause Cause, string Evidence, string? Remedy)
{
    /// <summary>The branch of the walk that the finding is about; null for none.</summary>
    public WalkState? Branch { get; init; }

    /// <summary>What is taken for granted of the node as a whole.</summary>
    public string[] Granted { get; init; } = [];

    /// <summary>What the verdict holds for only if it is true, in the order of the walk.</summary>
    public IReadOnlyList<string> Assumptions => Branch is null ? Granted : [.. Assumption.Texts(Branch.Assumptions), .. Granted];
}
