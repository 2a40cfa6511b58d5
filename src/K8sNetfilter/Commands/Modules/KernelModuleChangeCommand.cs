using System.Management.Automation;
using K8sNetfilter.Completion;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Commands;

/// <summary>What loading and unloading modules have in common: a plan for each name, shown by -WhatIf, then applied.</summary>
public abstract class KernelModuleChangeCommand : RootedCommand
{
    /// <summary>The modules; - and _ are the same.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KernelModuleCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Changes what the next boot does, too.</summary>
    [Parameter]
    public SwitchParameter Persist { get; set; }

    /// <summary>Writes the module as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessNode()
    {
        var control = new ModuleControl(NodeRoot);
        foreach (string name in Name)
        {
            StopToken.ThrowIfCancellationRequested();
            Guard(() => Change(control, name), name);
        }
    }

    /// <summary>Plans the change of one module.</summary>
    private protected abstract ModulePlan Plan(ModuleControl control, string name);

    /// <summary>Does what was planned.</summary>
    private protected abstract KernelModule Apply(ModuleControl control, ModulePlan plan);

    private void Change(ModuleControl control, string name)
    {
        var plan = Plan(control, name);
        KernelModule? module = null;
        if (plan.NothingBecause is { } reason)
        {
            WriteVerbose(reason);
        }
        else if (ShouldProcess(plan.Name, string.Join("; ", plan.Steps)))
        {
            module = Apply(control, plan);
        }
        else
        {
            WriteWarnings(plan);
            return;
        }

        WriteWarnings(plan);
        if (PassThru)
        {
            WriteObject(module ?? new ModuleReport(Node.Modules).Describe(plan.Name));
        }
    }

    private void WriteWarnings(ModulePlan plan)
    {
        foreach (string warning in plan.Warnings)
        {
            WriteWarning(warning);
        }
    }
}
