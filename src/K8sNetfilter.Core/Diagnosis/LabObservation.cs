namespace K8sNetfilter.Diagnosis;

/// <summary>What the calling pod saw.</summary>
public enum LabObservation : long
{
    /// <summary>The scenario could not be run; the evidence says why.</summary>
    NotRun,

    /// <summary>The answer came.</summary>
    Connected,

    /// <summary>Nothing came within the time.</summary>
    TimedOut,

    /// <summary>The call was refused.</summary>
    Refused,

    /// <summary>The network said that the destination cannot be reached.</summary>
    Unreachable,
}
