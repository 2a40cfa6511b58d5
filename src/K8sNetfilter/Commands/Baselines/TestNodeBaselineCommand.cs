using System.Management.Automation;
using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Commands;

/// <summary>Holds the node against baselines: each requirement live and at boot, with the cause, the file and line, and the remedy.</summary>
[Cmdlet(VerbsDiagnostic.Test, "NodeBaseline")]
[OutputType(typeof(BaselineFinding))]
[OutputType(typeof(bool))]
public sealed class TestNodeBaselineCommand : BaselineCommand, ISnapshotReader, IHostReader
{
    private bool _allSatisfied = true;
    private bool _anyRead;

    /// <summary>Baselines, as Get-NodeBaseline gives them.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    public Baseline[]? InputObject { get; set; }

    /// <summary>Gives true or false instead of objects: whether every requirement is satisfied, live and at boot.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Snapshot { get; set; }

    /// <inheritdoc/>
    [Parameter]
    public SwitchParameter Live { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var evaluator = new BaselineEvaluator(Node, WriteWarning, StopToken);
        foreach (var baseline in InputObject ?? Resolve(Name ?? ["Kubernetes"]))
        {
            _anyRead = true;
            var facts = BaselineFactsReader.ReadFor([baseline], Node, NodeRoot, StopToken);
            foreach (var finding in evaluator.Evaluate(baseline, facts))
            {
                _allSatisfied &= finding.IsInDesiredState == true;
                if (!Quiet)
                {
                    WriteObject(finding);
                }
            }
        }
    }

    // A file of the pipeline is a snapshot, or a baseline.
    private protected override bool IsNoSnapshot(string path)
    {
        if (NameBeside(Name, path) is not null)
        {
            return !IsTyped(nameof(Name));
        }

        bool isBaseline = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".psd1", StringComparison.OrdinalIgnoreCase);
        Name = isBaseline ? [path] : null;
        return isBaseline;
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // A baseline that could not be read was not satisfied, whatever the others say.
        if (Quiet && !StopToken.IsCancellationRequested)
        {
            WriteObject(_allSatisfied && _anyRead);
        }
    }

    /// <inheritdoc/>
    protected override void OnFailure(NodeException failure) => _allSatisfied = false;
}
