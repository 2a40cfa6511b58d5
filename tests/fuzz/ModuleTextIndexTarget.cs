using K8sNetfilter.Modules;
using K8sNetfilter.Text;

namespace K8sNetfilter.Fuzz;

/// <summary>depmod's text indexes (modules.dep, modules.builtin, modules.alias), and /proc/modules.</summary>
internal sealed class ModuleTextIndexTarget : IFuzzTarget
{
    public string Name => "module-text-index";

    public IEnumerable<byte[]> Seeds => Inputs.Utf8(
        "kernel/net/br-netfilter.ko.xz: kernel/net/bridge.ko kernel/llc.ko\nkernel/llc.ko:\n",
        "# comment\nalias pci:v0000*sv[0-9a]* e1000\nalias symbol:x y\nalias a",
        "bridge 315392 1 br_netfilter, Live 0xffffffffc0a00000\nx 1 -2 - Loading 0x0 (OE)\nllc 16384 2 bridge,stp, [permanent], Live 0x0\n");

    public void Run(byte[] input)
    {
        string text = ByteText.Decode(input);
        foreach (var index in (ModuleIndex[])[TextModuleIndex.FromDependencies(text), TextModuleIndex.FromBuiltIns(text), TextModuleIndex.FromAliases(text)])
        {
            foreach (string key in index.Keys.Take(100).Append("pci:v00001sv9"))
            {
                _ = index.Find(key) is { } line ? ModuleFile.Parse(line) : null;
                _ = index.FindMatching(key);
            }
        }

        foreach (var module in ProcModules.Parse(text))
        {
            Inputs.Promise(module.Name.Length != 0, "a module without a name");
        }
    }
}
