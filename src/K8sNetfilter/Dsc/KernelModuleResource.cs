using System.Text.Json.Nodes;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Dsc;

/// <summary>A kernel module that is there, or is not; now and, with <c>persist</c>, at the next boot.</summary>
internal sealed class KernelModuleResource : DscResource
{
    private const string ParametersProperty = "parameters";

    /// <inheritdoc/>
    public override string Name => "KernelModule";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Properties { get; } =
        ["name", "_exist", "persist", "path", ParametersProperty, RootProperty, "state", "bootSource", "blockedBy", "reason", "_inDesiredState", "_metadata"];

    /// <inheritdoc/>
    public override DscState Get(DscInput desired, CancellationToken stop)
    {
        string name = desired.RequireText("name");
        ModuleName.Check(name);
        var given = Parameters(desired);
        bool isLive = RootOf(desired).IsLive;
        var source = new LiveNode(RootOf(desired)).Modules;
        var report = new ModuleReport(source);
        var module = report.Find(name)[0];
        var state = Describe(module, isLive);
        Echo(desired, state);
        bool exists = desired.Flag("_exist") ?? true;
        bool persist = desired.Flag("persist") == true;
        bool isNow = state["_exist"]!.GetValue<bool>() == exists;
        bool isAtBoot = state["persist"]!.GetValue<bool>();

        // What a module that is to be absent was loaded with is nobody's concern.
        var found = ModuleParameterState.Of(module, report.Boot.Configuration, source, isLive);
        var answer = exists && given.Count != 0 ? found.HeldAgainst(given) : found;
        answer.AddTo(state);
        if (exists && state["_exist"]!.GetValue<bool>())
        {
            isNow &= answer.IsNow;
            isAtBoot &= answer.IsAtBoot;
            state["persist"] = isAtBoot;
        }

        return new DscState(state, isNow && (isAtBoot || !persist)) { Warnings = answer.Warnings };
    }

    /// <inheritdoc/>
    public override JsonObject Set(DscInput desired, bool whatIf, DscMessages messages, CancellationToken stop)
    {
        var given = Parameters(desired);
        string parameters = ModuleParameters.Join(given.Select(p => KeyValuePair.Create(p.Key, ModuleParameterState.Text(p.Value))));
        var before = Get(desired, stop);
        if (before.IsDesired)
        {
            foreach (string warning in before.Warnings)
            {
                messages.Warn(warning);
            }

            return whatIf ? Planned(before.Properties, []) : before.Properties;
        }

        bool exists = desired.Flag("_exist") ?? true;
        bool persist = desired.Flag("persist") == true;
        string name = desired.RequireText("name");
        var control = new ModuleControl(RootOf(desired));
        var plan = exists
            ? control.PlanEnable(name, parameters, persist ? desired.Text("path") ?? ModuleControl.DefaultPath : null)
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
        if (exists && given.Count != 0)
        {
            after[ParametersProperty] = new JsonObject(given.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value.DeepClone())));
        }

        return Planned(after, plan.Steps);
    }

    /// <inheritdoc/>
    public override IEnumerable<JsonObject> Export(CancellationToken stop)
    {
        var source = new LiveNode(IO.KernelRoot.Live).Modules;
        var report = new ModuleReport(source);
        foreach (string name in report.LoadedOrNamed)
        {
            stop.ThrowIfCancellationRequested();
            var module = report.Describe(name);
            var state = Describe(module, isLive: true);
            var parameters = ModuleParameterState.Of(module, report.Boot.Configuration, source, isLive: true);
            parameters.AddTo(state);
            if (state["_exist"]!.GetValue<bool>())
            {
                state["persist"] = state["persist"]!.GetValue<bool>() && parameters.IsAtBoot;
            }

            yield return state;
        }
    }

    private static IReadOnlyList<KeyValuePair<string, JsonValue>> Parameters(DscInput desired)
    {
        var given = desired.Table(ParametersProperty);
        foreach (var (name, value) in given)
        {
            ModuleParameters.CheckName(name, ModuleParameterState.Text(value));
        }

        return given;
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
