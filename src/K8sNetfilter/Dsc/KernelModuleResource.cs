using System.Text.Json.Nodes;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Dsc;

/// <summary>A kernel module that is there, or is not; now and, with <c>persist</c>, at the next boot.</summary>
internal sealed class KernelModuleResource : DscResource
{
    /// <inheritdoc/>
    public override string Name => "KernelModule";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Properties { get; } =
        ["name", "_exist", "persist", "path", RootProperty, "state", "bootSource", "blockedBy", "reason", "_inDesiredState", "_metadata"];

    /// <inheritdoc/>
    public override DscState Get(DscInput desired, CancellationToken stop)
    {
        string name = desired.RequireText("name");
        ModuleName.Check(name);
        var module = new ModuleReport(new LiveNode(RootOf(desired)).Modules).Find(name)[0];
        var state = Describe(module, RootOf(desired).IsLive);
        Echo(desired, state);
        bool exists = desired.Flag("_exist") ?? true;

        bool isNow = state["_exist"]!.GetValue<bool>() == exists;
        bool isAtBoot = desired.Flag("persist") != true || state["persist"]!.GetValue<bool>();
        return new DscState(state, isNow && isAtBoot);
    }

    /// <inheritdoc/>
    public override JsonObject Set(DscInput desired, bool whatIf, DscMessages messages, CancellationToken stop)
    {
        var before = Get(desired, stop);
        if (before.IsDesired)
        {
            return whatIf ? Planned(before.Properties, []) : before.Properties;
        }

        bool exists = desired.Flag("_exist") ?? true;
        bool persist = desired.Flag("persist") == true;
        string name = desired.RequireText("name");
        var control = new ModuleControl(RootOf(desired));
        var plan = exists
            ? control.PlanEnable(name, "", persist ? desired.Text("path") ?? ModuleControl.DefaultPath : null)
            : control.PlanDisable(name, persist);
        if (!whatIf)
        {
            foreach (string step in plan.Steps)
            {
                messages.Info($"{plan.Name}: {step}");
            }

            _ = exists ? control.Enable(plan, stop) : control.Disable(plan, stop);
        }

        foreach (string warning in plan.Warnings)
        {
            messages.Warn(warning);
        }

        if (!whatIf)
        {
            return Get(desired, stop).Properties;
        }

        var after = before.Properties;
        after["_exist"] = exists;
        after["persist"] = persist || after["persist"]!.GetValue<bool>();
        return Planned(after, plan.Steps);
    }

    /// <inheritdoc/>
    public override IEnumerable<JsonObject> Export(CancellationToken stop)
    {
        var report = new ModuleReport(new LiveNode(IO.KernelRoot.Live).Modules);
        foreach (string name in report.LoadedOrNamed)
        {
            stop.ThrowIfCancellationRequested();
            yield return Describe(report.Describe(name), isLive: true);
        }
    }

    private static JsonObject Describe(KernelModule module, bool isLive)
    {
        // Without a running kernel the next boot is what counts; where no kernel is installed either, what the files ask of it.
        bool atBoot = module.LoadsAtBoot == true || (!isLive && module.KernelRelease is null && module.BootSource is not null && module.BlockedBy is null);
        bool exists = isLive ? module.State is ModuleState.Loaded or ModuleState.BuiltIn : atBoot;
        var state = new JsonObject
        {
            ["name"] = module.Name,
            ["_exist"] = exists,
            ["persist"] = atBoot == exists,
            ["state"] = module.State.ToString(),
        };
        AddText(state, "bootSource", module.BootSource?.ToString());
        AddText(state, "blockedBy", module.BlockedBy?.ToString());
        AddText(state, "reason", module.Reason);
        return state;
    }
}
