using System.Text;
using K8sNetfilter.Baselines;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>A root that has drifted from the baseline Kubernetes, and what the tests do with it.</summary>
internal static class DriftedRoot
{
    public static readonly Baseline Kubernetes = BaselineResolver.Resolve(ShippedBaselines.Find("Kubernetes")!, (name, _) => ShippedBaselines.Find(name)!);

    /// <summary>Every way in which a file can stand in the way: overridden by later files of both kinds, masked, and a link.</summary>
    public static TemporaryRoot Drifted()
    {
        var root = new TemporaryRoot()
            .File("/etc/sysctl.conf", "# the distribution's\nnet.ipv4.ip_forward = 0\n")
            .Link("/etc/sysctl.d/zz-last.conf", "../sysctl.conf")
            .File("/etc/sysctl.d/z.conf", "net.bridge.bridge-nf-call-iptables=0\nkernel.panic = 10")
            .File("/usr/lib/sysctl.d/z1.conf", "net.bridge.bridge-nf-call-ip6tables=0\n")
            .Link("/etc/modules-load.d/k8s.conf", "/dev/null")
            .Folder("/var/lib").Folder("/run");
        File.SetUnixFileMode(root.At("/etc/sysctl.d/z.conf"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        return root;
    }

    public static BaselinePlan Plan(BaselineControl control, params Baseline[] baselines) =>
        control.Plan(baselines.Length == 0 ? [Kubernetes] : baselines, null, _ => { }, CancellationToken.None);

    public static List<BaselineStep> Set(BaselineControl control, params Baseline[] baselines)
    {
        var done = new List<BaselineStep>();
        Assert.True(control.Apply(Plan(control, baselines), () => Plan(control, baselines), done.Add, null, CancellationToken.None));
        return done;
    }

    public static void Undo(BaselineControl control, bool force = false) =>
        control.Undo(force, new HashSet<int>(), _ => { }, _ => { }, null, CancellationToken.None);

    /// <summary>All that is below a root: names, kinds, permissions, contents. The journal's folder apart.</summary>
    public static string Sight(TemporaryRoot root)
    {
        var text = new StringBuilder();
        foreach (string name in root.Names())
        {
            var file = new FileInfo(root.At(name));
            string content = file.LinkTarget is { } target ? "-> " + target : Directory.Exists(file.FullName) ? "/" : Convert.ToHexString(File.ReadAllBytes(file.FullName));
            text.Append(name).Append(' ').Append(file.LinkTarget is null ? File.GetUnixFileMode(file.FullName) : default).Append(' ').AppendLine(content);
        }

        return text.ToString();
    }
}
