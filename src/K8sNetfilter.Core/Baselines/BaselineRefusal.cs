namespace K8sNetfilter.Baselines;

/// <summary>A requirement that is not satisfied and that no change of ours can satisfy. Nothing is attempted for it.</summary>
/// <param name="Finding">How the node stands to it.</param>
/// <param name="Why">Why it is not attempted, in a sentence.</param>
public sealed record BaselineRefusal(BaselineFinding Finding, string Why);
