using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Baselines;
using K8sNetfilter.Completion;
using K8sNetfilter.Errors;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Commands;

/// <summary>Brings the node to baselines: a plan, then each step journaled, done and read back; a failure undoes what was done.</summary>
[Cmdlet(VerbsCommon.Set, "NodeBaseline", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = ByName)]
[OutputType(typeof(BaselineStep))]
public sealed class SetNodeBaselineCommand : BaselineReadingCommand
{
    private const string ByName = "Name";
    private const string ByObject = "InputObject";

    private readonly List<Baseline> _whole = [];
    private readonly List<Baseline> _partly = [];
    private readonly HashSet<(string, string, string, string?, string?)> _findings = [];

    /// <summary>Shipped baselines by name, or .json and .psd1 files by path.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(BaselineCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Baselines of Get-NodeBaseline, findings of Test-NodeBaseline (only those are mended), names or paths.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    [ValidateNotNull]
    public PSObject[] InputObject { get; set; } = [];

    /// <summary>Writes one object a step that was done.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        _whole.AddRange(Resolve(Name));
        foreach (var item in InputObject)
        {
            Take(item);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Guard(Change);

    private void Take(PSObject item)
    {
        switch (item.BaseObject)
        {
            case string name:
                _whole.AddRange(Resolve([name]));
                break;
            case FileInfo file:
                _whole.AddRange(Resolve([file.FullName]));
                break;
            case Baseline baseline:
                _whole.Add(baseline);
                break;
            case BaselineFinding finding:
                Take(finding.Baseline, finding.BaselinePath, finding.Kind.ToString(), finding.Name, finding.Property, finding.Family);
                break;
            case var _ when item.TypeNames.Any(t => t.EndsWith("K8sNetfilter.Baselines.BaselineFinding", StringComparison.Ordinal)):
                // A finding that came over the wire or out of a file.
                Take(Text("Baseline") ?? "", Text("BaselinePath") ?? "", Text("Kind") ?? "", Text("Name") ?? "", Text("Property"), Text("Family"));
                break;
            default:
                WriteNodeError(NodeException.Create(
                    Messages.ResourceManager, nameof(Messages.BaselineInputUnknown), NodeErrorCategory.InvalidArgument, item.BaseObject.GetType().Name), item);
                break;
        }

        string? Text(string name) => item.Properties[name]?.Value?.ToString();
    }

    private void Take(string baseline, string path, string kind, string name, string? property, string? family)
    {
        if (!_partly.Exists(b => (b.Name, b.Path) == (baseline, path)))
        {
            _partly.AddRange(Resolve([path.StartsWith('/') ? path : baseline]));
        }

        _findings.Add((baseline, kind, name, property, family));
    }

    private void Change()
    {
        if (_whole.Count + _partly.Count == 0)
        {
            return;
        }

        var control = new BaselineControl(NodeRoot, (Node as LiveNode)?.Network);
        var plan = MakePlan(control, WriteWarning);
        foreach (var refusal in plan.Refusals)
        {
            string what = refusal.Finding.Property is { } property ? $"{refusal.Finding.Kind} {refusal.Finding.Name} ({property})" : $"{refusal.Finding.Kind} {refusal.Finding.Name}";
            WriteNodeError(
                NodeException.Create(
                    Messages.ResourceManager, nameof(Messages.BaselineNotSettable), NodeErrorCategory.NotSupported, what, refusal.Finding.Baseline, refusal.Why.TrimEnd('.'), refusal.Finding.Remedy),
                refusal.Finding);
        }

        while (plan.Steps.Count != 0)
        {
            var declined = StepConsent.Ask(this, plan.Steps);
            var chosen = plan.Without(declined);
            if (chosen.Steps.Count == 0)
            {
                return;
            }

            var left = plan.Steps.Except(chosen.Steps).Select(s => (s.Kind, s.Target, s.Property)).ToHashSet();
            var done = new List<BaselineStep>();
            if (control.Apply(chosen, Again, done.Add, () => WriteVerbose(Messages.BaselineWaiting), StopToken))
            {
                // Only now: a step that was undone again would have been a lie.
                done.ForEach(Say);
                if (done.Count == 0)
                {
                    WriteVerbose(Messages.BaselineNothingToDo);
                }

                return;
            }

            WriteVerbose(Messages.BaselineLater);
            plan = MakePlan(control, _ => { });

            BaselinePlan Again()
            {
                var fresh = MakePlan(control, _ => { });
                return fresh.Without(fresh.Steps.Where(s => left.Contains((s.Kind, s.Target, s.Property))).Select(s => s.Number).ToHashSet());
            }
        }

        WriteVerbose(plan.Refusals.Count == 0 ? Messages.BaselineNothingToDo : Messages.BaselineNothingPossible);
    }

    private BaselinePlan MakePlan(BaselineControl control, Action<string> warn)
    {
        var whole = _whole.Select(b => (b.Name, b.Path)).ToHashSet();
        return control.Plan(
            [.. _whole.Concat(_partly).DistinctBy(b => (b.Name, b.Path))],
            f => whole.Contains((f.Baseline, f.BaselinePath)) || _findings.Contains((f.Baseline, f.Kind.ToString(), f.Name, f.Property, f.Family)),
            warn,
            StopToken);
    }

    private void Say(BaselineStep step)
    {
        WriteVerbose(string.Format(CultureInfo.InvariantCulture, Messages.BaselineDone, step));
        if (PassThru)
        {
            WriteObject(step);
        }
    }
}
