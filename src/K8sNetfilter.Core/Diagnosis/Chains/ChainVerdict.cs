namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>How a group of a component's chains stands.</summary>
public enum ChainVerdict : long
{
    /// <summary>The rules do not decide. The evidence names what is missing.</summary>
    Unknown,

    /// <summary>The chains are complete, and packets reach them.</summary>
    Works,

    /// <summary>They work, or are not needed, and something is left over from an earlier time or does more than it should.</summary>
    Stale,

    /// <summary>Chains or the jumps to them are missing, so that they do not do what they are for.</summary>
    Broken,
}
