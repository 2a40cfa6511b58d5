using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.IO;

public sealed class KernelRootTests
{
    [Fact]
    public void A_mounted_host_has_its_own_files_and_the_kernel_that_runs_here()
    {
        using var host = new TemporaryRoot().File("/etc/sysctl.d/k8s.conf", "kernel.ostype = Other\n").File("/proc/sys/kernel/ostype", "a file\n");
        var root = KernelRoot.OfHost(host.Path);
        Assert.True(root.IsLive);
        Assert.Equal(host.Path + "/etc/hosts", root.Resolve("/etc/hosts"));
        Assert.Equal("/proc/modules", root.Resolve("/proc/modules"));
        Assert.Equal("/sys/module/x", root.Resolve("/sys/module/x"));
        Assert.Equal(host.Path + "/procs", root.Resolve("/procs"));

        var node = new LiveNode(root);
        Assert.Equal("Linux", node.Sysctls.ReadValue("kernel/ostype"));
        var sysctl = SysctlForecast.Of(node.Sysctls, node.Modules, [], TestContext.Current.CancellationToken).Explain("kernel/ostype", "Linux");
        Assert.Equal(("Other", "/etc/sysctl.d/k8s.conf:1"), (sysctl.BootValue, sysctl.Source!.ToString()));
        Assert.Equal("Linux\n", System.Text.Encoding.ASCII.GetString(ConfigFolder.TryReadAll(root, "/proc/sys/kernel/ostype", 100)!));
    }

    [Fact]
    public void An_image_has_no_kernel_that_runs()
    {
        using var image = new TemporaryRoot().File("/proc/sys/kernel/ostype", "a file\n");
        Assert.False(image.Root.IsLive);
        Assert.Null(new LiveNode(image.Root).Sysctls.ReadValue("kernel/ostype"));
    }
}
