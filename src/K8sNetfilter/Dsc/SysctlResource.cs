using System.Globalization;
using System.Text.Json.Nodes;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Dsc;

/// <summary>A kernel parameter's value; now and, with <c>persist</c>, after the next boot.</summary>
internal sealed class SysctlResource : DscResource
{
    /// <inheritdoc/>
    public override string Name => "Sysctl";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Properties { get; } =
    [
        "name", "value", "persist", "path", RootProperty, "_exist", "bootValue", "bootSource", "systemValue", "reason", "_inDesiredState", "_metadata",
    ];

    /// <inheritdoc/>
    public override DscState Get(DscInput desired, CancellationToken stop)
    {
        string path = SysctlKey.Parse(desired.RequireText("name"));
        string? asked = desired.TextOrNumber("value", out bool isNumber);
        var root = RootOf(desired);
        var node = new LiveNode(root);
        var source = node.Sysctls;
        var forecast = SysctlForecast.Of(source, node.Modules, [path], stop);
        var sysctl = forecast.Explain(path, root.IsLive && forecast.IsLive(path) ? source.ReadValue(path) : null);

        // The kernel prints 0x10 as 16 and parts lists with tabs: the same value is no drift.
        string? wanted = asked is null ? null : SysctlValue.Taken(path, asked, sysctl.Value ?? sysctl.BootValue, out _);
        var state = Describe(sysctl, root.IsLive, wanted ?? sysctl.Value);
        Echo(desired, state);
        bool isNow = wanted is null || KernelValue.Same(root.IsLive ? sysctl.Value : sysctl.BootValue, wanted);
        bool isAtBoot = desired.Flag("persist") != true || (wanted is not null && KernelValue.Same(OfFiles(sysctl), wanted));
        if (asked is not null && isNow)
        {
            state["value"] = Number(asked, isNumber);
        }
        return new DscState(state, isNow && isAtBoot && desired.Flag("_exist") != false);
    }

    /// <inheritdoc/>
    public override JsonObject Set(DscInput desired, bool whatIf, DscMessages messages, CancellationToken stop)
    {
        if (desired.Flag("_exist") == false)
        {
            throw NodeException.Create(Messages.ResourceManager, nameof(Messages.DscSysctlStays), NodeErrorCategory.InvalidArgument, desired.RequireText("name"));
        }

        string name = desired.RequireText("name");
        string value = desired.TextOrNumber("value", out bool isNumber)
            ?? throw NodeException.Create(Messages.ResourceManager, nameof(Messages.DscPropertyMissing), NodeErrorCategory.InvalidArgument, "value");
        var before = Get(desired, stop);
        if (before.IsDesired)
        {
            return whatIf ? Planned(before.Properties, []) : before.Properties;
        }

        bool persist = desired.Flag("persist") == true;
        var control = new SysctlControl(RootOf(desired));
        var plan = control.PlanSet(name, value, persist ? control.FileFor(desired.Text("path")) : null, stop);
        if (!whatIf)
        {
            foreach (string step in plan.Steps)
            {
                messages.Info($"{plan.Name}: {step}");
            }

            control.Apply(plan, stop);
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
        after["value"] = Number(value, isNumber);
        after["persist"] = persist || after["persist"]!.GetValue<bool>();
        return Planned(after, plan.Steps);
    }

    /// <summary>The parameters that a file sets: what the kernel starts with is nobody's desired state.</summary>
    public override IEnumerable<JsonObject> Export(CancellationToken stop)
    {
        var node = new LiveNode(KernelRoot.Live);
        var source = node.Sysctls;
        var forecast = SysctlForecast.Of(source, node.Modules, [], stop);
        var paths = forecast.Paths.ToList();
        var values = source.ReadValues(paths, stop);
        for (int i = 0; i < paths.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            var sysctl = forecast.Explain(paths[i], values[i]);
            if (sysctl.Value is not null && (OfFiles(sysctl) ?? sysctl.SystemValue) is not null)
            {
                yield return Describe(sysctl, isLive: true, sysctl.Value);
            }
        }
    }

    /// <summary>The value at boot where a file sets it: what the kernel starts with nobody asked for.</summary>
    private static string? OfFiles(NodeSysctl sysctl) => sysctl.Source is null ? null : sysctl.BootValue;

    private static JsonObject Describe(NodeSysctl sysctl, bool isLive, string? wanted)
    {
        var state = new JsonObject { ["name"] = sysctl.Name, ["_exist"] = !isLive || sysctl.Value is not null };
        if ((isLive ? sysctl.Value : sysctl.BootValue) is { } value)
        {
            state["value"] = value;
        }

        state["persist"] = OfFiles(sysctl) is { } boot && KernelValue.Same(boot, wanted ?? boot);
        AddText(state, "bootValue", sysctl.BootValue);
        AddText(state, "bootSource", sysctl.Source?.ToString());
        AddText(state, "systemValue", sysctl.SystemValue);
        AddText(state, "reason", sysctl.Reason);
        return state;
    }

    // What was asked for as a number is answered as one: DSC compares JSON values, and 1 is not "1".
    private static JsonValue Number(string value, bool isNumber) =>
        isNumber && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? JsonValue.Create(number)
            : JsonValue.Create(value);
}
