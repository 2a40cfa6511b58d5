using System.Text.Json.Nodes;
using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;

namespace K8sNetfilter.Dsc;

/// <summary>All requirements of a baseline, now and after the next boot.</summary>
internal sealed class NodeBaselineResource : DscResource
{
    // Each time another writer got in between, the plan is made again.
    private const int MostPlans = 5;

    /// <inheritdoc/>
    public override string Name => "NodeBaseline";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Properties { get; } = ["name", RootProperty, "findings", "_inDesiredState", "_metadata"];

    /// <inheritdoc/>
    public override DscState Get(DscInput desired, CancellationToken stop) => Describe(desired, Plan(desired, _ => { }, stop).Findings);

    /// <inheritdoc/>
    public override JsonObject Set(DscInput desired, bool whatIf, DscMessages messages, CancellationToken stop)
    {
        var control = new BaselineControl(RootOf(desired));
        var plan = Plan(desired, messages.Warn, stop);
        bool isDone = whatIf || plan.Steps.Count == 0;
        for (int i = 0; !isDone && i < MostPlans; i++)
        {
            isDone = control.Apply(plan, () => Plan(desired, _ => { }, stop), step => messages.Info(step.ToString()), () => messages.Info(Messages.BaselineWaiting), stop);
            if (!isDone)
            {
                plan = Plan(desired, _ => { }, stop);
            }
        }

        if (whatIf)
        {
            foreach (var refusal in plan.Refusals)
            {
                messages.Warn(Failure(refusal).Message);
            }

            return Planned(Describe(desired, plan.Findings).Properties, plan.Steps.Select(s => s.ToString()));
        }

        // What could be done is done; that it is not all is a failure, and DSC shows the first.
        foreach (var refusal in plan.Refusals.Skip(1))
        {
            messages.Error(Failure(refusal).Message);
        }

        return plan.Refusals.Count == 0 ? Get(desired, stop).Properties : throw Failure(plan.Refusals[0]);
    }

    /// <summary>The shipped baselines that the node satisfies.</summary>
    public override IEnumerable<JsonObject> Export(CancellationToken stop)
    {
        foreach (string name in ShippedBaselines.Names)
        {
            var baseline = BaselineNames.Resolve(name, Path.GetFullPath);
            var findings = new BaselineControl(KernelRoot.Live).Plan([baseline], null, _ => { }, stop).Findings;
            if (findings.All(f => f.IsInDesiredState == true))
            {
                yield return new JsonObject { ["name"] = name, ["findings"] = List(findings) };
            }
        }
    }

    private static BaselinePlan Plan(DscInput desired, Action<string> warn, CancellationToken stop) =>
        new BaselineControl(RootOf(desired)).Plan([BaselineNames.Resolve(desired.RequireText("name"), Path.GetFullPath)], null, warn, stop);

    private static DscState Describe(DscInput desired, IReadOnlyList<BaselineFinding> findings)
    {
        var state = new JsonObject { ["findings"] = List(findings) };
        Echo(desired, state);
        return new DscState(state, findings.All(f => f.IsInDesiredState == true));
    }

    private static JsonArray List(IEnumerable<BaselineFinding> findings)
    {
        var list = new JsonArray();
        foreach (var finding in findings)
        {
            var item = new JsonObject { ["kind"] = finding.Kind.ToString(), ["inDesiredState"] = finding.IsInDesiredState == true };
            AddText(item, "name", finding.Name);
            AddText(item, "property", finding.Property);
            AddText(item, "expected", finding.Expected);
            AddText(item, "liveValue", finding.LiveValue);
            AddText(item, "bootValue", finding.BootValue);
            AddText(item, "cause", finding.Cause);
            AddText(item, "remedy", finding.Remedy);
            list.Add(item);
        }

        return list;
    }

    private static NodeException Failure(BaselineRefusal refusal)
    {
        var finding = refusal.Finding;
        string what = finding.Property is null ? $"{finding.Kind} {finding.Name}" : $"{finding.Kind} {finding.Name} ({finding.Property})";
        return NodeException.Create(
            Messages.ResourceManager, nameof(Messages.BaselineNotSettable), NodeErrorCategory.NotSupported, what, finding.Baseline, refusal.Why.TrimEnd('.'), finding.Remedy);
    }
}
