using System.Management.Automation;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Sysctl;

public sealed class NodeSysctlCommandTests : CommandTests
{
    private const string File = "/etc/sysctl.d/k8s.conf";
    private const string Content = "# mine\nnet.ipv4.ip_forward = 1\n\nnet.ipv4.conf.eth0/100.rp_filter = 2\n-net.ipv6.conf.all.forwarding = 1\nvm.overcommit_memory = 1";

    public NodeSysctlCommandTests() =>
        Node.File(File, Content).File("/usr/lib/sysctl.d/10-base.conf", "net.ipv4.ip_forward = 0\nkernel.panic = 10\nnet.ipv4.conf.*.log_martians = 1\n");

    [Fact]
    public void A_name_gives_both_predictions_the_deciding_line_and_the_losing_ones()
    {
        foreach (string name in new[] { "net.ipv4.ip_forward", "net/ipv4/ip_forward", "-Name net.ipv4.ip_forward" })
        {
            var found = Assert.IsType<NodeSysctl>(Assert.Single(Engine.Run($"Get-NodeSysctl {name} -Root $root", ("root", Node.Path))).BaseObject);
            Assert.Equal(("net.ipv4.ip_forward", null, "1", "1"), (found.Name, found.Value, found.BootValue, found.SystemValue));
            Assert.Equal($"{File}:2", found.Source!.ToString());
            Assert.Equal("/usr/lib/sysctl.d/10-base.conf:1", Assert.Single(found.Overridden).Source.ToString());
            Assert.False(found.IsDrifted);
            Assert.Empty(Engine.Errors);
        }
    }

    [Fact]
    public void Wildcards_find_by_either_notation_and_find_nothing_in_silence()
    {
        Assert.Equal(["net.ipv4.conf.*.log_martians", "net.ipv4.conf.eth0/100.rp_filter", "net.ipv4.ip_forward"], Texts("Get-NodeSysctl NET.IPV4.* -Root $root").Order(StringComparer.Ordinal));
        Assert.Equal(["net.ipv4.ip_forward"], Texts("Get-NodeSysctl net/ipv4/ip_* -Root $root"));
        Assert.Empty(Texts("Get-NodeSysctl nosuch.* -Root $root"));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void Without_names_all_that_files_set_is_there() => Assert.Equal(
        ["kernel.panic", "net.ipv4.conf.*.log_martians", "net.ipv4.conf.eth0/100.rp_filter", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "vm.overcommit_memory"],
        Texts("Get-NodeSysctl -Root $root").Order(StringComparer.Ordinal));

    /// <summary>The kernel reads the number that a value begins with: no other line is to blame.</summary>
    [Fact]
    public void A_value_of_which_the_kernel_reads_the_start_is_warned_of()
    {
        Assert.Empty(Texts("Set-NodeSysctl net.ipv4.ip_forward '1 # no; x' -Persist -Root $root"));
        Assert.Contains($"{File}:2 will set net.ipv4.ip_forward to 1 at the next boot: that is what the kernel reads in '1 # no; x'.", Engine.Warnings);
        Assert.DoesNotContain(Engine.Warnings, w => w.Contains("loses at the next boot", StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_that_is_not_there_is_an_error_and_the_others_come()
    {
        Assert.Equal(["net.ipv4.ip_forward"], Texts("Get-NodeSysctl 'net..x', net.ipv4.ip_forward, 'a b' -Root $root"));
        Assert.Equal(2, Engine.Errors.Count);
        Assert.All(Engine.Errors, e => Assert.StartsWith("SysctlNameInvalid,", e.FullyQualifiedErrorId, StringComparison.Ordinal));
        Fails("Get-NodeSysctl nosuch.key", "SysctlUnknown", ErrorCategory.ObjectNotFound);
        Assert.Equal("nosuch.key", Engine.Errors[0].TargetObject);
        Fails("Get-NodeSysctl kernel", "SysctlGroup", ErrorCategory.ObjectNotFound);
        Fails("Get-NodeSysctl net.sctp.nosuch", "SysctlWithoutModule", ErrorCategory.ObjectNotFound);
        Assert.Contains("Enable-KernelModule sctp", Engine.Errors[0].ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Fails("Get-NodeSysctl kernel.panic -Root /nonexistent/node", "RootNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void The_running_kernels_values_are_those_of_its_files()
    {
        Assert.Equal([System.IO.File.ReadAllText("/proc/sys/kernel/ostype").Trim()], Texts("(Get-NodeSysctl kernel.ostype).Value"));
        var all = Engine.Run("Get-NodeSysctl kernel.*").Select(o => (NodeSysctl)o.BaseObject).ToList();
        Assert.Contains(all, s => s.Name == "kernel.osrelease" && s.Value == System.IO.File.ReadAllText("/proc/sys/kernel/osrelease").TrimEnd('\n'));
        Assert.Equal(["kernel.ostype", "kernel.version"], Texts("'kernel.ostype', 'kernel.version' | Get-NodeSysctl"));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void Setting_what_is_set_changes_nothing_and_says_so()
    {
        string[] before = Everything();
        Assert.Empty(Texts("Set-NodeSysctl net.ipv4.ip_forward 1 -Persist -Root $root -Verbose"));
        Assert.Contains("net.ipv4.ip_forward is 1 already", Assert.Single(Engine.Verbose), StringComparison.Ordinal);
        Assert.Equal(before, Everything());
        Assert.Equal(["kernel.ostype"], Texts("Get-NodeSysctl kernel.pid_max | Set-NodeSysctl -Verbose 4>$null; (Get-NodeSysctl kernel.ostype).Name"));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void A_change_writes_one_line_and_an_object_only_when_asked()
    {
        Assert.Empty(Texts("Set-NodeSysctl net.ipv4.ip_forward 0 -Persist -Root $root"));
        Assert.Equal(Content.Replace("ip_forward = 1", "ip_forward = 0", StringComparison.Ordinal), Node.Read(File));
        var changed = (NodeSysctl)Assert.Single(Engine.Run("Set-NodeSysctl kernel.panic 5 -Persist -PassThru -Root $root", ("root", Node.Path))).BaseObject;
        Assert.Equal(("5", $"{File}:7"), (changed.BootValue, $"{changed.Source}"));
        Assert.Equal(["net.ipv4.ip_forward", "vm.swappiness"], Texts("Set-NodeSysctl -Setting @{ 'net.ipv4.ip_forward' = $true; 'vm.swappiness' = 10 } -Persist -PassThru -Root $root").Order(StringComparer.Ordinal));
        Assert.Equal(Content + "\nkernel.panic = 5\nvm.swappiness = 10\n", Node.Read(File));
        Texts("Set-NodeSysctl net.ipv4.tcp_rmem 4096, 87380, 6291456 -Persist -Path 50-net.conf -Root $root");
        Assert.Equal("net.ipv4.tcp_rmem = 4096 87380 6291456\n", Node.Read("/etc/sysctl.d/50-net.conf"));
        Assert.Empty(Engine.Errors);
    }

    /// <summary>A hash table mixes its entries again in each process; what is set and written does not follow it.</summary>
    [Fact]
    public void A_table_is_set_by_name_and_an_ordered_one_in_its_order()
    {
        string[] names = ["vm.swappiness", "kernel.panic", "net.core.somaxconn", "fs.file-max", "net.ipv4.ip_forward", "kernel.pid_max"];
        string table = string.Join("; ", names.Select(n => $"'{n}' = 77"));
        Assert.Equal(names.Order(StringComparer.Ordinal), Texts($"Set-NodeSysctl -Setting @{{ {table} }} -Persist -Path 90-a.conf -PassThru -Root $root"));
        Assert.Equal(names, Texts($"[ordered]@{{ {table.Replace("77", "78", StringComparison.Ordinal)} }} | Set-NodeSysctl -Persist -Path 91-b.conf -PassThru -Root $root"));
        Assert.Equal(names.Select(n => n + " = 78"), Node.Read("/etc/sysctl.d/91-b.conf").TrimEnd().Split('\n'));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void Objects_and_tables_come_through_the_pipeline_by_property_name()
    {
        Texts("[pscustomobject]@{ Name = 'kernel.panic'; Value = 7 }, [pscustomobject]@{ Name = 'vm.swappiness'; Value = 3 } | Set-NodeSysctl -Persist -Root $root");
        Texts("@{ 'net.core.somaxconn' = 4096 }, @{ 'kernel.panic' = 8 } | Set-NodeSysctl -Persist -Root $root");
        Assert.Equal(["8", "3", "4096"], Texts("(Get-NodeSysctl kernel.panic, vm.swappiness, net.core.somaxconn -Root $root).BootValue"));
        Texts("Get-NodeSysctl kernel.* -Root $root | Set-NodeSysctl -Value 9 -Persist -Root $root");
        Assert.Equal(["9"], Texts("(Get-NodeSysctl kernel.panic -Root $root).BootValue"));
        Texts("Get-NodeSysctl kernel.*, vm.* -Root $root | Remove-NodeSysctl -Root $root");
        Assert.Equal(Content.Replace("\nvm.overcommit_memory = 1", "\n", StringComparison.Ordinal) + "net.core.somaxconn = 4096\n", Node.Read(File));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void WhatIf_of_the_sysctl_cmdlets_changes_nothing()
    {
        string[] before = Everything();
        foreach (string script in new[]
        {
            "Set-NodeSysctl net.ipv4.ip_forward 0 -Persist -Root $root -WhatIf -PassThru", "Set-NodeSysctl @{ 'a.b' = 1 } -Persist -Path new.conf -Root $root -WhatIf",
            "Remove-NodeSysctl net.ipv4.ip_forward -Root $root -WhatIf -PassThru",
        })
        {
            Assert.Empty(Texts(script));
            Assert.Empty(Engine.Errors);
            Assert.Equal(before, Everything());
        }

        Texts("Set-NodeSysctl kernel.panic 77 -WhatIf; Sync-NodeSysctl -WhatIf; Sync-NodeSysctl -Order Procps -WhatIf");
        Assert.NotEqual("77", System.IO.File.ReadAllText("/proc/sys/kernel/panic").Trim());
    }

    [Fact]
    public void Removing_takes_wildcards_and_leaves_lines_that_are_patterns()
    {
        Node.File("/etc/sysctl.d/50-x.conf", "net.ipv4.conf.*.rp_filter = 1\nnet.ipv4.conf.lo.rp_filter = 0\nnet.ipv4.conf.lo.arp_ignore = 1\n-net.ipv4.conf.lo.log_martians\n");
        Texts("Remove-NodeSysctl net.ipv4.conf.*.rp_filter -Path 50-x.conf -Root $root");
        Assert.Equal("net.ipv4.conf.*.rp_filter = 1\nnet.ipv4.conf.lo.arp_ignore = 1\n-net.ipv4.conf.lo.log_martians\n", Node.Read("/etc/sysctl.d/50-x.conf"));
        Texts("Remove-NodeSysctl net.ipv4.conf.lo.* -Path 50-x.conf -Root $root");
        Assert.Equal("net.ipv4.conf.*.rp_filter = 1\n-net.ipv4.conf.lo.log_martians\n", Node.Read("/etc/sysctl.d/50-x.conf"));
        Texts("Remove-NodeSysctl net.ipv4.conf.eth0/1* -Root $root");
        Assert.DoesNotContain("eth0", Node.Read(File), StringComparison.Ordinal);
        Texts("Remove-NodeSysctl vm/over* -Root $root");
        Assert.DoesNotContain("overcommit", Node.Read(File), StringComparison.Ordinal);
        Assert.Empty(Texts("Remove-NodeSysctl nosuch.* -Root $root"));
        Assert.Empty(Engine.Errors);
    }

    /// <summary>Asked of this kernel, which is not changed by it: each value is the one that is there.</summary>
    [Fact]
    public void What_Get_gave_goes_back_in_whole()
    {
        Assert.Empty(Texts("Get-NodeSysctl kernel.ostype, kernel.osrelease, kernel.version, kernel.pid_max | Set-NodeSysctl"));
        Assert.Empty(Engine.Errors);
        Fails("Set-NodeSysctl kernel.ostype Linux -Persist", "SysctlReadOnly", ErrorCategory.NotImplemented);

        // What can only be written has no value to go back.
        Fails("[pscustomobject]@{ Name = 'net.ipv4.route.flush'; Value = $null } | Set-NodeSysctl", "SysctlValueMissing", ErrorCategory.InvalidArgument);
        Assert.Contains("net.ipv4.route.flush", Engine.Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Removing_takes_the_lines_out_and_says_what_still_sets_the_key()
    {
        Assert.Empty(Texts("Remove-NodeSysctl net.ipv4.ip_forward, vm.swappiness -Root $root -Verbose"));
        Assert.Contains("/usr/lib/sysctl.d/10-base.conf:1", Assert.Single(Engine.Warnings), StringComparison.Ordinal);
        Assert.Contains(Engine.Verbose, v => v.Contains("No line in /etc sets vm.swappiness", StringComparison.Ordinal));
        Assert.Equal(Content.Replace("net.ipv4.ip_forward = 1\n", "", StringComparison.Ordinal), Node.Read(File));
        Assert.Equal(["net.ipv6.conf.all.forwarding"], Texts("'net.ipv6.conf.all.forwarding' | Remove-NodeSysctl -Path k8s.conf -PassThru -Root $root"));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void A_line_that_will_lose_is_a_warning_with_the_line_that_wins()
    {
        Node.File("/etc/sysctl.d/zz.conf", "net.ipv4.ip_forward = 0\n");
        Texts("Set-NodeSysctl net.ipv4.ip_forward 2 -Persist -Root $root");
        Assert.Contains(Engine.Warnings, w => w.Contains("/etc/sysctl.d/zz.conf:1", StringComparison.Ordinal) && w.Contains($"{File}:2", StringComparison.Ordinal));
        Texts("Set-NodeSysctl net.bridge.bridge-nf-call-iptables 1 -Persist -Root $root");
        Assert.Contains(Engine.Warnings, w => w.Contains("br_netfilter", StringComparison.Ordinal));
        Assert.Empty(Engine.Errors);
    }

    [Theory]
    [InlineData("Set-NodeSysctl net.ipv4.ip_forward 0 -Root $root", "SysctlPersistNeeded", ErrorCategory.InvalidArgument)]
    [InlineData("Set-NodeSysctl net.ipv4.ip_forward \"1`nkernel.core_pattern=|/tmp/x\" -Persist -Root $root", "SysctlValueInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("Set-NodeSysctl net.ipv4.ip_forward \"1`0\" -Persist -Root $root", "SysctlValueInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("Set-NodeSysctl \"net.ipv4.ip_forward`n\" 1 -Persist -Root $root", "SysctlNameInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("Set-NodeSysctl ../../etc/passwd 1 -Persist -Root $root", "SysctlNameInvalid", ErrorCategory.InvalidArgument)]
    [InlineData("Set-NodeSysctl kernel.panic 1 -Persist -Path ../../x.conf -Root $root", "SysctlPathNotRead", ErrorCategory.InvalidArgument)]
    [InlineData("Set-NodeSysctl kernel.panic 1 -Persist -Path /etc/passwd -Root $root", "SysctlPathNotRead", ErrorCategory.InvalidArgument)]
    [InlineData("Set-NodeSysctl kernel.panic 1 -Persist -Path k8s -Root $root", "SysctlPathNotRead", ErrorCategory.InvalidArgument)]
    [InlineData("Remove-NodeSysctl kernel.ostyp", "SysctlUnknown", ErrorCategory.ObjectNotFound)]
    [InlineData("Remove-NodeSysctl kernel", "SysctlGroup", ErrorCategory.ObjectNotFound)]
    [InlineData("Set-NodeSysctl nosuch.key 1", "SysctlNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Set-NodeSysctl net.sctp.nosuch 1", "SysctlNeedsModule", ErrorCategory.ObjectNotFound)]
    [InlineData("Set-NodeSysctl kernel 1", "SysctlIsGroup", ErrorCategory.InvalidArgument)]
    [InlineData("Set-NodeSysctl kernel.ostype x", "SysctlReadOnly", ErrorCategory.NotImplemented)]
    [InlineData("Get-NodeSysctl kernel.panic -Root $root -NetNamespace 1", "NoRunningKernel", ErrorCategory.InvalidArgument)]
    [InlineData("Get-NodeSysctl kernel.panic -NetNamespace no/such", "NamespaceNotFound", ErrorCategory.ObjectNotFound)]
    public void What_can_not_be_is_an_error_that_says_what_to_do(string script, string id, ErrorCategory category)
    {
        string[] before = Everything();
        Fails(script, id, category);
        Assert.Equal(before, Everything());
    }

    [Fact]
    public void A_directory_or_a_link_out_of_the_root_is_never_written()
    {
        Node.Folder("/etc/sysctl.d/dir.conf").Link("/etc/sysctl.d/out.conf", "/../../../../../../etc/k8snf-never.conf").Link("/etc/sysctl.d/null.conf", "/dev/null");
        Fails("Set-NodeSysctl kernel.panic 1 -Persist -Path dir.conf -Root $root", "FileNotRegular", ErrorCategory.InvalidData);
        Fails("Set-NodeSysctl kernel.panic 1 -Persist -Path null.conf -Root $root", "FileIsMask", ErrorCategory.InvalidData);
        Texts("Set-NodeSysctl kernel.panic 1 -Persist -Path out.conf -Root $root");
        Assert.False(System.IO.File.Exists("/etc/k8snf-never.conf"));
        Assert.Equal("kernel.panic = 1\n", Node.Read("/etc/k8snf-never.conf"));
    }

    [Fact]
    public void A_file_that_is_not_read_is_a_warning_and_the_others_count()
    {
        Node.Folder("/etc/sysctl.d/50-dir.conf").File("/etc/sysctl.d/51-long.conf", new string('x', 10 << 20) + "\nkernel.panic = 3\n");
        Assert.Equal(["1"], Texts("(Get-NodeSysctl net.ipv4.ip_forward -Root $root).BootValue"));
        Assert.Contains(Engine.Warnings, w => w.Contains("50-dir.conf", StringComparison.Ordinal));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void Names_are_completed_from_the_node_and_for_removing_from_its_files()
    {
        Assert.Equal(["net.ipv4.ip_forward"], Complete($"Get-NodeSysctl -Root {Node.Path} -Name net.ipv4.ip_f"));
        Assert.Equal(["vm.overcommit_memory"], Complete($"Remove-NodeSysctl -Root {Node.Path} vm"));
        Assert.Contains("kernel.ostype", Complete("Get-NodeSysctl kernel.ost"));
        Assert.Equal(["kernel/ostype"], Complete("Set-NodeSysctl kernel/ost"));
        Assert.Equal(["Procps"], Complete("Sync-NodeSysctl -Order P"));
    }

    [Fact]
    public void Objects_survive_a_trip_to_another_session()
    {
        var far = (PSObject)PSSerializer.Deserialize(PSSerializer.Serialize(Engine.Run("Get-NodeSysctl net.ipv4.ip_forward -Root $root", ("root", Node.Path))[0]));
        Assert.Equal("net.ipv4.ip_forward", far.Properties["Name"].Value);
        Assert.Equal("1", far.Properties["BootValue"].Value);
        Assert.Equal($"{File}:2", far.Properties["Source"].Value.ToString());
        Assert.Equal(false, far.Properties["IsDrifted"].Value);
    }
}
