namespace K8sNetfilter.Diagnosis;

/// <summary>A rule that leads packets into a component's chain.</summary>
/// <param name="From">The chain that it stands in.</param>
/// <param name="Conditions">Its conditions as iptables(8) takes them, for the command that puts it back; empty for none.</param>
/// <param name="IsFirst">True where the component puts it at the head of the chain, false for the end.</param>
internal sealed record EntryJump(string From, string Conditions = "", bool IsFirst = false);
