using System.Text;
using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

/// <summary>A node's modules, written down by hand.</summary>
internal sealed class ModuleNode : IModuleSource
{
    private readonly List<ConfigFile> _load = [];
    private readonly List<ConfigFile> _modprobe = [];

    public IReadOnlyList<ConfigFile> ModulesLoadFiles => _load;

    public IReadOnlyList<ConfigFile> ModprobeFiles => _modprobe;

    public string? CommandLine { get; init; }

    public IReadOnlyList<LoadedModule>? Loaded { get; init; }

    public bool? SupportsModules { get; init; } = true;

    public HashSet<string> MissingFiles { get; } = [];

    public HashSet<string> Shown { get; } = [];

    public ModuleCatalog? Catalog { get; set; } = Index("""
        kernel/net/bridge/br_netfilter.ko: kernel/net/bridge/bridge.ko kernel/net/802/stp.ko kernel/net/llc/llc.ko
        kernel/net/bridge/bridge.ko: kernel/net/802/stp.ko kernel/net/llc/llc.ko
        kernel/net/802/stp.ko: kernel/net/llc/llc.ko
        kernel/net/llc/llc.ko:
        kernel/fs/overlayfs/overlay.ko.xz:
        kernel/net/netfilter/nf_conntrack.ko:
        """, "kernel/net/ipv4/ip_tables.ko", "alias fs-overlay overlay\nalias net-pf-* llc");

    public static ModuleCatalog Index(string dependencies, string builtIns = "", string aliases = "") => new(
        "6.1.0-k8s",
        "/lib/modules/6.1.0-k8s",
        TextModuleIndex.FromDependencies(dependencies),
        TextModuleIndex.FromBuiltIns(builtIns),
        TextModuleIndex.FromAliases(aliases),
        ModuleIndex.Empty,
        ModuleIndex.Empty);

    public ModuleNode Load(string text, string path = "/etc/modules-load.d/k8s.conf")
    {
        _load.Add(new ConfigFile(path, Encoding.UTF8.GetBytes(text)));
        return this;
    }

    public ModuleNode Modprobe(string text, string path = "/etc/modprobe.d/local.conf")
    {
        _modprobe.Add(new ConfigFile(path, Encoding.UTF8.GetBytes(text)));
        return this;
    }

    public bool ShowsBuiltIn(string module) => Shown.Contains(module);

    public bool HasFile(string path) => !MissingFiles.Contains(path);
}
