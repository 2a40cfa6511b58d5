using System.Collections;
using System.Globalization;
using System.Management.Automation;
using K8sNetfilter.Modules;
using K8sNetfilter.Surface;

namespace K8sNetfilter.Commands;

/// <summary>Loads kernel modules now and, with -Persist, at every boot.</summary>
[Cmdlet(VerbsLifecycle.Enable, "KernelModule", SupportsShouldProcess = true)]
[OutputType(typeof(KernelModule))]
public sealed class EnableKernelModuleCommand : KernelModuleChangeCommand
{
    /// <summary>The file of modules-load.d(5) that is to name the modules; with -Persist.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ModuleControl.DefaultPath;

    /// <summary>Parameters to load the modules with. With -Persist they are also written to /etc/modprobe.d/k8s.conf.</summary>
    [Parameter]
    public IDictionary? Parameter { get; set; }

    /// <inheritdoc/>
    private protected override ModulePlan Plan(ModuleControl control, string name) =>
        control.PlanEnable(name, Parameters(), Persist ? Path : null);

    /// <inheritdoc/>
    private protected override KernelModule Apply(ModuleControl control, ModulePlan plan) => control.Enable(plan, StopToken);

    private string Parameters() => Parameter is null ? "" : ModuleParameters.Join(
        Parameter.InOrder().Select(entry => KeyValuePair.Create(Text(entry.Key), Text(entry.Value))));

    // The kernel takes switches as 1 and 0, and lists with commas (kernel/params.c).
    private static string Text(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => "",
        bool on => on ? "1" : "0",
        SwitchParameter on => on ? "1" : "0",
        string text => text,
        IEnumerable items => string.Join(',', items.Cast<object>().Select(Text)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        var other => other.ToString() ?? "",
    };
}
