using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ModuleControlTests
{
    private const string Load = "/etc/modules-load.d/k8s.conf";

    private const string Options = "/etc/modprobe.d/k8s.conf";

    private static TemporaryRoot Image() => new TemporaryRoot()
        .File("/lib/modules/6.1.0/modules.dep", "kernel/overlay.ko:\nkernel/br_netfilter.ko: kernel/bridge.ko\nkernel/bridge.ko:\n")
        .File("/lib/modules/6.1.0/modules.builtin", "kernel/ip_tables.ko\n")
        .File("/lib/modules/6.1.0/kernel/overlay.ko", "").File("/lib/modules/6.1.0/kernel/br_netfilter.ko", "").File("/lib/modules/6.1.0/kernel/bridge.ko", "");

    private static NodeException Refused(TemporaryRoot root, FakeKernel kernel, string module = "overlay")
    {
        var control = kernel.Control(root.Root);
        string[] names = root.Names(), before = [.. kernel.Loaded];
        var failure = Assert.Throws<NodeException>(() => control.Enable(control.PlanEnable(module, "", Load), default));
        Assert.False(string.IsNullOrWhiteSpace(failure.RecommendedAction));
        Assert.Equal(names, root.Names());
        Assert.Equal(before, kernel.Loaded);
        return failure;
    }

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

    [Fact]
    public void Loading_is_proven_and_a_second_time_does_nothing()
    {
        using var root = Image();
        var kernel = new FakeKernel();
        var control = kernel.Control(root.Root);
        var plan = control.PlanEnable("br-netfilter", "a=1", Load);
        Assert.Empty(kernel.Calls);
        Assert.Equal(["load it with a=1", $"add it to {Load}", $"set its options in {Options}"], plan.Steps);
        var module = control.Enable(plan, default);
        Assert.Equal((ModuleState.Loaded, true), (module.State, module.LoadsAtBoot));
        Assert.Equal(["load br_netfilter a=1"], kernel.Calls);
        Assert.NotNull(control.PlanEnable("br_netfilter", "", Load).NothingBecause);
        Assert.NotNull(control.PlanEnable("ip_tables", "", Load).NothingBecause);
        Assert.Equal(ModuleState.Available, control.Disable(control.PlanDisable("br_netfilter", persist: true), default).State);
        Assert.Equal("", root.Read(Load));
    }

    [Fact]
    public void What_reports_a_success_and_is_none_is_an_error()
    {
        using var root = Image();
        Assert.Equal("ModuleNotLoadedAfterwards", Refused(root, new FakeKernel { OnlyPretends = true }).ErrorId);
        var kernel = new FakeKernel { OnlyPretends = true }.With("overlay");
        var control = kernel.Control(root.Root);
        Assert.Equal("ModuleStillLoadedAfterwards", Assert.Throws<NodeException>(() => control.Disable(control.PlanDisable("overlay", persist: false), default)).ErrorId);
    }

    [Theory]
    [InlineData(Errno.EPERM, "ModuleNotPermitted", NodeErrorCategory.PermissionDenied)]
    [InlineData(Errno.EKEYREJECTED, "ModuleSignatureRejected", NodeErrorCategory.SecurityError)]
    [InlineData(Errno.ENOKEY, "ModuleSignatureRejected", NodeErrorCategory.SecurityError)]
    [InlineData(Errno.EBADMSG, "ModuleSignatureRejected", NodeErrorCategory.SecurityError)]
    [InlineData(Errno.ENOSYS, "ModulesNotSupported", NodeErrorCategory.NotSupported)]
    [InlineData(Errno.ENOENT, "ModuleSymbolUnknown", NodeErrorCategory.ResourceUnavailable)]
    [InlineData(Errno.ENOEXEC, "ModuleWrongFormat", NodeErrorCategory.InvalidData)]
    [InlineData(Errno.ENODEV, "ModuleLoadFailed", NodeErrorCategory.ResourceUnavailable)]
    [InlineData(-1, "ModuleLoadFailed", NodeErrorCategory.ResourceUnavailable)]
    public void Each_answer_of_the_kernel_is_an_error_of_its_own_and_nothing_is_left(int errno, string id, NodeErrorCategory category)
    {
        using var root = Image();

        // What it needs was loaded before it was refused, and is taken out again; what somebody else loaded meanwhile stays.
        FakeKernel kernel = null!;
        kernel = new FakeKernel { Answer = m => m != "br_netfilter" || !kernel.Loaded.Contains("bridge") ? 0 : errno };
        var failure = Refused(root, kernel, "br_netfilter");
        Assert.Equal((id, category), (failure.ErrorId, failure.Category));
        Assert.Equal(Math.Max(errno, 0), failure.Errno);
        Assert.Equal(["load br_netfilter", "unload bridge"], kernel.Calls);
    }

    [Theory]
    [InlineData("/proc/sys/kernel/modules_disabled", "1\n", "ModuleLoadingDisabled")]
    [InlineData("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n", "ModuleLockdown")]
    [InlineData("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n", "ModuleNotPermitted")]
    [InlineData("/proc/self/status", "Name:\tx\nCapEff:\t0000003fffffffff\n", "ModuleNotPermitted")]
    public void Why_it_is_not_permitted_is_looked_for(string file, string content, string id)
    {
        using var root = Image().File(file, content);
        Assert.Equal(id, Refused(root, new FakeKernel { Answer = _ => Errno.EPERM }).ErrorId);

        // Without the capability, the lockdown is not the reason that counts.
        root.File("/proc/self/status", "CapEff:\t00000000a80425fb\n");
        Assert.Equal(id == "ModuleLoadingDisabled" ? id : "ModuleNotPermitted", Refused(root, new FakeKernel { Answer = _ => Errno.EPERM }).ErrorId);
    }

    [Theory]
    [InlineData("blacklist overlay\n", null, "ModuleBlacklisted", "/etc/modprobe.d/x.conf:1")]
    [InlineData("# cis\ninstall overlay /bin/false\n", null, "ModuleInstallCommandBlocks", "/etc/modprobe.d/x.conf:2")]
    [InlineData("install overlay /bin/true\n", null, "ModuleInstallCommandBlocks", "/etc/modprobe.d/x.conf:1")]
    [InlineData("", "quiet modprobe.blacklist=overlay", "ModuleBlockedOnCommandLine", "modprobe.blacklist=")]
    [InlineData("", "module_blacklist=x,overlay", "ModuleBlockedOnCommandLine", "module_blacklist=")]
    [InlineData("", "nomodule", "ModuleBlockedOnCommandLine", "module_blacklist=")]
    public void What_is_blocked_is_refused_with_the_place_that_blocks_it(string modprobe, string? commandLine, string id, string place)
    {
        using var root = Image().File("/etc/modprobe.d/x.conf", modprobe);
        var kernel = new FakeKernel { CommandLine = commandLine };
        var failure = Refused(root, kernel);
        Assert.Equal((id, NodeErrorCategory.SecurityError), (failure.ErrorId, failure.Category));
        Assert.Contains(place, failure.Message, StringComparison.Ordinal);
        Assert.Empty(kernel.Calls);
    }

    [Fact]
    public void A_need_that_is_blocked_is_named()
    {
        using var root = Image().File("/etc/modprobe.d/x.conf", "install bridge /bin/false\n");
        var failure = Refused(root, new FakeKernel(), "br_netfilter");
        Assert.Equal("ModuleDependencyBlocked", failure.ErrorId);
        Assert.Contains("bridge, which /etc/modprobe.d/x.conf:1 blocks", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ID=ubuntu\nID_LIKE=debian\n", "linux-modules-extra-6.1.0")]
    [InlineData("ID=\"centos\"\nID_LIKE=\"rhel fedora\"\n", "kernel-modules-extra")]
    public void A_module_that_this_kernel_has_not_is_looked_for_in_a_package(string osRelease, string package)
    {
        using var root = Image().File("/etc/os-release", osRelease);
        var failure = Refused(root, new FakeKernel(), "nosuch");
        Assert.Equal(("ModuleNotFoundInPackage", NodeErrorCategory.NotFound), (failure.ErrorId, failure.Category));
        Assert.Contains(package, failure.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_without_modules_or_without_its_folder_says_so()
    {
        using var root = Image();
        Assert.Equal("ModuleNotFound", Refused(root, new FakeKernel(), "nosuch").ErrorId);
        Assert.Equal("ModulesNotSupported", Refused(root, new FakeKernel { SupportsModules = false }).ErrorId);
        using var empty = new TemporaryRoot().Folder("/etc");
        Assert.Equal("ModuleFolderMissing", Refused(empty, new FakeKernel()).ErrorId);
    }

    [Fact]
    public void A_fifo_that_modprobe_would_wait_for_is_refused()
    {
        using var root = Image().Folder("/etc/modprobe.d");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", root.At("/etc/modprobe.d/f.conf")))
        {
            mkfifo.WaitForExit();
        }

        Assert.Equal("ModuleConfigurationUnreadable", Refused(root, new FakeKernel()).ErrorId);
    }

    [Fact]
    public void A_module_in_use_is_kept_and_its_users_are_named()
    {
        using var root = Image();
        var kernel = new FakeKernel().With("bridge", 2, ["br_netfilter", "ebtables"]).With("overlay", 3).With("br_netfilter", 0, isPermanent: true);
        var control = kernel.Control(root.Root);
        foreach (var (module, id, text) in new[]
        {
            ("bridge", "ModuleInUse", "br_netfilter, ebtables"), ("overlay", "ModuleInUseByOthers", "3 times"), ("br_netfilter", "ModulePermanent", "br_netfilter"),
            ("ip_tables", "ModuleBuiltIn", "ip_tables"), ("nosuch", "ModuleNotFound", "nosuch"),
        })
        {
            var failure = Assert.Throws<NodeException>(() => control.PlanDisable(module, persist: true));
            Assert.Equal(id, failure.ErrorId);
            Assert.Contains(text, failure.Message, StringComparison.Ordinal);
            Assert.NotNull(failure.RecommendedAction);
        }

        Assert.Empty(kernel.Calls);
    }

    [Theory]
    [InlineData(Errno.EPERM, "ModuleNotPermitted")]
    [InlineData(Errno.EAGAIN, "ModuleInUseByOthers")]
    [InlineData(Errno.EBUSY, "ModulePermanent")]
    [InlineData(Errno.ENOSYS, "ModuleUnloadNotSupported")]
    [InlineData(-1, "ModuleUnloadFailed")]
    public void Each_answer_to_unloading_is_an_error_of_its_own(int errno, string id)
    {
        using var root = Image().File(Load, "overlay\n");
        var kernel = new FakeKernel { Answer = _ => errno }.With("overlay");
        var control = kernel.Control(root.Root);
        var failure = Assert.Throws<NodeException>(() => control.Disable(control.PlanDisable("overlay", persist: true), default));
        Assert.Equal(id, failure.ErrorId);
        Assert.Equal("overlay\n", root.Read(Load));
    }

    [Fact]
    public void A_file_that_can_not_be_written_puts_the_kernel_back_or_says_that_it_could_not()
    {
        using var root = Image().File(Load, "# mine\n");
        var files = new AtomicFile(root.Root) { Fault = s => s == AtomicFileStep.Rename ? Errno.ENOSPC : 0 };
        var kernel = new FakeKernel();
        var control = kernel.Control(root.Root, files);
        var failure = Assert.Throws<NodeException>(() => control.Enable(control.PlanEnable("br_netfilter", "a=1", Load), default));
        Assert.Equal(("ModulePersistFailed", Errno.ENOSPC), (failure.ErrorId, failure.Errno));
        Assert.Empty(kernel.Loaded);
        Assert.Equal(["load br_netfilter a=1", "unload br_netfilter", "unload bridge"], kernel.Calls);
        Assert.Equal("# mine\n", root.Read(Load));

        root.File(Load, "overlay\n");
        kernel.With("overlay");
        failure = Assert.Throws<NodeException>(() => control.Disable(control.PlanDisable("overlay", persist: true), default));
        Assert.Equal("ModulePersistFailed", failure.ErrorId);
        Assert.Equal(["overlay"], kernel.Loaded);

        kernel.Remove("overlay");
        int calls = 0;
        kernel.Answer = _ => calls++ == 0 ? 0 : Errno.EBUSY;
        failure = Assert.Throws<NodeException>(() => control.Enable(control.PlanEnable("overlay", "a=1", Load), default));
        Assert.Equal("ModulePersistFailedHalfway", failure.ErrorId);
        Assert.Equal(["overlay"], kernel.Loaded);
    }

    [Fact]
    public void A_file_that_was_made_is_removed_again_so_that_it_masks_no_packaged_one()
    {
        using var root = Image().File("/usr/lib/modules-load.d/p.conf", "overlay\n").File("/etc/modules-load.d/z.conf", "overlay\n");
        string[] names = root.Names();
        int renames = 0;
        var files = new AtomicFile(root.Root) { Fault = s => s == AtomicFileStep.Rename && ++renames == 2 ? Errno.EIO : 0 };
        var control = new ModuleControl(root.Root, new ModprobeLoader(), files);
        var plan = control.PlanDisable("overlay", persist: true);
        Assert.Equal(2, plan.Edits.Count);
        Assert.Equal("ModulePersistFailed", Assert.Throws<NodeException>(() => control.Disable(plan, default)).ErrorId);
        Assert.Equal(names, root.Names());
        Assert.Equal("overlay\n", root.Read("/etc/modules-load.d/z.conf"));
    }

    /// <summary>The other half of the next test, run in a process of its own, which it ends at the step with that number.</summary>
    [Fact(Explicit = true)]
    public void The_child_process_persists_until_it_is_killed()
    {
        var root = new KernelRoot(Environment.GetEnvironmentVariable("K8SNF_TEST_ROOT")!);
        int left = int.Parse(Environment.GetEnvironmentVariable("K8SNF_TEST_STEP")!, System.Globalization.CultureInfo.InvariantCulture);
        var files = new AtomicFile(root)
        {
            Fault = _ =>
            {
                if (left-- == 0)
                {
                    System.Diagnostics.Process.GetCurrentProcess().Kill();
                    Thread.Sleep(Timeout.Infinite);
                }

                return 0;
            },
        };
        var control = new ModuleControl(root, new ModprobeLoader(), files);
        control.Enable(control.PlanEnable("overlay", "a=1", Load), default);
    }

    [Fact]
    public void A_kill_at_any_step_leaves_each_file_old_or_new_and_the_next_run_completes_both()
    {
        const string OldLoad = "# mine\nbridge\n", NewLoad = OldLoad + "overlay\n", OldOptions = "options x y=1\n", NewOptions = OldOptions + "options overlay a=1\n";
        int steps = 2 * Enum.GetValues<AtomicFileStep>().Length;
        var seen = new System.Collections.Concurrent.ConcurrentBag<(bool, bool)>();
        Parallel.For(0, steps, new ParallelOptions { MaxDegreeOfParallelism = 4 }, step =>
        {
            using var root = Image().File(Load, OldLoad).File(Options, OldOptions);
            string[] names = root.Names();
            var start = new System.Diagnostics.ProcessStartInfo("dotnet", [typeof(ModuleControlTests).Assembly.Location, "-noLogo", "-explicit", "only", "-method", "*.The_child_process_persists_until_it_is_killed"])
            {
                RedirectStandardOutput = true,
                Environment = { ["K8SNF_TEST_ROOT"] = root.Path, ["K8SNF_TEST_STEP"] = $"{step}" },
            };
            using (var child = System.Diagnostics.Process.Start(start)!)
            {
                child.StandardOutput.ReadToEnd();
                child.WaitForExit();
                Assert.Equal(128 + 9, child.ExitCode);
            }

            string load = root.Read(Load), options = root.Read(Options);
            Assert.Contains(load, new[] { OldLoad, NewLoad });
            Assert.Contains(options, new[] { OldOptions, NewOptions });
            seen.Add((load == NewLoad, options == NewOptions));

            var control = new ModuleControl(root.Root);
            control.Enable(control.PlanEnable("overlay", "a=1", Load), default);
            Assert.Equal((NewLoad, NewOptions), (root.Read(Load), root.Read(Options)));
            if (load == OldLoad || options == OldOptions)
            {
                // What the killed process left behind goes with the next write of that file.
                Assert.Equal(names, root.Names());
            }
        });
        Assert.Equal(3, seen.Distinct().Count());
    }
}
