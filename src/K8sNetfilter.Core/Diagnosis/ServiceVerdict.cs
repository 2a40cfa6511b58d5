namespace K8sNetfilter.Diagnosis;

/// <summary>Whether a pod reaches a Service.</summary>
public enum ServiceVerdict : long
{
    /// <summary>The data does not decide. The evidence names what is missing.</summary>
    Unknown,

    /// <summary>The call is answered, by the address that was called.</summary>
    Works,

    /// <summary>The call fails, for the cause named.</summary>
    Broken,

    /// <summary>A probe ended without showing either: the remedy says what to try next.</summary>
    Inconclusive,
}
