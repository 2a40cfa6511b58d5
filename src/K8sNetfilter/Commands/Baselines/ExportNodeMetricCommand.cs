using System.Management.Automation;
using System.Text;
using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;
using K8sNetfilter.Metrics;
using K8sNetfilter.Surface;
using K8sNetfilter.Text;

namespace K8sNetfilter.Commands;

/// <summary>Writes findings as metrics in the Prometheus text format, for node_exporter's textfile collector.</summary>
[Cmdlet(VerbsData.Export, "NodeMetric", SupportsShouldProcess = true)]
[OutputType(typeof(string))]
public sealed class ExportNodeMetricCommand : NodeCommand
{
    private readonly List<BaselineFinding> _findings = [];

    /// <summary>What Test-NodeBaseline found.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    [FromProperties(typeof(BaselineFinding))]
    public BaselineFinding? InputObject { get; set; }

    /// <summary>The file to write; its name must end in .prom for the collector to read it. Left out: the text is written to the pipeline.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode() => _findings.Add(InputObject!);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_findings.Count == 0 || StopToken.IsCancellationRequested)
        {
            return;
        }

        Guard(() =>
        {
            string text = PrometheusText.Write(BaselineMetrics.From(_findings));
            if (Path is null)
            {
                WriteObject(text);
                return;
            }

            string path = GetUnresolvedProviderPathFromPSPath(Path);
            if (!path.EndsWith(".prom", StringComparison.Ordinal))
            {
                throw NodeException.Create(
                    Messages.ResourceManager, nameof(Messages.MetricFileName), NodeErrorCategory.InvalidArgument, Printable.Text(path));
            }

            if (ShouldProcess(path, Messages.MetricWrite))
            {
                // Whole or not at all: the collector may read at any moment.
                MetricFile.Write(path, Encoding.UTF8.GetBytes(text), StopToken);
            }
        }, Path);
    }
}
