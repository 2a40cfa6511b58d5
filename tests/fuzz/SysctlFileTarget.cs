using K8sNetfilter.Configuration;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Fuzz;

/// <summary>A file of sysctl.d(5): read as both tools read it, planned, and changed.</summary>
internal sealed class SysctlFileTarget : IFuzzTarget
{
    private const string Key = "net/ipv4/ip_forward";

    private static readonly SysctlTree Keys = new([Key, "kernel/panic", "net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/all/rp_filter", "net/ipv6/conf/all/forwarding"]);

    public string Name => "sysctl-file";

    public IEnumerable<byte[]> Seeds => Inputs.Utf8(
        "# mine\nnet.ipv4.ip_forward = 1\n-net.ipv6.conf.all.forwarding=1\r\n\n; x\nkernel.panic=",
        "net.ipv4.conf.*.rp_filter = 2\n-net/ipv4/conf/eth0.100/rp_filter\n",
        "net/ipv4/conf/[!a]??[[:digit:]].1*/rp_filter=1\nnet.ipv4.conf.eth0/100.rp_filter = 1 2\t3",
        "net.ipv4.ip_forward = 0\rnet.ipv4.ip_forward = 1\0- net.ipv4.ip_forward\n/proc/sys/kernel/panic=1\na//./b=c");

    public void Run(byte[] input)
    {
        var file = new ConfigFile("/etc/sysctl.d/f.conf", input);
        foreach (var order in Enum.GetValues<SysctlOrder>())
        {
            foreach (bool byPattern in new[] { false, true })
            {
                foreach (var write in SysctlPlan.Of(order, [file], byPattern).Writes(Keys))
                {
                    Inputs.Promise(write.By.IsPattern ? Keys.Contains(write.Path!) : write.Path?.Split('/').Any(part => part is "" or "." or "..") != true, "a path that can't be a key's");
                }
            }
        }

        (byte[] changed, int line) = SysctlFile.Set(input, Key, "1");
        var last = SysctlGrammar.ReadAsSystemd(file with { Content = changed }).Assignments.Last(a => a.Path == Key);
        Inputs.Promise(KernelValue.Same(last.Value, "1") && last.Source.Line == line, "what was set is not what is read");
        Inputs.Promise(ReferenceEquals(changed, SysctlFile.Set(changed, Key, "1").Content), "setting again changes something");
        (byte[] less, int[] lines) = SysctlFile.Remove(changed, Key);
        Inputs.Promise(less.Length <= changed.Length && (lines.Length == 0) == (less.Length == changed.Length), "removing takes out something else");
    }
}
