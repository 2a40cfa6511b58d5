using K8sNetfilter.Errors;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ModuleNameTests
{
    [Theory]
    [InlineData("br-netfilter", "br_netfilter")]
    [InlineData("8250", "8250")]
    [InlineData("nf_conntrack", "nf_conntrack")]
    public void Dashes_are_underscores(string name, string expected) => Assert.Equal(expected, ModuleName.Check(name));

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("-r")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("../../etc/passwd")]
    [InlineData("/lib/modules/x.ko")]
    [InlineData("a.ko")]
    [InlineData("a*")]
    [InlineData("ä")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void What_could_leave_a_folder_or_a_line_is_no_name(string? name) =>
        Assert.Equal("ModuleNameInvalid", Assert.Throws<NodeException>(() => ModuleName.Check(name)).ErrorId);
}
