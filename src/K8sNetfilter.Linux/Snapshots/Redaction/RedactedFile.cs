namespace K8sNetfilter.Snapshots.Redaction;

/// <summary>What the redaction of a line needs to know of the file that it belongs to.</summary>
/// <param name="Rules">Redacts the words of rules, which can go on for more than a line.</param>
/// <param name="IsConfiguration">A configuration file of the node's, whose comments are taken out.</param>
/// <param name="HasRouteTables">Routes or routing rules as JSON: a table there is one of routes, not of nftables.</param>
internal sealed record RedactedFile(RuleTextRedaction Rules, bool IsConfiguration, bool HasRouteTables);
