using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class KernelCommandLineTests
{
    [Theory]
    [InlineData("modules_load=overlay,br_netfilter quiet", "overlay br_netfilter")]
    [InlineData("modules-load=overlay modules_load=overlay,bridge", "overlay bridge")]
    [InlineData("rd.modules_load=overlay", "")]
    [InlineData("\"modules_load=a,b\" 'modules_load=c'", "a b c")]
    [InlineData("modules_load=a,,b, modules_load", "a b")]
    [InlineData("xmodules_load=a modules_load.x=b", "")]
    [InlineData("modules_load=a\nmodules_load=b", "a")]
    public void Systemd_reads_modules_load(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', new KernelCommandLine(text).Load.Select(e => e.Name)));

    [Theory]
    [InlineData("module_blacklist=a,b", "a", true)]
    [InlineData("module_blacklist=a,b", "b", true)]
    [InlineData("module_blacklist=a,b", "ab", false)]
    [InlineData("module_blacklist=a module-blacklist=b", "a", false)]
    [InlineData("module_blacklist=\"a,b\"", "b", true)]
    [InlineData("\"module_blacklist=a,b\"", "b", true)]
    [InlineData("module_blacklist=br-netfilter", "br_netfilter", false)]
    [InlineData("-- module_blacklist=a", "a", false)]
    [InlineData("nomodule", "anything", true)]
    [InlineData("nomodule=0", "anything", false)]
    [InlineData("modprobe.blacklist=a", "a", false)]
    public void The_kernel_reads_module_blacklist(string text, string module, bool refused) =>
        Assert.Equal(refused, new KernelCommandLine(text).KernelRefuses(module));

    [Theory]
    [InlineData("modprobe.blacklist=a,b", "a b", "")]
    [InlineData("a.b=1 \"c.d=1 2\" e.f=\"3 4\" g.h", "", "a:b=1 c:d=\"1 2\" e:f=\"3 4\" g:h")]
    [InlineData("a\"b.c=1 d.e=1", "", "")]
    [InlineData("a.b=\"open", "", "")]
    [InlineData("a-b.c=1.5=2", "", "a_b:c=1.5=2")]
    public void Libkmod_reads_blacklists_and_options(string text, string blacklist, string options)
    {
        var line = new KernelCommandLine(text);
        Assert.Equal(blacklist, string.Join(' ', line.Blacklist));
        Assert.Equal(options, string.Join(' ', line.Options.Select(o => $"{o.Module}:{o.Option}")));
    }

    [Fact]
    public void An_empty_command_line_loads_nothing() => Assert.Empty(new KernelCommandLine(null).Load);
}
