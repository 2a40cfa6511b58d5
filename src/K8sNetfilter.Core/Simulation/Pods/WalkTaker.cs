namespace K8sNetfilter.Simulation.Pods;

/// <summary>Whether somebody takes a packet that has arrived.</summary>
internal enum WalkTaker
{
    /// <summary>Yes, as far as is known or granted.</summary>
    Taken,

    /// <summary>No socket takes it, and the receiver's kernel tells the sender.</summary>
    Refused,

    /// <summary>That is not known.</summary>
    Unknown,
}
