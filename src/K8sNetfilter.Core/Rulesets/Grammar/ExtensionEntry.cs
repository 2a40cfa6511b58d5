namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>A match or target that iptables ships.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Options">Its options; <c>name=</c> takes a value.</param>
internal sealed record ExtensionEntry(string Name, string Options);
