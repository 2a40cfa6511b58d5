using K8sNetfilter.Modules;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Fuzz;

/// <summary>The kernel command line, as its four readers take it.</summary>
internal sealed class KernelCommandLineTarget : IFuzzTarget
{
    public string Name => "kernel-command-line";

    public IEnumerable<byte[]> Seeds => Inputs.Utf8(
        "quiet modules_load=overlay,br_netfilter rd.modules_load=x module_blacklist=a,b nomodule=0\n",
        "\"modprobe.blacklist=a,b\" 'modules-load=c d' e.f=\"3 4\" g.h a.b.c=1.5=2",
        "sysctl.net.ipv4.ip_forward=1 sysctl/kernel/panic=\"10\" root=/dev/sda1 -- init.x=1 nomodule");

    public void Run(byte[] input)
    {
        string text = ByteText.Decode(input);
        var line = new KernelCommandLine(text);
        _ = line.KernelRefuses("a");
        Inputs.Promise(line.Load.All(e => e.Name.Length != 0), "a name that is none");
        Inputs.Promise(line.Options.All(o => !o.Module.Contains('.')), "a module with a dot");
        Inputs.Promise(SysctlCommandLine.Read(text).All(a => a.Path.Length != 0 && a.Value is { Length: > 0 }), "an assignment of nothing");
    }
}
