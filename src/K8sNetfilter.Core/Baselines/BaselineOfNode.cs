using K8sNetfilter.Links;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>
/// Makes a baseline of what a node is now: the modules and kernel parameters that its files or a shipped baseline name, and its bridges. The same
/// node satisfies it.
/// </summary>
public static class BaselineOfNode
{
    /// <summary>The name that such a baseline has.</summary>
    public const string Name = "Node";

    /// <summary>Reads the node.</summary>
    /// <param name="node">The node; of one that is not running, what its next boot makes of it.</param>
    /// <param name="warn">Told of what makes the answer less than complete.</param>
    /// <param name="stop">Ends the reading.</param>
    public static Baseline Read(INode node, Action<string> warn, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(node);
        var shipped = ShippedBaselines.Names.Select(ShippedBaselines.Find).OfType<Baseline>().SelectMany(b => b.Requirements).ToList();
        List<BaselineRequirement> all =
        [
            .. Modules(node, shipped.Where(r => r.Kind == BaselineRequirementKind.Module).Select(r => r.Name)),
            .. Sysctls(node, shipped.Where(r => r.Kind == BaselineRequirementKind.Sysctl).Select(r => SysctlKey.Parse(r.Name)), stop),
            .. node.IsLive ? Bridges(node, warn, stop) : [],
        ];
        return new Baseline { Name = Name, Description = BaselineMessages.DescriptionOfNode(Printable.Text(node.Description)), Path = "node", Requirements = [.. all] };
    }

    private static IEnumerable<BaselineRequirement> Modules(INode node, IEnumerable<string> known)
    {
        var source = node.Modules;
        var report = new ModuleReport(source);
        var named = report.Boot.Requests.Select(r => r.Module);
        foreach (string name in known.Concat(named).Select(ModuleName.Normalize).Where(ModuleName.IsValid).Distinct().Order(StringComparer.Ordinal))
        {
            var module = report.Describe(name);
            bool atBoot = module.State == ModuleState.BuiltIn || module.LoadsAtBoot == true;
            if (module.State is ModuleState.Loaded or ModuleState.BuiltIn || (!node.IsLive && atBoot))
            {
                yield return Requirement(BaselineRequirementKind.Module, name, "present", atBoot);
            }
        }
    }

    private static IEnumerable<BaselineRequirement> Sysctls(INode node, IEnumerable<string> known, CancellationToken stop)
    {
        var source = node.Sysctls;
        var asked = known.ToList();
        var forecast = SysctlForecast.Of(source, node.Modules, node.IsLive ? [] : asked, stop);
        foreach (string path in asked.Concat(forecast.NamedPaths).Distinct().Order(StringComparer.Ordinal))
        {
            stop.ThrowIfCancellationRequested();
            string? live = forecast.IsLive(path) ? source.ReadValue(path)?.Trim() : null;
            var sysctl = forecast.Explain(path, live);
            string? value = node.IsLive ? live : sysctl.Source is null ? null : sysctl.BootValue?.Trim();
            if (string.IsNullOrEmpty(value) || value.Length > 4096 || value.Any(c => char.IsControl(c) && c != '\t') || !BaselineReader.CanBeName(sysctl.Name))
            {
                continue;
            }

            yield return Requirement(BaselineRequirementKind.Sysctl, sysctl.Name, value, BaselineExpectation.Exactly(value).IsSatisfiedBy(sysctl.BootValue));
        }
    }

    private static IEnumerable<BaselineRequirement> Bridges(INode node, Action<string> warn, CancellationToken stop)
    {
        foreach (var bridge in BridgeView.Read(node.Links, BridgeNetfilterSwitches.Read(node.Sysctls), warn, stop) ?? [])
        {
            bool? hairpin = bridge.Ports.Length == 0 || bridge.Ports.Any(p => p.Hairpin != bridge.Ports[0].Hairpin) ? null : bridge.Ports[0].Hairpin;
            (string Flag, bool? On)[] flags =
                [("callIptables", bridge.IPv4Netfilter), ("callIp6tables", bridge.IPv6Netfilter), ("callArptables", bridge.ArpNetfilter), ("hairpin", hairpin)];
            foreach (var (flag, on) in flags)
            {
                if (on is { } known && BaselineReader.CanBeName(bridge.Name))
                {
                    yield return Requirement(BaselineRequirementKind.Bridge, bridge.Name, known ? "on" : "off", atBoot: false, flag);
                }
            }
        }
    }

    private static BaselineRequirement Requirement(BaselineRequirementKind kind, string name, string value, bool atBoot, string? property = null) => new()
    {
        Baseline = Name, Kind = kind, Name = name, Property = property, Expected = BaselineExpectation.Exactly(value), AtBoot = atBoot,
    };
}
