using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Modules;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Modules;

/// <summary>A file system that is mounted read-only, and a file that may not be changed: two errors, and in both rooms the kernel is put back.</summary>
public sealed class ReadOnlyTests
{
    private const string Load = "/etc/modules-load.d/k8s.conf";

    [Fact]
    public void What_can_not_be_written_is_told_apart_and_undone() => PrivateProcess.Run(nameof(Read_only_places_are_told_apart_on_a_file_system_of_their_own), "--net");

    /// <summary>The other half, in a process that has the file system to itself.</summary>
    [Fact(Explicit = true)]
    public void Read_only_places_are_told_apart_on_a_file_system_of_their_own()
    {
        PrivateProcess.Require();
        PrivateProcess.Bash("""
            mount -t tmpfs none /etc; mount -t tmpfs none /run; mkdir /etc/sysctl.d /etc/modules-load.d
            echo '# mine' | tee /etc/sysctl.d/k8s.conf > /etc/modules-load.d/k8s.conf
            echo 0 > /proc/sys/net/ipv4/ip_forward
            mount -o remount,ro /etc
            """);
        Fails(Errno.EROFS, "SysctlPersistFailed", SetSysctl, "read-only");
        Fails(Errno.EROFS, "ModulePersistFailed", EnableModule, "read-only");
        PrivateProcess.Bash("mount -o remount,rw /etc");

        // EPERM: tmpfs has no immutable files, so the step is made to fail.
        var files = new AtomicFile(KernelRoot.Live) { Fault = step => step == AtomicFileStep.Rename ? Errno.EPERM : 0 };
        Fails(Errno.EPERM, "SysctlPersistFailed", () => SetSysctl(files), "CAP_DAC_OVERRIDE");
        Fails(Errno.EPERM, "ModulePersistFailed", () => EnableModule(files), "CAP_DAC_OVERRIDE");

        // A container's /proc/sys is read-only, whatever it may do.
        PrivateProcess.Bash("mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys");
        var failure = Assert.Throws<NodeException>(() => SetSysctl());
        Assert.Equal(("ReadOnly", Errno.EROFS), (failure.ErrorId, failure.Errno));
        Assert.Contains("read-only", failure.Message + failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("# mine\n", File.ReadAllText("/etc/sysctl.d/k8s.conf"));
    }

    private static void SetSysctl() => SetSysctl(new AtomicFile(KernelRoot.Live));

    private static void SetSysctl(AtomicFile files)
    {
        var control = new SysctlControl(KernelRoot.Live, null, files);
        control.Apply(control.PlanSet("net.ipv4.ip_forward", "1", SysctlControl.DefaultPath), default);
    }

    private static void EnableModule() => EnableModule(new AtomicFile(KernelRoot.Live));

    private static void EnableModule(AtomicFile files)
    {
        var image = Directory.CreateTempSubdirectory("k8snf-");
        try
        {
            // The files are the machine's, as this process sees it; the kernel and its modules are the test's.
            Directory.CreateDirectory(image.FullName + "/lib/modules/6.1.0/kernel");
            File.WriteAllText(image.FullName + "/lib/modules/6.1.0/modules.dep", "kernel/overlay.ko:\n");
            File.WriteAllText(image.FullName + "/lib/modules/6.1.0/kernel/overlay.ko", "");
            var kernel = new FakeKernel();
            var modules = new LiveModuleSource(new KernelRoot(image.FullName));
            var control = new ModuleControl(KernelRoot.Live, kernel, files) { Kernel = _ => kernel.Seen(modules, null) };
            try
            {
                control.Enable(control.PlanEnable("overlay", "", Load), default);
            }
            finally
            {
                Assert.Equal(["load overlay", "unload overlay"], kernel.Calls);
                Assert.Empty(kernel.Loaded);
            }
        }
        finally
        {
            image.Delete(recursive: true);
        }
    }

    private static void Fails(int errno, string id, Action change, string says)
    {
        var failure = Assert.Throws<NodeException>(change);
        Assert.Equal((id, errno), (failure.ErrorId, failure.Errno));
        Assert.Contains(says, failure.Message + failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("0", File.ReadAllText("/proc/sys/net/ipv4/ip_forward").Trim());
        Assert.Equal("# mine\n", File.ReadAllText("/etc/sysctl.d/k8s.conf"));
        Assert.Equal("# mine\n", File.ReadAllText(Load));
    }
}
