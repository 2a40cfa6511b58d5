namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>What a remedy switches at a bridge port.</summary>
internal enum PortFlag
{
    /// <summary>The bridge sends frames back out of it.</summary>
    HairpinOn,

    /// <summary>It exchanges frames with other isolated ports.</summary>
    IsolatedOff,
}
