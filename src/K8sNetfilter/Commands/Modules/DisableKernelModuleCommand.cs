using System.Management.Automation;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Commands;

/// <summary>Unloads kernel modules now and, with -Persist, keeps the files from loading them at boot.</summary>
[Cmdlet(VerbsLifecycle.Disable, "KernelModule", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(KernelModule))]
public sealed class DisableKernelModuleCommand : KernelModuleChangeCommand
{
    /// <inheritdoc/>
    private protected override ModulePlan Plan(ModuleControl control, string name) => control.PlanDisable(name, Persist);

    /// <inheritdoc/>
    private protected override KernelModule Apply(ModuleControl control, ModulePlan plan) => control.Disable(plan, StopToken);
}
