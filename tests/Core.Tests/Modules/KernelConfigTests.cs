using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class KernelConfigTests
{
    private const string Text = "CONFIG_VETH=y\n# CONFIG_NF_NAT is not set\nCONFIG_NF_TABLES=m\nCONFIG_NF_CT_NETLINK=y\nCONFIG_NETFILTER_XT_TARGET_MARK=y\nCONFIG_NET=y\nCONFIG_NF_TABLES_INET=y\n";

    [Theory]
    [InlineData("veth", true)]
    [InlineData("nf_conntrack_netlink", true)]
    [InlineData("xt_MARK", true)]
    [InlineData("xt_mark", true)]
    [InlineData("nf_nat", false)]
    [InlineData("nf_tables", false)]
    [InlineData("vxlan", false)]
    [InlineData("net", false)]
    public void What_is_compiled_in_is_told_by_its_option(string module, bool isBuiltIn) => Assert.Equal(isBuiltIn, KernelConfig.IsBuiltIn(Text, module));
}
