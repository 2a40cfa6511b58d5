using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Fuzz;

/// <summary>A file of modprobe.d(5): read, asked for what a name leads to and in which steps, and changed.</summary>
internal sealed class ModprobeFileTarget : IFuzzTarget
{
    private static readonly ModuleCatalog Catalog = new(
        "6.1.0",
        "/lib/modules/6.1.0",
        TextModuleIndex.FromDependencies("kernel/a.ko: kernel/b.ko\nkernel/b.ko:\nkernel/br_netfilter.ko: kernel/b.ko"),
        TextModuleIndex.FromBuiltIns("kernel/built.ko"),
        TextModuleIndex.FromAliases("alias net-pf-* a"),
        ModuleIndex.Empty,
        ModuleIndex.Empty);

    public string Name => "modprobe-file";

    public IEnumerable<byte[]> Seeds => Inputs.Utf8(
        "blacklist a # why\noptions br-netfilter x=1 y=\"2 3\"\ninstall b /bin/false\nremove a /bin/true",
        "alias net-pf-[0-9]* a\nsoftdep a pre: b br_netfilter post: built\nsoftdep b pre: a\n",
        "options a x=1 \\\n y=2\nblack\\list b\noptions a z=3\ninstall * /sbin/modprobe --ignore-install a; true\n");

    public void Run(byte[] input)
    {
        var file = new ConfigFile("/etc/modprobe.d/f.conf", input);
        var rules = new ModprobeConfiguration([file], new KernelCommandLine(null));
        var resolver = new ModuleResolver(rules, Catalog, _ => true);
        foreach (string name in (string[])["a", "b", "br_netfilter", "net-pf-7", "built", "nosuch"])
        {
            _ = (rules.Blacklist(name), rules.Install(name), rules.Remove(name), rules.Options(name).Count());
            foreach (var target in resolver.Lookup(name).Targets)
            {
                _ = resolver.Steps(target).Count;
            }
        }

        byte[] changed = ModprobeEdit.SetOptions(input, "br_netfilter", "x=7") ?? input;
        var after = new ModprobeConfiguration([file with { Content = changed }], new KernelCommandLine(null));
        string options = string.Join(' ', after.Options("br_netfilter").Select(o => o.Value));
        Inputs.Promise(ModuleParameters.Split(options).Contains("x=7"), "what was set is not what is read");
        Inputs.Promise(ModprobeEdit.SetOptions(changed, "br_netfilter", "x=7") is null, "setting again changes something");
    }
}
