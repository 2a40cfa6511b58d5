using System.Management.Automation;
using K8sNetfilter.Modules;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Modules;

public sealed class KernelModuleCommandTests : CommandTests
{
    private const string Load = "/etc/modules-load.d/k8s.conf";
    private const string Folder = "/lib/modules/6.1.0-k8s";

    public KernelModuleCommandTests()
    {
        Node.File(Load, "# mine\nbr_netfilter\n").File("/etc/modprobe.d/local.conf", "blacklist dccp\ninstall sctp /bin/false\n")
            .File(Folder + "/modules.dep", """
                kernel/net/bridge/br_netfilter.ko: kernel/net/bridge/bridge.ko
                kernel/net/bridge/bridge.ko:
                kernel/fs/overlayfs/overlay.ko:
                kernel/net/dccp/dccp.ko:
                kernel/net/sctp/sctp.ko:

                """)
            .File(Folder + "/modules.builtin", "kernel/net/ipv4/ip_tables.ko\n").File(Folder + "/modules.alias", "alias fs-overlay overlay\n");
        foreach (string name in new[] { "net/bridge/br_netfilter", "net/bridge/bridge", "fs/overlayfs/overlay", "net/dccp/dccp", "net/sctp/sctp" })
        {
            Node.File($"{Folder}/kernel/{name}.ko", "");
        }
    }

    private KernelModule Module(string name) =>
        (KernelModule)Assert.Single(Engine.Run("Get-KernelModule $name -Root $root", ("root", Node.Path), ("name", name))).BaseObject;

    [Fact]
    public void A_module_says_what_it_is_and_what_the_boot_does_with_it()
    {
        var module = Module("br-netfilter");
        Assert.Equal(("br_netfilter", ModuleState.Available, (ulong?)null, (int?)null, true), (module.Name, module.State, module.SizeBytes, module.RefCount, module.LoadsAtBoot));
        Assert.Equal(["bridge"], module.DependsOn);
        Assert.Equal($"{Load}:2", module.BootSource!.ToString());
        Assert.Null(module.BlockedBy);
        Assert.Equal((ModuleState.Blocked, "/etc/modprobe.d/local.conf:1"), (Module("dccp").State, $"{Module("dccp").BlockedBy}"));
        Assert.Equal((ModuleState.Blocked, "/etc/modprobe.d/local.conf:2"), (Module("sctp").State, $"{Module("sctp").BlockedBy}"));
        Assert.Equal((ModuleState.BuiltIn, true), (Module("ip_tables").State, Module("ip_tables").LoadsAtBoot));
        Assert.Equal("overlay", Module("fs-overlay").Name);
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void Without_names_it_is_what_is_loaded_or_named_and_a_pattern_finds_all_that_is_installed()
    {
        // What a module at boot needs is loaded along with it.
        Assert.Equal(["br_netfilter"], Texts("Get-KernelModule -Root $root").Where(n => n != "bridge"));
        Assert.Equal(["br_netfilter", "bridge"], Texts("Get-KernelModule br* -Root $root"));
        Assert.Equal(["br_netfilter"], Texts("Get-KernelModule br-n* -Root $root"));
        Assert.Empty(Texts("Get-KernelModule nosuch* -Root $root"));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void A_name_that_is_not_there_is_an_error_and_the_others_come()
    {
        Assert.Equal(["overlay"], Texts("'nosuch', 'overlay', '../x' | Get-KernelModule -Root $root"));
        Assert.Equal(["ModuleUnknown,K8sNetfilter.Commands.GetKernelModuleCommand", "ModuleNameInvalid,K8sNetfilter.Commands.GetKernelModuleCommand"], Engine.Errors.Select(e => e.FullyQualifiedErrorId));
        Assert.Equal(["nosuch", "../x"], Engine.Errors.Select(e => e.TargetObject));
        Fails("Get-KernelModule nosuch -Root $root", "ModuleUnknown", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void The_running_kernels_modules_are_those_of_its_file()
    {
        string[] loaded = File.Exists("/proc/modules") ? [.. File.ReadLines("/proc/modules").Select(l => l.Split(' ')[0])] : [];
        string[] found = Texts("Get-KernelModule");
        Assert.Empty(Engine.Errors);
        Assert.Equal(loaded.Order(StringComparer.Ordinal), found.Where(loaded.Contains));
    }

    [Fact]
    public void Persisting_adds_a_line_once_and_disabling_takes_it_out()
    {
        Assert.Empty(Texts("Enable-KernelModule overlay, br_netfilter -Persist -Root $root -Verbose"));
        Assert.Contains(Engine.Verbose, v => v.Contains("br_netfilter", StringComparison.Ordinal));
        Assert.Equal("# mine\nbr_netfilter\noverlay\n", Node.Read(Load));
        string[] before = Everything();
        Assert.Equal(["overlay", "br_netfilter"], Texts("Get-KernelModule overlay, br_netfilter -Root $root | Enable-KernelModule -Persist -PassThru -Root $root"));
        Assert.Equal(before, Everything());
        Assert.Equal(["overlay"], Texts("Disable-KernelModule overlay -Persist -PassThru -Root $root -Confirm:$false"));
        Assert.Equal("# mine\nbr_netfilter\n", Node.Read(Load));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void Parameters_and_another_file_are_written_where_they_belong()
    {
        Assert.Empty(Texts("Enable-KernelModule overlay -Persist -Path /etc/modules-load.d/fs.conf -Parameter @{ metacopy = $true; redirect_max = 256 } -Root $root"));
        Assert.Equal("overlay\n", Node.Read("/etc/modules-load.d/fs.conf"));
        Assert.Equal("options overlay metacopy=1 redirect_max=256\n", Node.Read("/etc/modprobe.d/k8s.conf"));
        Assert.Empty(Engine.Errors);
        Assert.Empty(Engine.Warnings);
        Fails("Enable-KernelModule overlay -Persist -Parameter @{ \"x`ny\" = 1 } -Root $root", "ModuleParameterInvalid", ErrorCategory.InvalidArgument);
        Fails("Enable-KernelModule overlay -Persist -Parameter @{ x = \"1`ninstall overlay /tmp/x\" } -Root $root", "ModuleParameterInvalid", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void A_file_that_no_boot_reads_is_a_warning()
    {
        Texts("Enable-KernelModule overlay -Persist -Path /etc/modules-load.d/fs -Root $root");
        Assert.Contains("/etc/modules-load.d/fs", Assert.Single(Engine.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIf_of_the_module_cmdlets_changes_nothing()
    {
        string[] before = Everything();
        foreach (string script in new[] { "Enable-KernelModule overlay -Persist -Root $root -WhatIf -PassThru", "Disable-KernelModule br_netfilter -Persist -Root $root -WhatIf -PassThru" })
        {
            Assert.Empty(Texts(script));
            Assert.Empty(Engine.Errors);
            Assert.Equal(before, Everything());
        }
    }

    [Theory]
    [InlineData("Enable-KernelModule overlay -Root $root", "ModulePersistNeeded", ErrorCategory.InvalidArgument)]
    [InlineData("Disable-KernelModule overlay -Root $root -Confirm:$false", "ModulePersistNeeded", ErrorCategory.InvalidArgument)]
    [InlineData("Enable-KernelModule dccp -Persist -Root $root", "ModuleBlacklisted", ErrorCategory.SecurityError)]
    [InlineData("Enable-KernelModule sctp -Persist -Root $root", "ModuleInstallCommandBlocks", ErrorCategory.SecurityError)]
    [InlineData("Enable-KernelModule nosuch -Persist -Root $root", "ModuleNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Enable-KernelModule \"a`nb\" -Persist -Root $root", "ModuleNameInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("Enable-KernelModule overlay -Persist -Path ../../x -Root $root", "ModulePathInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("Disable-KernelModule ip_tables -Persist -Root $root -Confirm:$false", "ModuleBuiltIn", ErrorCategory.NotImplemented)]
    public void What_can_not_be_is_an_error_that_says_what_to_do(string script, string id, ErrorCategory category)
    {
        string[] before = Everything();
        Fails(script, id, category);
        Assert.Equal(before, Everything());
    }

    [Fact]
    public void Names_are_completed_from_what_is_installed_and_for_disabling_from_what_is_named()
    {
        Assert.Equal(["overlay"], Complete($"Enable-KernelModule -Root {Node.Path} -Name ov"));
        Assert.Equal(["br_netfilter"], Complete($"Get-KernelModule -Root {Node.Path} br-n"));
        Assert.DoesNotContain("overlay", Complete($"Disable-KernelModule -Root {Node.Path} "));
        Assert.Contains("br_netfilter", Complete($"Disable-KernelModule -Root {Node.Path} "));
    }

    [Fact]
    public void Objects_survive_a_trip_to_another_session()
    {
        var far = (PSObject)PSSerializer.Deserialize(PSSerializer.Serialize(Module("br_netfilter")));
        Assert.Equal("br_netfilter", far.Properties["Name"].Value);
        Assert.Equal("Available", far.Properties["State"].Value.ToString());
        Assert.Equal($"{Load}:2", far.Properties["BootSource"].Value.ToString());
        Assert.Equal(true, far.Properties["LoadsAtBoot"].Value);
    }
}
