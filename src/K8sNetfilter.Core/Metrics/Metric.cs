namespace K8sNetfilter.Metrics;

/// <summary>One family of the Prometheus text format: a name, what it means, and its samples.</summary>
/// <param name="Name">The name with its unit, e.g. <c>k8snetfilter_conntrack_entries</c>. Letters, digits and <c>_</c>.</param>
/// <param name="Type"><c>gauge</c> or <c>counter</c>. A counter's name ends in <c>_total</c>.</param>
/// <param name="Help">What the value means, in a sentence.</param>
/// <param name="Samples">The values.</param>
public sealed record Metric(string Name, string Type, string Help, IReadOnlyList<MetricSample> Samples);
