using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ModuleControlTests
{
    private const string Load = "/etc/modules-load.d/k8s.conf";

    private static TemporaryRoot Image() => new TemporaryRoot()
        .File("/lib/modules/6.1.0/modules.dep", "kernel/overlay.ko:\n").File("/lib/modules/6.1.0/kernel/overlay.ko", "");

    [Fact]
    public void A_name_is_added_once_and_the_rest_stays_byte_for_byte()
    {
        using var root = Image().File(Load, "# mine\r\nbridge");
        var control = new ModuleControl(root.Root);
        control.Enable(control.PlanEnable("overlay", "", Load), default);
        Assert.Equal("# mine\r\nbridge\r\noverlay\r\n", root.Read(Load));
        Assert.NotNull(control.PlanEnable("overlay", "", Load).NothingBecause);
        control.Disable(control.PlanDisable("overlay", persist: true), default);
        Assert.Equal("# mine\r\nbridge\r\n", root.Read(Load));
    }

    [Theory]
    [InlineData(nameof(AtomicFileStep.Write), Errno.ENOSPC)]
    [InlineData(nameof(AtomicFileStep.Flush), Errno.EIO)]
    [InlineData(nameof(AtomicFileStep.Rename), Errno.EROFS)]
    [InlineData(nameof(AtomicFileStep.FlushDirectory), Errno.EIO)]
    public void A_write_that_fails_leaves_the_old_file_and_says_so(string step, int errno)
    {
        using var root = Image().File(Load, "bridge\n");
        var files = new AtomicFile(root.Root) { Fault = s => s.ToString() == step ? errno : 0 };
        var control = new ModuleControl(root.Root, new ModprobeLoader(), files);
        var failure = Assert.Throws<NodeException>(() => control.Enable(control.PlanEnable("overlay", "", Load), default));
        Assert.Equal("ModulePersistFailed", failure.ErrorId);
        Assert.Equal("bridge\n", root.Read(Load));
    }

    [Fact]
    public void A_packages_file_is_overridden_not_changed()
    {
        using var root = Image().File("/usr/lib/modules-load.d/p.conf", "overlay\nbridge\n");
        var control = new ModuleControl(root.Root);
        control.Disable(control.PlanDisable("overlay", persist: true), default);
        Assert.Equal("overlay\nbridge\n", root.Read("/usr/lib/modules-load.d/p.conf"));
        Assert.Equal("bridge\n", root.Read("/etc/modules-load.d/p.conf"));
    }
}
