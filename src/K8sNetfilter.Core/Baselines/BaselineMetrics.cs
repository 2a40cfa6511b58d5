using K8sNetfilter.Metrics;

namespace K8sNetfilter.Baselines;

/// <summary>Turns findings into metrics.</summary>
public static class BaselineMetrics
{
    /// <summary>One sample a finding, and one a baseline.</summary>
    public static IEnumerable<Metric> From(IReadOnlyList<BaselineFinding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        yield return new Metric(
            "k8snetfilter_baseline_in_desired_state", "gauge", BaselineMessages.MetricOfBaseline,
            [.. findings.GroupBy(f => f.Baseline).Where(g => IsDecided(g)).Select(g => new MetricSample(Bit(g.All(f => f.IsInDesiredState == true)), ("baseline", g.Key)))]);
        yield return Each("k8snetfilter_requirement_in_desired_state", BaselineMessages.MetricOfRequirement,
            findings, f => f.IsInDesiredState);
        yield return Each("k8snetfilter_requirement_live_in_desired_state", BaselineMessages.MetricNow,
            findings, f => f.IsLiveInDesiredState);
        yield return Each("k8snetfilter_requirement_boot_in_desired_state",
            BaselineMessages.MetricAtBoot, findings, f => f.IsBootInDesiredState);
    }

    private static Metric Each(string name, string help, IReadOnlyList<BaselineFinding> findings, Func<BaselineFinding, bool?> state) =>
        new(name, "gauge", help,
        [
            .. findings.Where(f => state(f) is not null).Select(f => new MetricSample(
                Bit(state(f)!.Value), ("baseline", f.Baseline), ("kind", f.Kind.ToString()), ("name", f.Name), ("property", f.Property), ("family", f.Family))),
        ]);

    // One that fails decides for all; without one each must be known.
    private static bool IsDecided(IEnumerable<BaselineFinding> findings) => findings.Any(f => f.IsInDesiredState == false) || findings.All(f => f.IsInDesiredState is not null);

    private static double Bit(bool value) => value ? 1 : 0;
}
