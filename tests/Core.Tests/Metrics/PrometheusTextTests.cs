using System.Diagnostics;
using K8sNetfilter.Baselines;
using K8sNetfilter.Metrics;

namespace K8sNetfilter.Tests.Metrics;

public sealed class PrometheusTextTests
{
    private static readonly BaselineFinding Finding = new()
    {
        Baseline = "Kubernetes", Kind = BaselineRequirementKind.Sysctl, Name = "net.ipv4.ip_forward", Expected = "1", IsLiveInDesiredState = true, IsBootInDesiredState = false,
    };

    [Fact]
    public void Findings_are_samples_with_their_labels() =>
        Assert.Equal(
            """
            # HELP k8snetfilter_baseline_in_desired_state 1 where the node satisfies every requirement of the baseline, else 0.
            # TYPE k8snetfilter_baseline_in_desired_state gauge
            k8snetfilter_baseline_in_desired_state{baseline="Kubernetes"} 0
            # HELP k8snetfilter_requirement_in_desired_state 1 where the node satisfies the requirement, live and at boot, else 0.
            # TYPE k8snetfilter_requirement_in_desired_state gauge
            k8snetfilter_requirement_in_desired_state{baseline="Kubernetes",kind="Sysctl",name="net.ipv4.ip_forward"} 0
            # HELP k8snetfilter_requirement_live_in_desired_state 1 where the node's present state satisfies the requirement, else 0.
            # TYPE k8snetfilter_requirement_live_in_desired_state gauge
            k8snetfilter_requirement_live_in_desired_state{baseline="Kubernetes",kind="Sysctl",name="net.ipv4.ip_forward"} 1
            # HELP k8snetfilter_requirement_boot_in_desired_state 1 where the node's state after the next boot is predicted to satisfy the requirement, else 0.
            # TYPE k8snetfilter_requirement_boot_in_desired_state gauge
            k8snetfilter_requirement_boot_in_desired_state{baseline="Kubernetes",kind="Sysctl",name="net.ipv4.ip_forward"} 0

            """,
            PrometheusText.Write(BaselineMetrics.From([Finding])));

    [Fact]
    public void No_label_can_end_its_line_or_its_quotes()
    {
        string text = PrometheusText.Write([new Metric("m", "gauge", "h\nx 1", [new MetricSample(1, ("l", "a\"} 2\nm 3\\\u001b[0m"))])]);
        Assert.Equal("# HELP m h\\nx 1\n# TYPE m gauge\nm{l=\"a\\\"} 2\\nm 3\\\\\ufffd[0m\"} 1\n", text);
    }

    [Fact]
    public void Special_values_are_written_as_Prometheus_reads_them() =>
        Assert.EndsWith(
            "m NaN\nm +Inf\nm -Inf\nm 1.5E+300\n",
            PrometheusText.Write([new Metric("m", "gauge", "h", [new(double.NaN), new(double.PositiveInfinity), new(double.NegativeInfinity), new(1.5e300)])]),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("9m")]
    [InlineData("m-x")]
    [InlineData("")]
    public void A_name_that_Prometheus_refuses_is_refused_here(string name) =>
        Assert.Throws<ArgumentException>(() => PrometheusText.Write([new Metric(name, "gauge", "h", [new(1)])]));

    [Fact]
    public void Promtool_finds_nothing_to_complain_about()
    {
        Process? promtool = null;
        try
        {
            promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
        }

        Assert.SkipWhen(promtool is null, "promtool (Debian's package prometheus) is not installed");
        promtool!.StandardInput.Write(PrometheusText.Write(BaselineMetrics.From([Finding])));
        promtool.StandardInput.Close();
        string said = promtool.StandardError.ReadToEnd() + promtool.StandardOutput.ReadToEnd();
        promtool.WaitForExit();
        Assert.Equal("", said);
        Assert.Equal(0, promtool.ExitCode);
    }
}
