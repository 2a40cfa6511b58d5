using System.Management.Automation;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Commands;

/// <summary>What setting and removing kernel parameters have in common: a plan for each name, shown by -WhatIf, then applied.</summary>
public abstract class SysctlChangeCommand : RootedNetworkCommand
{
    private SysctlControl? _control;

    /// <summary>Writes the parameter as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What changes the node that the parameters name.</summary>
    private protected SysctlControl Control => _control ??= new SysctlControl(NodeRoot, ((LiveNode)Node).Network);

    /// <summary>Shows or does what was planned, and says what will not come of it.</summary>
    private protected void Do(SysctlChange plan, string nothing)
    {
        bool isDone = true;
        if (plan.Steps.Count == 0)
        {
            WriteVerbose(nothing);
        }
        else if (ShouldProcess(plan.Name, string.Join("; ", plan.Steps)))
        {
            Control.Apply(plan, StopToken);
        }
        else
        {
            isDone = false;
        }

        foreach (string warning in plan.Warnings)
        {
            WriteWarning(warning);
        }

        if (isDone && PassThru)
        {
            var source = Node.Sysctls;
            WriteObject(SysctlForecast.Of(source, Node.Modules, [plan.Path], StopToken).Explain(plan.Path, source.ReadValue(plan.Path)));
        }
    }
}
