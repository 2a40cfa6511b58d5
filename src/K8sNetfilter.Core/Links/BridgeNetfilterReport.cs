using System.Globalization;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Links;

/// <summary>Puts together what bridge netfilter and forwarding depend on.</summary>
public static class BridgeNetfilterReport
{
    private const string Overlay = "overlay";
    private const string BrNetfilter = "br_netfilter";
    private const string Call = "net/bridge/bridge-nf-call-";

    /// <summary>
    /// The parameters, what the documentation wants of each, and what the kernel starts them with once they are there
    /// (net/bridge/br_netfilter_hooks.c, br_netfilter_sysctl_default; net/ipv4/devinet.c; net/ipv6/addrconf.c).
    /// </summary>
    private static readonly (string Path, Need Need, string Start)[] Parameters =
    [
        (Call + "iptables", Need.Always, "1"),
        (Call + "ip6tables", Need.Always, "1"),
        (Call + "arptables", Need.Never, "1"),
        ("net/bridge/bridge-nf-filter-vlan-tagged", Need.Never, "0"),
        ("net/bridge/bridge-nf-filter-pppoe-tagged", Need.Never, "0"),
        ("net/bridge/bridge-nf-pass-vlan-input-dev", Need.Never, "0"),
        ("net/ipv4/ip_forward", Need.Always, "0"),
        ("net/ipv6/conf/all/forwarding", Need.WithIPv6, "0"),
    ];

    private enum Need
    {
        Never,
        Always,
        WithIPv6,
    }

    /// <summary>Reads a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="withIPv6">True where pods have IPv6 addresses, so that IPv6 forwarding is asked for too.</param>
    /// <param name="warn">Told of an uncertain answer.</param>
    /// <param name="stop">Stops the reading.</param>
    public static NodeBridgeNetfilter Of(INode node, bool withIPv6, Action<string> warn, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(node);
        var reasons = new List<string>();
        bool now = true, boot = true;
        var settings = new List<BridgeNetfilterSetting>();
        var moduleSource = node.Modules;
        bool knowsModules = node.IsLive && moduleSource.SupportsModules is not null;
        var modules = new ModuleReport(moduleSource);
        var found = new Dictionary<string, KernelModule>(StringComparer.Ordinal);
        foreach (string name in new[] { Overlay, BrNetfilter })
        {
            var module = found[name] = modules.Describe(name);
            bool isNow = !knowsModules || module.State is ModuleState.Loaded or ModuleState.BuiltIn;
            bool isBoot = module.LoadsAtBoot == true || (modules.KnowsNoKernel && module.BootSource is not null);
            now &= isNow;
            boot &= isBoot;
            settings.Add(new BridgeNetfilterSetting(
                name, knowsModules ? module.State.ToString() : null, Say(module.LoadsAtBoot), Say(true), module.BootSource, module.Reason ?? ""));
            if (!isNow || !isBoot)
            {
                reasons.Add(Say(
                    isNow ? Messages.BridgeNetfilter_ModuleAtBoot : isBoot ? Messages.BridgeNetfilter_ModuleNow : Messages.BridgeNetfilter_Module,
                    name, module.BlockedBy is null ? $"Enable-KernelModule {name}{Switches(!isBoot)}" : module.Reason));
            }
        }

        var sysctls = node.Sysctls;
        string[] paths = Array.ConvertAll(Parameters, p => p.Path);
        var forecast = SysctlForecast.Of(node, paths, sysctls, stop);
        bool knowsValues = node.IsLive && forecast.KnowsKernel;
        var values = sysctls.ReadValues(paths, stop);
        var byPath = new Dictionary<string, BridgeNetfilterSetting>(StringComparer.Ordinal);
        for (int i = 0; i < Parameters.Length; i++)
        {
            var (path, need, start) = Parameters[i];
            var sysctl = forecast.Explain(path, values[i]);
            bool isThere = forecast.MissingModule(path) is null && (!knowsValues || forecast.IsLive(path) || SysctlModule.For(path) is not null);
            string? atBoot = sysctl.BootValue ?? (isThere ? start : null);
            bool isWanted = need == Need.Always || (need == Need.WithIPv6 && withIPv6);
            var setting = byPath[path] = new BridgeNetfilterSetting(sysctl.Name, values[i], atBoot, isWanted ? "1" : null, sysctl.Source, sysctl.Reason);
            settings.Add(setting);
            bool isNow = !isWanted || !knowsValues || IsOn(setting.Value) == true;
            bool isBoot = !isWanted || IsOn(atBoot) == true;
            now &= isNow;
            boot &= isBoot;

            // A switch that is not there for want of its module is that module's reason already.
            bool isModules = SysctlModule.For(path) is not null && (isNow || values[i] is null) && (isBoot || atBoot is null);
            if (!(isNow && isBoot) && !isModules)
            {
                reasons.Add(Say(
                    isNow ? Messages.BridgeNetfilter_SettingAtBoot : isBoot ? Messages.BridgeNetfilter_SettingNow : Messages.BridgeNetfilter_Setting,
                    setting.Name, isNow ? atBoot : values[i] ?? Messages.BridgeNetfilter_Absent, $"Set-NodeSysctl {setting.Name} 1{Switches(!isBoot)}", setting.Source is null ? "" : $" ({setting.Reason.TrimEnd('.')})"));
            }
        }

        var switches = knowsValues ? BridgeNetfilterSwitches.Read(sysctls) : BridgeNetfilterSwitches.Unknown;
        return new NodeBridgeNetfilter
        {
            Node = node.Description,
            Ready = now && boot,
            ReadyNow = knowsModules && knowsValues ? now : null,
            ReadyAtBoot = boot,
            Reasons = [.. reasons],
            Overlay = knowsModules ? found[Overlay].State : null,
            OverlayAtBoot = found[Overlay].LoadsAtBoot,
            BrNetfilter = knowsModules ? found[BrNetfilter].State : null,
            BrNetfilterAtBoot = found[BrNetfilter].LoadsAtBoot,
            CallIptables = Value(Call + "iptables"),
            CallIptablesAtBoot = Boot(Call + "iptables"),
            CallIp6tables = Value(Call + "ip6tables"),
            CallIp6tablesAtBoot = Boot(Call + "ip6tables"),
            CallArptables = Value(Call + "arptables"),
            FilterVlanTagged = Value("net/bridge/bridge-nf-filter-vlan-tagged"),
            FilterPppoeTagged = Value("net/bridge/bridge-nf-filter-pppoe-tagged"),
            PassVlanInputDevice = Value("net/bridge/bridge-nf-pass-vlan-input-dev"),
            IPv4Forwarding = Value("net/ipv4/ip_forward"),
            IPv4ForwardingAtBoot = Boot("net/ipv4/ip_forward"),
            IPv6Forwarding = Value("net/ipv6/conf/all/forwarding"),
            IPv6ForwardingAtBoot = Boot("net/ipv6/conf/all/forwarding"),
            Settings = [.. settings],
            Bridges = BridgeView.Read(node.Links, switches, warn, stop)?.ToArray(),
        };

        bool? Value(string path) => IsOn(byPath[path].Value);

        bool? Boot(string path) => IsOn(byPath[path].BootValue);

        string Switches(bool persist) =>
            (persist ? " -Persist" : "") + (!node.IsLive && node.Description.StartsWith('/') ? $" -Root '{node.Description.Replace("'", "''", StringComparison.Ordinal)}'" : "");
    }

    /// <summary>All of these are off at 0 and on at anything else.</summary>
    private static bool? IsOn(string? value) => value is null ? null : !SysctlValue.Same(value, "0");

    private static string? Say(bool? loads) => loads switch { true => Messages.BridgeNetfilter_There, false => Messages.BridgeNetfilter_Absent, _ => null };

    private static string Say(string message, params object?[] arguments) => Printable.Text(string.Format(CultureInfo.InvariantCulture, message, arguments), 1000);
}
