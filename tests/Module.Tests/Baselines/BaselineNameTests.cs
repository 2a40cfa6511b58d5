using System.Management.Automation;
using K8sNetfilter.Tests.Engine;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>Baselines by wildcards, names and paths: the same for each cmdlet that takes them.</summary>
public sealed class BaselineNameTests : CommandTests
{
    [Theory]
    [InlineData("(Get-NodeBaseline KubeProxy*).Name", "KubeProxyIptables KubeProxyIpvs KubeProxyNftables")]
    [InlineData("(Get-NodeBaseline \"$root/own[1].json\").Name", "Own")]
    [InlineData("(Test-NodeBaseline kubernete? -Root $root).Count -gt 1", "True")]
    [InlineData("(Test-NodeBaseline \"$root/own[1].json\" -Root $root).Name", "net.ipv4.ip_forward")]
    [InlineData("(Set-NodeBaseline \"$root/own[1].json\" -Root $root -PassThru).Count -gt 0", "True")]
    [InlineData("Test-NodeBaseline Nothing* -Root $root -Quiet", "False")]
    public void A_wildcard_means_shipped_baselines_and_a_path_is_taken_as_it_stands(string script, string expected)
    {
        Node.Folder("/etc/sysctl.d").Folder("/run").Folder("/var/lib").File("/own[1].json", """{"name":"Own","description":"One.","sysctls":[{"name":"net.ipv4.ip_forward","value":1}]}""");
        Assert.Equal(expected, string.Join(' ', Texts(script)));
        Assert.Empty(Engine.Errors);
    }

    [Fact]
    public void A_name_that_is_none_is_an_error() => Fails("Test-NodeBaseline Kubernetez -Root $root", "BaselineNotFound", ErrorCategory.ObjectNotFound);
}
