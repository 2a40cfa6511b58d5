using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Fuzz;

/// <summary>A file of modules-load.d(5): read, and changed.</summary>
internal sealed class ModulesLoadFileTarget : IFuzzTarget
{
    private const string Module = "br_netfilter";

    public string Name => "modules-load-file";

    public IEnumerable<byte[]> Seeds => Inputs.Utf8("overlay\nbr_netfilter\n", "# first\r\n; second\r\n\r\n  br-netfilter\t \r\n#overlay", "a\rb\0c\n\rbr_netfilter # why\n\ne");

    public void Run(byte[] input)
    {
        Inputs.Promise(Names(input).All(n => n.Length != 0 && n.AsSpan().IndexOfAny('\n', '\r', '\0') < 0), "a name that is none");
        bool isThere = Names(input).Any(n => ModuleName.Normalize(n) == Module);
        byte[]? added = ModulesLoadEdit.Add(input, Module);
        Inputs.Promise(added is null == isThere, "a name that is there is added, or one that is not is left out");
        byte[] with = added ?? input;
        Inputs.Promise(added is null || Names(with).Last() == Module, "what was added is not what is read");
        byte[]? removed = ModulesLoadEdit.Remove(with, new HashSet<string>(StringComparer.Ordinal) { "br_netfilter", "br-netfilter" });
        Inputs.Promise(!Names(removed ?? with).Any(n => n is "br_netfilter" or "br-netfilter"), "what was removed is still read");
    }

    // A line of a mebibyte ends systemd's reading, which is more than a fuzzer makes.
    private static IEnumerable<string> Names(byte[] content) => ModulesLoadFile.Parse(new ConfigFile("/f", content)).Select(e => e.Name);
}
