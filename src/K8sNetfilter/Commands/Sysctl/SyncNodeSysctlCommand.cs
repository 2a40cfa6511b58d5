using System.Management.Automation;
using K8sNetfilter.Errors;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Commands;

/// <summary>Applies all sysctl.d files to the running kernel, as systemd-sysctl or <c>sysctl --system</c> would.</summary>
[Cmdlet(VerbsData.Sync, "NodeSysctl", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(SyncedSysctl))]
public sealed class SyncNodeSysctlCommand : NetworkNodeCommand
{
    // A number: see PrecompiledAssemblies.
    private int _order;

    /// <summary>Whose order: that of systemd-sysctl, which runs at boot, or that of procps' sysctl --system.</summary>
    [Parameter(Position = 0)]
    public SysctlOrder Order { get => (SysctlOrder)_order; set => _order = (int)value; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var control = new SysctlControl(NodeRoot, ((LiveNode)Node).Network);
        foreach (var answer in control.Sync(Order, ShouldProcess, IsWhatIf, StopToken))
        {
            WriteObject(answer);
            if (answer.Status == SysctlSyncStatus.Failed)
            {
                WriteNodeError(new NodeException(nameof(Messages.SysctlSyncFailed), NodeErrorCategory.InvalidResult, $"{answer.Source}: {answer.Reason}", answer.Remedy ?? Messages.SysctlSyncFailed_Action), answer.Name);
            }
        }
    }
}
