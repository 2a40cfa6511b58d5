using System.Management.Automation;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>Export-NodeMetric as a user calls it, with what a root's files say.</summary>
public sealed class ExportNodeMetricCommandTests : CommandTests
{
    private const string Findings = "Test-NodeBaseline Kubernetes -Root $root | ";

    [Fact]
    public void A_file_is_replaced_whole()
    {
        Node.File("/metrics/node.prom", "what was there before");
        Assert.Empty(Texts(Findings + "Export-NodeMetric -Path \"$root/metrics/node.prom\""));
        Assert.Empty(Engine.Errors);
        Assert.Equal(Assert.Single(Texts(Findings + "Export-NodeMetric")), Node.Read("/metrics/node.prom"));
        Assert.Equal(["node.prom"], Directory.EnumerateFileSystemEntries(Node.At("/metrics")).Select(Path.GetFileName));
    }

    /// <summary>The collector's folder comes with the collector: a file in a folder that was misspelt would be read by nobody.</summary>
    [Fact]
    public void A_folder_that_is_not_there_is_not_made()
    {
        Assert.Contains("There is no folder", $"{Fails(Findings + "Export-NodeMetric -Path \"$root/metrics/node.prom\"", "MetricFileNotWritten", ErrorCategory.ResourceUnavailable)}", StringComparison.Ordinal);
        Assert.False(Directory.Exists(Node.At("/metrics")));
    }
}
