namespace K8sNetfilter.Metrics;

/// <summary>One value of a metric.</summary>
/// <param name="Value">The value.</param>
/// <param name="Labels">What tells it from the metric's other values. A label without a value is left out.</param>
public sealed record MetricSample(double Value, params (string Name, string? Value)[] Labels);
