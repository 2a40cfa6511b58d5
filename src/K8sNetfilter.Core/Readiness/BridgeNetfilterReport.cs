using System.Globalization;
using K8sNetfilter.Configuration;
using K8sNetfilter.Links;
using K8sNetfilter.Modules;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Readiness;

/// <summary>Puts together what bridge netfilter and forwarding depend on.</summary>
public static class BridgeNetfilterReport
{
    private const string Overlay = "overlay";
    private const string BrNetfilter = "br_netfilter";
    private const string Call = "net/bridge/bridge-nf-call-";

    /// <summary>The parameters, and what the documentation wants of each.</summary>
    private static readonly (string Path, Need Need)[] Parameters =
    [
        (Call + "iptables", Need.Always),
        (Call + "ip6tables", Need.Always),
        (Call + "arptables", Need.Never),
        ("net/bridge/bridge-nf-filter-vlan-tagged", Need.Never),
        ("net/bridge/bridge-nf-filter-pppoe-tagged", Need.Never),
        ("net/bridge/bridge-nf-pass-vlan-input-dev", Need.Never),
        ("net/ipv4/ip_forward", Need.Always),
        ("net/ipv6/conf/all/forwarding", Need.WithIPv6),
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
        var sysctls = node.Sysctls;
        var found = new Findings(node);
        found.ReadModules();
        bool knowsValues = found.ReadParameters(sysctls, withIPv6, stop);
        var switches = knowsValues ? BridgeNetfilterSwitches.Read(sysctls) : BridgeNetfilterSwitches.Unknown;
        return new NodeBridgeNetfilter
        {
            Node = node.Description,
            Ready = (found.Now == true || !node.IsLive) && found.Boot == true,
            ReadyNow = node.IsLive ? found.Now : null,
            ReadyAtBoot = found.Boot,
            Reasons = [.. found.Reasons],
            Overlay = found.State(Overlay),
            OverlayAtBoot = found.Modules[Overlay].LoadsAtBoot,
            BrNetfilter = found.State(BrNetfilter),
            BrNetfilterAtBoot = found.Modules[BrNetfilter].LoadsAtBoot,
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
            Settings = [.. found.Settings],
            Bridges = BridgeView.Read(node.Links, switches, warn, stop) is { } bridges ? [.. bridges] : null,
        };

        bool? Value(string path) => IsOn(found.ByPath[path].Value);

        bool? Boot(string path) => IsOn(found.ByPath[path].BootValue);
    }

    /// <summary>What is gathered: the settings in their order, whether all is as asked for, and what is not.</summary>
    private sealed class Findings(INode node)
    {
        private bool _knowsModules;
        private bool _isModuleNamed;

        /// <summary>Whether all is so now, and after the next boot; null where something is not known and nothing is wrong.</summary>
        public bool? Now { get; private set; } = true;

        public bool? Boot { get; private set; } = true;

        public List<string> Reasons { get; } = [];

        public List<BridgeNetfilterSetting> Settings { get; } = [];

        public Dictionary<string, KernelModule> Modules { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, BridgeNetfilterSetting> ByPath { get; } = new(StringComparer.Ordinal);

        public ModuleState? State(string name) => _knowsModules && Modules[name].State is not ModuleState.Unknown and var state ? state : null;

        public void ReadModules()
        {
            var source = node.Modules;
            _knowsModules = node.IsLive && source.SupportsModules is not null;
            var report = new ModuleReport(source);
            foreach (string name in new[] { Overlay, BrNetfilter })
            {
                var module = Modules[name] = report.Describe(name);
                bool? isNow = State(name) is { } state ? state is ModuleState.Loaded or ModuleState.BuiltIn : null;
                bool? isBoot = report.KnowsNoKernel && module.BootSource is not null ? true : module.LoadsAtBoot;
                Take(isNow, isBoot);
                Settings.Add(new BridgeNetfilterSetting(name, State(name)?.ToString(), Say(module.LoadsAtBoot), Say(true), module.BootSource, module.Reason ?? ""));
                if (isNow == false || isBoot == false)
                {
                    _isModuleNamed |= name == BrNetfilter;
                    Reasons.Add(Say(
                        isNow != false ? Messages.BridgeNetfilter_ModuleAtBoot : isBoot != false ? Messages.BridgeNetfilter_ModuleNow : Messages.BridgeNetfilter_Module,
                        name, module.BlockedBy is null ? node.Place.On(node.Place.MachineCmdlet($"Enable-KernelModule {name}{Persist(isBoot)}")) : module.Reason));
                }
                else if ((node.IsLive && isNow is null) || isBoot is null)
                {
                    Reasons.Add(Say(node.IsLive && isNow is null ? Messages.BridgeNetfilter_NowUnknown : Messages.BridgeNetfilter_BootUnknown, name, module.Reason));
                }
            }
        }

        /// <summary>Reads the parameters; false where the running kernel's are not known.</summary>
        public bool ReadParameters(ISysctlSource sysctls, bool withIPv6, CancellationToken stop)
        {
            string[] paths = Array.ConvertAll(Parameters, p => p.Path);
            var forecast = SysctlForecast.Of(sysctls, node.Modules, paths, stop);
            bool knowsValues = node.IsLive && forecast.KnowsKernel;
            var values = sysctls.ReadValues(paths, stop);
            for (int i = 0; i < Parameters.Length; i++)
            {
                var (path, need) = Parameters[i];
                var sysctl = forecast.Explain(path, values[i]);
                bool isWanted = need == Need.Always || (need == Need.WithIPv6 && withIPv6);
                var setting = ByPath[path] = new BridgeNetfilterSetting(sysctl.Name, values[i], sysctl.BootValue, isWanted ? "1" : null, sysctl.Source, sysctl.Reason);
                Settings.Add(setting);
                if (isWanted)
                {
                    bool? isNow = IsOn(values[i]) ?? (knowsValues && forecast.Lacks(path) ? false : null);
                    Judge(path, setting, sysctl, isNow, IsOnAtBoot(path, sysctl));
                }
            }

            return knowsValues;
        }

        private bool? IsOnAtBoot(string path, NodeSysctl sysctl)
        {
            bool? on = IsOn(sysctl.BootValue);
            bool isOpen = !sysctl.IsBootValueKnown || sysctl.MayBecome.Any(v => v is null || IsOn(v) != (on == true))
                || (on is null && SysctlModule.For(path) is not null && Modules[BrNetfilter].LoadsAtBoot is null);
            return isOpen ? null : on == true;
        }

        private void Judge(string path, BridgeNetfilterSetting setting, NodeSysctl sysctl, bool? isNow, bool? isBoot)
        {
            Take(isNow, isBoot);
            if (isNow == false || isBoot == false)
            {
                // A switch that is not there for want of its module is that module's reason already.
                if (SysctlModule.For(path) is null || !_isModuleNamed || (isNow == false && setting.Value is not null) || (isBoot == false && setting.BootValue is not null))
                {
                    Reasons.Add(Say(
                        isNow != false ? Messages.BridgeNetfilter_SettingAtBoot : isBoot != false ? Messages.BridgeNetfilter_SettingNow : Messages.BridgeNetfilter_Setting,
                        setting.Name, isNow != false ? setting.BootValue ?? Messages.BridgeNetfilter_Absent : setting.Value ?? Messages.BridgeNetfilter_Absent,
                        Command(sysctl, isNow, isBoot), setting.Source is null ? "" : $" ({setting.Reason.TrimEnd('.')})"));
                }
            }
            else if (node.IsLive && isNow is null)
            {
                Reasons.Add(Say(Messages.BridgeNetfilter_NowUnknown, setting.Name, Messages.BridgeNetfilter_Unread));
            }
            else if (isBoot is null)
            {
                Reasons.Add(Say(Messages.BridgeNetfilter_BootUnknown, setting.Name, setting.Reason));
            }
        }

        private void Take(bool? now, bool? boot)
        {
            Now = And(Now, now);
            Boot = And(Boot, boot);
        }

        // A line that would lose against a later one is not offered.
        private string Command(NodeSysctl sysctl, bool? isNow, bool? isBoot)
        {
            string set = $"Set-NodeSysctl {sysctl.Name} 1";
            return node.Place.On(
                isBoot != false ? node.Place.Cmdlet(set)
                : sysctl.ChangeByHand is { } byHand ? (isNow == false ? $"{node.Place.Cmdlet(set)}; {byHand}" : byHand)
                : node.Place.Cmdlet($"{set} -Persist{(sysctl.PersistPath is { } file ? $" -Path {file}" : "")}"));
        }

        private static string Persist(bool? isBoot) => isBoot == false ? " -Persist" : "";
    }

    // A false decides; an unknown stays one where nothing is false.
    private static bool? And(bool? left, bool? right) => left == false || right == false ? false : left is null || right is null ? null : true;

    /// <summary>All of these are off at 0 and on at anything else.</summary>
    private static bool? IsOn(string? value) => value is null ? null : !KernelValue.Same(value, "0");

    private static string? Say(bool? loads) => loads switch { true => Messages.BridgeNetfilter_There, false => Messages.BridgeNetfilter_Absent, _ => null };

    private static string Say(string message, params object?[] arguments) => Printable.Text(string.Format(CultureInfo.InvariantCulture, message, arguments), 1000);
}
