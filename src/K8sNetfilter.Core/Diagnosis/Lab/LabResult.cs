namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>What this kernel did with one scenario of the lab, held against what must follow from its settings.</summary>
public sealed class LabResult : ServiceHairpinResult
{
    /// <summary>The scenario's name.</summary>
    public required string Scenario { get; init; }

    /// <summary>IPv4 or IPv6.</summary>
    public required string Family { get; init; }

    /// <summary>Effective bridge netfilter in the scenario: the sysctl or the bridge's own flag.</summary>
    public bool BridgeNetfilter { get; init; }

    /// <summary>Hairpin mode of the pods' ports.</summary>
    public bool Hairpin { get; init; }

    /// <summary>All settings of the scenario, as text.</summary>
    public string? Settings { get; init; }

    /// <summary>The way that the reply took.</summary>
    public string? ReplyPath { get; init; }

    /// <summary>What must follow from the settings: Works or Broken.</summary>
    public ServiceVerdict Expected { get; init; }

    /// <summary>What the client saw.</summary>
    public LabObservation Observed { get; init; }

    /// <summary>The explanation agrees with what this kernel did.</summary>
    public bool IsAsExpected => Expected == Verdict;

    /// <summary>The conntrack entry that the call left on the node, as <c>conntrack -L</c> prints it; null where there was none.</summary>
    public string? ConntrackEntry { get; init; }

    /// <summary>Conntrack saw the reply; null where there was no entry.</summary>
    public bool? IsReplied { get; init; }

    /// <summary>The reason in a sentence.</summary>
    public string? Why { get; init; }

    /// <summary>How many seconds the scenario took, with building and removing it.</summary>
    public double Elapsed { get; init; }
}
