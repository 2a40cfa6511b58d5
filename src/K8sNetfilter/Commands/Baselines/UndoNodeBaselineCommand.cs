using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Baselines;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Commands;

/// <summary>Takes the last change of Set-NodeBaseline back: files byte for byte, kernel parameters, bridges, and the modules that it loaded.</summary>
[Cmdlet(VerbsCommon.Undo, "NodeBaseline", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(BaselineStep))]
public sealed class UndoNodeBaselineCommand : RootedNetworkCommand
{
    /// <summary>Also takes back what somebody else has changed since.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes one object a step that was done.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var control = new BaselineControl(NodeRoot, (Node as LiveNode)?.Network);
        var undo = control.PlanUndo();
        if (!undo.IsThere)
        {
            WriteVerbose(Messages.UndoNothing);
            return;
        }

        BaselineControl.Check(undo, Force);
        var declined = StepConsent.Ask(this, undo.Steps);
        if (undo.Steps.Count != 0 && declined.Count == undo.Steps.Count)
        {
            return;
        }

        if (undo.Steps.Count == 0)
        {
            WriteVerbose(Messages.UndoDone);
        }

        control.Undo(Force, declined, Say, WriteWarning, () => WriteVerbose(Messages.BaselineWaiting), StopToken);
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
