using K8sNetfilter.Errors;
using K8sNetfilter.Modules;
using K8sNetfilter.Tests.Modules;

namespace K8sNetfilter.Fuzz;

/// <summary>depmod's binary indexes: modules.dep.bin and its kin.</summary>
internal sealed class ModuleIndexTarget : IFuzzTarget
{
    public string Name => "module-index";

    public IEnumerable<byte[]> Seeds =>
    [
        BinaryIndexWriter.Write(new() { ["bridge"] = ["kernel/bridge.ko: kernel/llc.ko"], ["br_netfilter"] = ["kernel/br_netfilter.ko: kernel/bridge.ko"], ["br"] = [""] }),
        BinaryIndexWriter.Write(new() { ["pci:v1d*"] = ["a", "b"], ["pci:v*"] = ["b"], ["[xy]z"] = ["d"], ["*"] = ["e"] }),
    ];

    public void Run(byte[] input)
    {
        foreach (string name in (string[])["bridge", "br_netfilter", "pci:v1d2", "xz", ""])
        {
            Ask(input, index => index.Find(name) is { } line ? ModuleFile.Parse(line) : null);
            Ask(input, index => index.FindMatching(name));
        }

        Ask(input, index => index.Keys.Count());
    }

    private static void Ask(byte[] input, Func<BinaryModuleIndex, object?> question)
    {
        try
        {
            _ = question(new BinaryModuleIndex(input, "f"));
        }
        catch (NodeException failure) when (failure.ErrorId == "ModuleIndexMalformed")
        {
        }
    }
}
