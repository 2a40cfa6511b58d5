using System.Management.Automation;
using System.Xml.Linq;
using K8sNetfilter.Readiness;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Links;

public sealed class GetNodeBridgeNetfilterCommandTests : CommandTests
{
    private const string Sysctl = "/etc/sysctl.d/k8s.conf";

    public GetNodeBridgeNetfilterCommandTests() => Node
        .File("/etc/modules-load.d/k8s.conf", "overlay\nbr_netfilter\n").File(Sysctl, "net.ipv4.ip_forward = 1\n")
        .File("/lib/modules/6.1.0/modules.dep", "kernel/overlay.ko:\nkernel/br_netfilter.ko:\n")
        .File("/lib/modules/6.1.0/kernel/overlay.ko", "").File("/lib/modules/6.1.0/kernel/br_netfilter.ko", "");

    private NodeBridgeNetfilter Report(string more = "") =>
        (NodeBridgeNetfilter)Assert.Single(Engine.Run($"Get-NodeBridgeNetfilter -Root $root {more}", ("root", Node.Path))).BaseObject;

    [Fact]
    public void A_prepared_image_is_ready_at_boot()
    {
        var report = Report();
        Assert.True(report.Ready);
        Assert.True(report.ReadyAtBoot);
        Assert.Null(report.ReadyNow);
        Assert.Null(report.CallIptables);
        Assert.True(report.CallIptablesAtBoot);
        Assert.Empty(report.Reasons);
        Assert.Equal(
            ["overlay", "br_netfilter", "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables", "net.bridge.bridge-nf-call-arptables", "net.bridge.bridge-nf-filter-vlan-tagged", "net.bridge.bridge-nf-filter-pppoe-tagged", "net.bridge.bridge-nf-pass-vlan-input-dev", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"],
            report.Settings.Select(s => s.Name));
        Assert.Empty(Engine.Errors);
    }

    [Theory]
    [InlineData("$null", true, "yes, after the next boot")]
    [InlineData("$null", false, "not after the next boot")]
    [InlineData("$true", true, "yes, now and after the next boot")]
    [InlineData("$true", false, "now, but not after the next boot")]
    [InlineData("$false", true, "not now, but after the next boot")]
    [InlineData("$false", false, "no")]
    public void The_view_says_of_no_running_kernel_that_it_is_ready(string now, bool atBoot, string shown)
    {
        string node = $"[pscustomobject]@{{ Ready = ({now} -ne $false) -and ${atBoot}; ReadyNow = {now}; ReadyAtBoot = ${atBoot} }}";
        Assert.Equal([shown], Texts($"([K8sNetfilter.Readiness.NodeBridgeNetfilter]({node})).Summary"));
    }

    [Fact]
    public void Each_reason_is_a_command_that_mends_it_until_it_is_ready()
    {
        File.Delete(Node.At("/etc/modules-load.d/k8s.conf"));
        Node.File(Sysctl, "net.bridge.bridge-nf-call-iptables = 0\n");
        var report = Report("-IPFamily IPv4, IPv6");
        Assert.False(report.Ready);
        Assert.True(report.Reasons.Length >= 3, string.Join('\n', report.Reasons));
        for (int round = 0; round < 3 && !report.Ready; round++)
        {
            foreach (string reason in report.Reasons)
            {
                // What stands in the parentheses says why; the command is what comes before.
                string command = reason[(reason.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split(" (")[0];
                Engine.Run(command);
                Assert.Empty(Engine.Errors);
            }

            report = Report("-IPFamily IPv4, IPv6");
        }

        Assert.True(report.Ready, string.Join('\n', report.Reasons));
        Assert.Equal("overlay\nbr_netfilter\n", Node.Read("/etc/modules-load.d/k8s.conf"));
    }

    [Theory]
    [InlineData("/etc/sysctl.d/a.conf")]
    [InlineData("/etc/sysctl.d/zz-local.conf")]
    [InlineData("/usr/lib/sysctl.d/m.conf")]
    public void The_command_for_a_parameter_wins_against_the_line_that_decides(string file)
    {
        File.Delete(Node.At(Sysctl));
        Node.File(file, "net.ipv4.ip_forward = 0\n");
        string remedy = Assert.Single(Texts("(Test-NodeBaseline Kubernetes -Root $root | ForEach-Object { if ($_.Name -eq 'net.ipv4.ip_forward') { $_ } }).Remedy"));
        string reason = Assert.Single(Report().Reasons, r => r.StartsWith("net.ipv4.ip_forward ", StringComparison.Ordinal));
        string command = reason[(reason.IndexOf("): ", StringComparison.Ordinal) + 3)..];
        Assert.Equal(remedy.Replace("-Name ", "", StringComparison.Ordinal).Replace("-Value '1'", "1", StringComparison.Ordinal), command);
        Engine.Run(remedy);
        Assert.Equal(["1"], Texts("(Get-NodeSysctl net.ipv4.ip_forward -Root $root).BootValue"));
        Assert.Empty(Engine.Errors);
    }

    [Theory]
    [InlineData("/usr/lib/sysctl.d/zz-local.conf", "change net.ipv4.ip_forward in /usr/lib/sysctl.d/zz-local.conf, since no file of sysctl.d comes after it")]
    [InlineData("/etc/ufw/sysctl.conf", "change net.ipv4.ip_forward in /etc/ufw/sysctl.conf:1, since ufw writes it after the files of sysctl.d")]
    public void A_command_that_would_lose_is_not_offered(string file, string byHand)
    {
        Node.File("/etc/ufw/ufw.conf", "ENABLED=yes\n");
        Node.File("/etc/default/ufw", "IPT_SYSCTL=/etc/ufw/sysctl.conf\n");
        Node.File(file, "net.ipv4.ip_forward = 0\n");
        Assert.EndsWith(byHand, Assert.Single(Report().Reasons, r => r.StartsWith("net.ipv4.ip_forward ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal([byHand], Texts("(Test-NodeBaseline Kubernetes -Root $root | ForEach-Object { if ($_.Name -eq 'net.ipv4.ip_forward') { $_ } }).Remedy"));
    }

    [Fact]
    public void A_blocked_module_is_a_reason_with_its_line()
    {
        Node.File("/etc/modprobe.d/local.conf", "install br_netfilter /bin/false\n");
        Assert.Contains("/etc/modprobe.d/local.conf:1", Assert.Single(Report().Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void The_running_node_says_what_its_kernel_says()
    {
        string now = File.ReadAllText("/proc/sys/net/ipv4/ip_forward").Trim();
        Assert.Equal([now == "1" ? "True" : "False"], Texts("(Get-NodeBridgeNetfilter).IPv4Forwarding"));
        Assert.Equal(["True"], Texts("$r = Get-NodeBridgeNetfilter; $r.Ready -eq ($r.ReadyNow -and $r.ReadyAtBoot) -and $r.Ready -eq ($r.Reasons.Count -eq 0)"));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void Families_are_checked_and_completed_and_objects_travel()
    {
        Engine.Run("Get-NodeBridgeNetfilter -IPFamily IPX -ErrorAction SilentlyContinue; 1");
        Assert.Equal(["IPv6"], Complete("Get-NodeBridgeNetfilter -IPFamily IPv6"));
        var far = (PSObject)PSSerializer.Deserialize(PSSerializer.Serialize(Report()));
        Assert.Equal(true, far.Properties["Ready"].Value);
        Assert.Equal(10, ((PSObject)far.Properties["Settings"].Value).BaseObject is System.Collections.ICollection c ? c.Count : 0);
    }
}
